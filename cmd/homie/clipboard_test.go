package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestClipboardFilter(t *testing.T) {
	const text = "\x1b[31mred\x1b[m \x1b]0;52;title\x07 \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b]133;A\x07 \x1b]1337;File=inline=1:AAAA\x07 \x1b\x1b[A größe\x1b"
	for name, c := range map[string]struct{ in, out, allowed string }{
		"others":           {text, text, text},
		"a copy":           {"a\x1b]52;c;aGk=\x07b", "ab", "a\x1b]52;c;aGk=\x07b"},
		"ended otherwise":  {"a\x1b]52;;aGk=\x1b\\b", "ab", "a\x1b]52;;aGk=\x1b\\b"},
		"with zeros":       {"a\x1b]0052;c;aGk=\x07b", "ab", "a\x1b]0052;c;aGk=\x07b"},
		"a question":       {"a\x1b]52;c;?\x07b", "ab", "ab"},
		"asked otherwise":  {"a\x1b]52;c;?\x1b\\b", "ab", "ab"},
		"kitty's":          {"a\x1b]5522;type=read;x\x1b\\b", "ab", "ab"},
		"iTerm's":          {"a\x1b]1337;Copy=:aGk=\x07b", "ab", "a\x1b]1337;Copy=:aGk=\x07b"},
		"iTerm's in parts": {"a\x1b]1337;CopyToClipboard=x\x07b", "ab", "a\x1b]1337;CopyToClipboard=x\x07b"},
		"given up":         {"a\x1b]52;c;aG\x18b", "ab", "a\x1b]52;c;aG\x18b"},
		"cut by another":   {"a\x1b]52;c;aG\x1b[31mb", "a\x1b[31mb", "a\x1b]52;c;aG\x1b[31mb"},
		"after an escape":  {"a\x1b\x1b]52;c;aGk=\x07b", "a\x1bb", "a\x1b\x1b]52;c;aGk=\x07b"},
		"in another":       {"\x1b]2;x\x1b]52;c;aGk=\x07b", "\x1b]2;xb", "\x1b]2;x\x1b]52;c;aGk=\x07b"},
		"a long selection": {"\x1b]52;" + string(bytes.Repeat([]byte("c"), 200)) + ";aGk=\x07b", "b", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			for cut := range len(c.in) + 1 {
				for allow, want := range map[bool]string{false: c.out, true: c.allowed} {
					f := &clipboardFilter{allow: allow}
					got := string(f.filter([]byte(c.in[:cut]))) + string(f.filter([]byte(c.in[cut:])))
					if got += string(f.held); got != want {
						t.Fatalf("cut at %d, allowed %v: %q, want %q", cut, allow, got, want)
					}
				}
			}
		})
	}
}

// FuzzClipboardFilter wants that nothing for the clipboard passes however the
// output is cut, and that nothing is made up.
func FuzzClipboardFilter(f *testing.F) {
	f.Add([]byte("a\x1b]52;c;aGk=\x07b\x1b]0;x\x07"), uint8(4))
	f.Fuzz(func(t *testing.T, p []byte, cut uint8) {
		whole, pieces := &clipboardFilter{}, &clipboardFilter{}
		want := string(whole.filter(p))
		n := min(int(cut), len(p))
		got := string(pieces.filter(p[:n])) + string(pieces.filter(p[n:]))
		if got != want {
			t.Errorf("cut at %d: %q, and whole %q", n, got, want)
		}
		if strings.Contains(want, "\x1b]52;") {
			t.Errorf("%q passes", want)
		}
		if len(want) > len(p) {
			t.Errorf("%q is longer than %q", want, p)
		}
	})
}
