module homie

go 1.26
