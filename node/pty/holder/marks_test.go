//go:build linux || darwin

package holder

import (
	"os"
	"slices"
	"testing"

	"homie/internal/vt"
	"homie/wire/terminal"
)

// A shell that somebody opens marks what it does; the session is the same as
// without.
func TestShellsMarkCommands(t *testing.T) {
	home := t.TempDir()
	m := run(t, Config{StateDir: t.TempDir(), Environ: []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "SHELL=/bin/bash"}})
	for _, command := range [][]string{nil, {"bash"}} {
		s := beginWith(t, m, terminal.StartParams{Command: command, Cols: 80, Rows: 24})
		c, _ := attach(t, s, 0)
		c.shows(t, "\x1b]133;B\a")
		c.types(t, "(exit 3)\r")
		c.shows(t, "\x1b]133;D;3\a")
		c.types(t, "exit\r")
		info := end(t, s)
		if info.Name != "bash" || len(info.Command) != 1 {
			t.Errorf("the session is %q and runs %v", info.Name, info.Command)
		}
		if marks := s.screen.term.Marks(); !slices.ContainsFunc(marks, func(m vt.Mark) bool { return m.Kind == vt.CommandEnd && m.Exit == 3 }) {
			t.Errorf("the screen has the marks %+v", marks)
		}
	}
}
