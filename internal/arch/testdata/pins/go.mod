module homie

go 1.26

require (
	github.com/charmbracelet/log v1.0.0
	github.com/gorilla/websocket v1.5.3
	tailscale.com v1.98.0
)

replace (
	github.com/charmbracelet/log => ./log
	github.com/gorilla/websocket => ./websocket
	tailscale.com => ./tailscale
)
