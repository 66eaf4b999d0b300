//go:build linux || darwin

package marks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"homie/internal/vt"
)

// patience bounds every wait; nothing is expected to take as long.
const patience = 30 * time.Second

// screen is a real shell on a real terminal.
type screen struct {
	t    *testing.T
	tty  *os.File
	argv []string

	mu   sync.Mutex
	term *vt.Terminal
}

// begin starts a shell with a home of its own in which are these files.
func begin(t *testing.T, name string, rc map[string]string, env ...string) *screen {
	t.Helper()
	need(t, name)
	file, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := Install(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for at, text := range rc {
		to := filepath.Join(home, at)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8", "SHELL=" + file}, env...)
	argv, all := For(dir, file, []string{name}, all)
	cmd := exec.Command(file, argv[1:]...)
	cmd.Args, cmd.Env, cmd.Dir = argv, all, home
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 100, Rows: 40})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, tty: tty, argv: argv, term: vt.New(100, 40, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = tty.Close()
		<-done
	})
	return s
}

func (s *screen) read() {
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		s.mu.Lock()
		s.term.Answer(&vt.Answering{})
		_, _ = s.term.Write(buf[:n])
		answers := s.term.TakeAnswers()
		s.mu.Unlock()
		_, _ = s.tty.Write(answers)
		if err != nil {
			return
		}
	}
}

// until waits until ok says so of the terminal.
func (s *screen) until(what string, ok func(*vt.Terminal) bool) {
	s.t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		done := ok(s.term)
		s.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(late) {
			s.t.Fatalf("%s did not come; the marks are\n%+v\nthe screen\n%s", what, s.term.Marks(), strings.Join(s.term.Screen(), "\n"))
		}
	}
}

// shows waits for a line on the screen.
func (s *screen) shows(line string) {
	s.t.Helper()
	s.until(fmt.Sprintf("the line %q", line), func(v *vt.Terminal) bool {
		for _, l := range v.Screen() {
			if l == line {
				return true
			}
		}
		return false
	})
}

func (s *screen) types(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// prompted waits for a prompt after so many commands.
func (s *screen) prompted(commands int) {
	s.t.Helper()
	s.until(fmt.Sprintf("the prompt after %d commands", commands), func(v *vt.Terminal) bool {
		all := v.Marks()
		return v.Facts().Commands >= uint64(commands) && len(all) > 0 && all[len(all)-1].Kind == vt.CommandStart
	})
}

// prompts waits for the prompt that is the nth.
func (s *screen) prompts(n int) {
	s.t.Helper()
	s.until(fmt.Sprintf("prompt %d", n), func(v *vt.Terminal) bool {
		known := 0
		for _, m := range v.Marks() {
			if m.Kind == vt.CommandStart {
				known++
			}
		}
		return known >= n
	})
}

// does types a command at the prompt and returns what the marks say of it.
func (s *screen) does(command string) (c vt.Command, output string) {
	s.t.Helper()
	s.mu.Lock()
	n := int(s.term.Facts().Commands)
	s.mu.Unlock()
	s.types(command + "\r")
	s.prompted(n + 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.term.Commands() {
		if known.End >= 0 {
			c = known
		}
	}
	return c, s.term.Output(c)
}

// want checks a command's text, output and exit status.
func (s *screen) want(command, output string, exit int) {
	s.t.Helper()
	c, got := s.does(command)
	if c.Text != command || strings.TrimRight(got, " ") != output || c.Exit != exit {
		s.t.Errorf("%q is marked as %q with output %q and exit %d, want %q and %d", command, c.Text, got, c.Exit, output, exit)
	}
}

// folder waits until the shell says that it is there.
func (s *screen) folder(dir string) {
	s.t.Helper()
	s.until("the folder "+dir, func(v *vt.Terminal) bool { return v.Facts().Folder == dir })
}
