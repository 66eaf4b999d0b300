package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestDefaultStateDir(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"HOME": "/home/a"}, "/home/a/.local/state/homie/node"},
		{map[string]string{"HOME": "/home/a", "XDG_STATE_HOME": "/x"}, "/x/homie/node"},
		{map[string]string{"HOME": "/home/a", "STATE_DIRECTORY": "/var/lib/homie"}, "/var/lib/homie/node"},
		{map[string]string{"STATE_DIRECTORY": strings.Join([]string{"/one", "/two"}, string(os.PathListSeparator))}, "/one/node"},
	}
	for _, tt := range tests {
		p := noProcess()
		p.Env = func(name string) string { return tt.env[name] }
		if got := defaultStateDir(p, roleNode); got != filepath.FromSlash(tt.want) {
			t.Errorf("defaultStateDir with %v = %s, want %s", tt.env, got, tt.want)
		}
	}
}

func TestNodeName(t *testing.T) {
	for host, want := range map[string]string{
		"den":                   "homie-den",
		"Den.local":             "homie-den",
		"olivias_mac mini":      "homie-olivias-mac-mini",
		"":                      "homie-node",
		"-":                     "homie-node",
		strings.Repeat("a", 64): "homie-" + strings.Repeat("a", maxLabel-len("homie-")),
	} {
		if got := nodeNameOf(host); got != want {
			t.Errorf("nodeNameOf(%q) = %s, want %s", host, got, want)
		}
	}
}

// A state directory whose socket could not be opened is refused with a word on
// what to do, before a device joins the tailnet.
func TestSocketPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	s := &settings{role: roleGateway, stateDir: dir}
	if _, err := s.dir(noProcess()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a gateway in a path of %d characters: %v, want that it is too long", len(dir), err)
	}
	s.role = roleNode
	if _, err := s.dir(noProcess()); err != nil {
		t.Errorf("a node there: %v", err)
	}
}

func TestLinePrefix(t *testing.T) {
	var out bytes.Buffer
	l := &linePrefix{w: &out, prefix: "node: "}
	for _, s := range []string{"one\n", "\ntw", "o\nthree\n\n", "four"} {
		if n, err := l.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", s, n, err)
		}
	}
	if want := "node: one\n\nnode: two\nnode: three\n\nnode: four"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// Two parts of 'homie up' write at once, and neither gets into the other's
// piece.
func TestLinePrefixTogether(t *testing.T) {
	var out bytes.Buffer
	shared := &lockedWriter{w: &out}
	var wg sync.WaitGroup
	for _, prefix := range []string{"gateway: ", "node: "} {
		l := &linePrefix{w: shared, prefix: prefix}
		for range 4 {
			wg.Go(func() {
				for range 100 {
					l.Write([]byte("first\nsecond\n"))
				}
			})
		}
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1600 {
		t.Fatalf("%d lines, want 1600", len(lines))
	}
	for i := 0; i < len(lines); i += 2 {
		prefix, first, _ := strings.Cut(lines[i], " ")
		if first != "first" || lines[i+1] != prefix+" second" {
			t.Fatalf("lines %d and %d: %q, %q", i, i+1, lines[i], lines[i+1])
		}
	}
}
