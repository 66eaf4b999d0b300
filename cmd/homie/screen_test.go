package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A story may look at a real terminal: tmux draws what a command shows, and
// types what a person would.

// hasTmux is the condition of such a story. In CI its absence is a failure.
func hasTmux() (bool, error) {
	_, err := exec.LookPath("tmux")
	if err != nil && os.Getenv("CI") != "" {
		return false, fmt.Errorf("tmux is needed here: %w", err)
	}
	return err == nil, nil
}

func tmux(ts *testscript.TestScript, args ...string) (string, error) {
	socket := filepath.Join(ts.MkAbs("."), "tmux")
	cmd := exec.Command("tmux", append([]string{"-S", socket, "-f", os.DevNull}, args...)...)
	for _, name := range []string{"PATH", "HOME", "HOMIE_URL", "HOMIE_HTTP"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// pane is the terminal that a story looks at: SCREEN in its environment, for one
// that has several.
func pane(ts *testscript.TestScript) string { return cmp.Or(ts.Getenv("SCREEN"), "main") }

// screen opens a terminal of a size with a shell in it: "screen COLSxROWS".
func (s *stage) screen(ts *testscript.TestScript, args []string) {
	cols, rows, ok := strings.Cut(args[0], "x")
	if !ok {
		ts.Fatalf("screen: %q is no size", args[0])
	}
	out, err := tmux(ts, "new-session", "-d", "-s", pane(ts), "-x", cols, "-y", rows, "PS1='here$ ' exec sh")
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
	s.undo = append(s.undo, func() { _, _ = tmux(ts, "kill-server") })
	_, err = tmux(ts, "set-option", "-w", "-t", pane(ts), "window-size", "manual")
	ts.Check(err)
	s.shows(ts, []string{`^here\$`}) // what is typed before is shown twice
}

// keys types: "keys KEY...", each a key as tmux names it, or text.
func (s *stage) typeKeys(ts *testscript.TestScript, args []string) {
	out, err := tmux(ts, append([]string{"send-keys", "-t", pane(ts)}, args...)...)
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
}

// resized gives the terminal another size: "resized COLSxROWS".
func (s *stage) resized(ts *testscript.TestScript, args []string) {
	cols, rows, _ := strings.Cut(args[0], "x")
	out, err := tmux(ts, "resize-window", "-t", pane(ts), "-x", cols, "-y", rows)
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
}

// shows waits until the terminal shows something: "shows PATTERN".
func (s *stage) shows(ts *testscript.TestScript, args []string) {
	becomes(ts, args[0], true, "capture-pane", "-p")
}

// vanishes waits until the terminal does not show something: "vanishes PATTERN".
func (s *stage) vanishes(ts *testscript.TestScript, args []string) {
	becomes(ts, args[0], false, "capture-pane", "-p")
}

// titled waits until the terminal's title is as wanted: "titled PATTERN".
func (s *stage) titled(ts *testscript.TestScript, args []string) {
	becomes(ts, args[0], true, "display-message", "-p", "#{pane_title}")
}

// becomes waits until what tmux says of the terminal matches a pattern, or no
// longer does.
func becomes(ts *testscript.TestScript, pattern string, matches bool, ask ...string) {
	want, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	ask = slices.Insert(ask, 1, "-t", pane(ts))
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		out, err := tmux(ts, ask...)
		if err == nil && want.MatchString(out) == matches {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			ts.Fatalf("%s: matching %q is not %v, it is\n%s", ask[0], pattern, matches, out)
		}
	}
}
