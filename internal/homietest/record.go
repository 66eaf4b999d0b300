package homietest

import (
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Record keeps what was logged. The zero Record is empty and ready.
type Record struct {
	mu      sync.Mutex
	lines   []string
	secrets []string
}

// Secret names what no line may have, such as a key, a code, or what is typed.
func (r *Record) Secret(texts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, texts...)
}

// leaked are keys of Tailscale's and private keys.
var leaked = regexp.MustCompile(`privkey:|-----BEGIN [A-Z ]*PRIVATE KEY|tskey-(auth|client|api)-`)

// told returns the lines that have a secret.
func (r *Record) told() (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		if leaked.MatchString(l) || slices.ContainsFunc(r.secrets, func(s string) bool { return s != "" && strings.Contains(l, s) }) {
			lines = append(lines, l)
		}
	}
	return lines
}

// Write keeps one line.
func (r *Record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(b))
	return len(b), nil
}

// Lines returns the lines in which all of the texts stand, oldest first.
func (r *Record) Lines(texts ...string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for _, l := range r.lines {
		all := true
		for _, s := range texts {
			all = all && strings.Contains(l, s)
		}
		if all {
			found = append(found, l)
		}
	}
	return found
}

// Log writes to the test's own log, and to records if there are any.
func Log(t testing.TB, records ...*Record) *slog.Logger {
	out := []io.Writer{testWriter{t}}
	for _, r := range records {
		out = append(out, r)
	}
	return slog.New(slog.NewTextHandler(io.MultiWriter(out...), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testWriter struct{ t testing.TB }

// Write logs one line, as long as the test runs.
func (w testWriter) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSuffix(string(b), "\n"))
	}
	return len(b), nil
}
