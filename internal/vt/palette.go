package vt

import (
	"fmt"
	"strconv"
	"strings"
)

// An RGB is a colour.
type RGB struct{ R, G, B uint8 }

// The colours that a program can change: 256 of the palette, and these.
const (
	foregroundColor = 256 + iota
	backgroundColor
	cursorColor
	colors
)

// palette are the colours that differ from the viewer's theme.
type palette map[int]RGB

// Theme is the colours of the viewer's terminal, for answers to programs that
// ask. The zero Theme is that of xterm.js.
type Theme struct {
	Foreground, Background, Cursor RGB
	Palette                        []RGB // the first of 256; the rest is as usual
}

func (th *Theme) color(i int) RGB {
	switch {
	case i == foregroundColor, i == cursorColor, i == backgroundColor:
		if th.Foreground == th.Background {
			if i == backgroundColor {
				return RGB{}
			}
			return RGB{255, 255, 255}
		}
		return map[int]RGB{foregroundColor: th.Foreground, backgroundColor: th.Background, cursorColor: th.Cursor}[i]
	case i < len(th.Palette):
		return th.Palette[i]
	case i < len(usualColors):
		return usualColors[i]
	case i < 232:
		level := func(n int) uint8 {
			if n == 0 {
				return 0
			}
			return uint8(55 + 40*n)
		}
		return RGB{level((i - 16) / 36), level((i - 16) / 6 % 6), level((i - 16) % 6)}
	default:
		g := uint8(8 + 10*(i-232))
		return RGB{g, g, g}
	}
}

// usualColors are the first sixteen of xterm.js.
var usualColors = [...]RGB{
	{0x2e, 0x34, 0x36},
	{0xcc, 0, 0},
	{0x4e, 0x9a, 0x06},
	{0xc4, 0xa0, 0},
	{0x34, 0x65, 0xa4},
	{0x75, 0x50, 0x7b},
	{0x06, 0x98, 0x9a},
	{0xd3, 0xd7, 0xcf},
	{0x55, 0x57, 0x53},
	{0xef, 0x29, 0x29},
	{0x8a, 0xe2, 0x34},
	{0xfc, 0xe9, 0x4f},
	{0x72, 0x9f, 0xcf},
	{0xad, 0x7f, 0xa8},
	{0x34, 0xe2, 0xe2},
	{0xee, 0xee, 0xec},
}

// indexedColors is OSC 4: pairs of number and colour.
func (t *Terminal) indexedColors(data string) {
	slots := strings.Split(data, ";")
	for ; len(slots) > 1; slots = slots[2:] {
		if i, ok := colorIndex(slots[0]); ok {
			t.oneColor(i, fmt.Sprintf("4;%d", i), slots[1])
		}
	}
}

// specialColors is OSC 10, 11 and 12, from that one on.
func (t *Terminal) specialColors(from int, data string) {
	for i, slot := range strings.Split(data, ";") {
		if i += from; i < colors {
			t.oneColor(i, strconv.Itoa(i-foregroundColor+10), slot)
		}
	}
}

func (t *Terminal) oneColor(i int, command, spec string) {
	if spec == "?" {
		t.answerColor(i, command)
		return
	}
	if c, ok := parseColor(spec); ok {
		if t.palette == nil {
			t.palette = make(palette)
		}
		t.palette[i] = c
	}
}

// restoreColors is OSC 104: all of the palette, or those of these numbers.
func (t *Terminal) restoreColors(data string) {
	if data == "" {
		for i := range t.palette {
			if i < 256 {
				delete(t.palette, i)
			}
		}
		return
	}
	for slot := range strings.SplitSeq(data, ";") {
		if i, ok := colorIndex(slot); ok {
			delete(t.palette, i)
		}
	}
}

func colorIndex(s string) (int, bool) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	i, err := strconv.Atoi(s)
	return i, err == nil && i < 256
}

// parseColor reads rgb:r/g/b and #rgb, with one to four digits each.
func parseColor(s string) (RGB, bool) {
	s = strings.ToLower(s)
	if rest, ok := strings.CutPrefix(s, "rgb:"); ok {
		parts := strings.Split(rest, "/")
		if len(parts) != 3 || len(parts[0]) != len(parts[1]) || len(parts[1]) != len(parts[2]) {
			return RGB{}, false
		}
		return parseParts(parts, func(v, most uint64) uint64 { return (v*255*2 + most) / (most * 2) })
	}
	rest, ok := strings.CutPrefix(s, "#")
	if n := len(rest) / 3; ok && n*3 == len(rest) && n >= 1 && n <= 4 {
		return parseParts([]string{rest[:n], rest[n : 2*n], rest[2*n:]}, func(v, most uint64) uint64 {
			if most == 15 {
				return v << 4
			}
			for ; most > 255; most >>= 4 {
				v >>= 4
			}
			return v
		})
	}
	return RGB{}, false
}

func parseParts(parts []string, scale func(v, most uint64) uint64) (RGB, bool) {
	var c [3]uint8
	for i, p := range parts {
		if len(p) < 1 || len(p) > 4 || strings.Trim(p, "0123456789abcdef") != "" {
			return RGB{}, false
		}
		v, err := strconv.ParseUint(p, 16, 16)
		if err != nil {
			return RGB{}, false
		}
		c[i] = uint8(scale(v, 1<<(4*len(p))-1))
	}
	return RGB{c[0], c[1], c[2]}, true
}
