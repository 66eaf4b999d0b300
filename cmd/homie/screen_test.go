package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// screen opens a terminal of a size with a shell in it: "screen COLSxROWS".
func (s *stage) screen(ts *testscript.TestScript, args []string) {
	cols, rows, ok := strings.Cut(args[0], "x")
	if !ok {
		ts.Fatalf("screen: %q is no size", args[0])
	}
	out, err := tmux(ts, "new-session", "-d", "-s", "main", "-x", cols, "-y", rows, "PS1='here$ ' exec sh")
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
	s.undo = append(s.undo, func() { _, _ = tmux(ts, "kill-server") })
	_, err = tmux(ts, "set-option", "-g", "window-size", "manual")
	ts.Check(err)
	s.shows(ts, []string{`^here\$`}) // what is typed before is shown twice
}

// keys types: "keys KEY...", each a key as tmux names it, or text.
func (s *stage) typeKeys(ts *testscript.TestScript, args []string) {
	out, err := tmux(ts, append([]string{"send-keys", "-t", "main"}, args...)...)
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
}

// resized gives the terminal another size: "resized COLSxROWS".
func (s *stage) resized(ts *testscript.TestScript, args []string) {
	cols, rows, _ := strings.Cut(args[0], "x")
	out, err := tmux(ts, "resize-window", "-t", "main", "-x", cols, "-y", rows)
	if err != nil {
		ts.Fatalf("tmux: %v\n%s", err, out)
	}
}

// shows waits until the terminal shows something: "shows PATTERN".
func (s *stage) shows(ts *testscript.TestScript, args []string) {
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		out, err := tmux(ts, "capture-pane", "-t", "main", "-p")
		if err == nil && want.MatchString(out) {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			ts.Fatalf("the terminal shows nothing that matches %q but\n%s", args[0], out)
		}
	}
}
