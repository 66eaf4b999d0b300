package vt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// mixed is like the output of a busy day: log lines, colours of all kinds, wide
// characters, progress bars and repaints.
func mixed(size int) []byte {
	r := rand.New(rand.NewPCG(7, 7))
	var b bytes.Buffer
	for b.Len() < size {
		switch r.IntN(10) {
		case 0, 1, 2, 3:
			fmt.Fprintf(&b, "2026-01-02T15:04:05.%03dZ INFO  http: request served method=GET path=/api/v1/items/%d status=200 bytes=%d duration=%dms\r\n", r.IntN(1000), r.IntN(100000), r.IntN(90000), r.IntN(500))
		case 4:
			fmt.Fprintf(&b, "\x1b[32m+ added line %d\x1b[0m \x1b[1;31m- removed\x1b[m \x1b[33mwarning:\x1b[39m something about \x1b[4munderlined\x1b[24m text\r\n", r.IntN(1000))
		case 5:
			for range 20 {
				fmt.Fprintf(&b, "\x1b[38;5;%dmcolor%d ", r.IntN(256), r.IntN(10))
			}
			b.WriteString("\x1b[0m\r\n")
		case 6:
			for range 12 {
				fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dm████", r.IntN(256), r.IntN(256), r.IntN(256))
			}
			b.WriteString("\x1b[0m\r\n")
		case 7:
			b.WriteString("日本語のログ: 処理が完了しました 🎉 emoji 😀 混合テキスト with ASCII und Umlaute äöü\r\n")
		case 8:
			for i := range 10 {
				fmt.Fprintf(&b, "\rDownloading [%-40s] %3d%%", bytes.Repeat([]byte("#"), 4*i), 10*i)
			}
			b.WriteString("\r\n")
		default:
			for range 5 {
				fmt.Fprintf(&b, "\x1b[%d;%dHrow text %d\x1b[K", 1+r.IntN(40), 1+r.IntN(100), r.IntN(1000))
			}
			b.WriteString("\x1b[40;1H\r\n")
		}
	}
	return b.Bytes()
}

func asciiLines(size int) []byte {
	line := []byte("the quick brown fox jumps over the lazy dog and runs away from the cat that watched it all day long\r\n")
	return bytes.Repeat(line, size/len(line)+1)
}

func sgrStream(size int) []byte {
	r := rand.New(rand.NewPCG(8, 8))
	var b bytes.Buffer
	for b.Len() < size {
		for range 10 {
			fmt.Fprintf(&b, "\x1b[%d;%dmword\x1b[0m ", r.IntN(10), 30+r.IntN(8))
			fmt.Fprintf(&b, "\x1b[38;5;%dm%d\x1b[39m", r.IntN(256), r.IntN(100))
		}
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

func tuiStream(size int) []byte {
	r := rand.New(rand.NewPCG(9, 9))
	var b bytes.Buffer
	b.WriteString("\x1b[?1049h\x1b[?25l")
	for b.Len() < size {
		for y := 1; y <= 40; y++ {
			fmt.Fprintf(&b, "\x1b[%d;1H\x1b[7m%5d\x1b[27m root      20   0 %8d %6d S  %4.1f  process --with some arguments\x1b[K", y, r.IntN(99999), r.IntN(9999999), r.IntN(99999), r.Float64()*100)
		}
	}
	return b.Bytes()
}
