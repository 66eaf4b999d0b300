package main

import (
	"strings"
	"testing"
)

func TestBoundary(t *testing.T) {
	// A dot stands where something of ours may.
	for _, want := range []string{
		".a.b.",
		".\x1b[3;1m.x.",
		".\x1b(B.x.",
		".\x1b7.x.",
		".\x1b]2;a title\a.x.",
		".\x1b]2;a title\x1b\\.x.",
		".\x1bPq#0;2;0;0;0\x1b\\.x.",
		".\x1b]8;;http://den\x1b\\.a.\x1b]8;;\x1b\\.",
		".é.漢.😀.",
		".\x1b[3\x1b[1m.",
		".\x1b[3\x18.x.",
		".\x1b]2;never ends\x18.",
	} {
		var b boundary
		var got strings.Builder
		text := strings.ReplaceAll(want, ".", "")
		got.WriteString(".")
		for i := range len(text) {
			b.write([]byte{text[i]})
			got.WriteByte(text[i])
			if b.free() {
				got.WriteString(".")
			}
		}
		if got.String() != want {
			t.Errorf("one may stand at %q, want %q", got.String(), want)
		}
	}
}

func TestBoundaryNotesTitles(t *testing.T) {
	for text, want := range map[string]bool{
		"\x1b]2;t\a": true, "\x1b]0;t\x1b\\": true, "\x1b]1;icon\a": false, "\x1b]22;x\a": false,
		"\x1b]8;;x\a": false, "\x1bP2;x\x1b\\": false, "2;x": false,
	} {
		var b boundary
		b.write([]byte(text))
		if b.title != want || !b.free() {
			t.Errorf("%q: a title %v, free %v, want %v and free", text, b.title, b.free(), want)
		}
	}
}
