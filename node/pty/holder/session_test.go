//go:build linux || darwin

package holder

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

func TestEcho(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	c, done := attach(t, s, 0)
	c.types(t, "hello\n")
	c.shows(t, twice("hello"))
	c.types(t, "\x04")
	if err := served(t, done); err != nil {
		t.Errorf("Serve = %v, want nil after the session's end", err)
	}
	info := end(t, s)
	if info.State != terminal.Exited || info.EndedAt == nil || info.ExitCode == nil || *info.ExitCode != 0 {
		t.Errorf("ended session = %+v, want exit code 0", info)
	}
}

func TestShellIsInteractive(t *testing.T) {
	t.Setenv("SHELL", "/bin/sh")
	t.Setenv("PS1", "not inherited")
	t.Setenv("ENV", "")
	m := run(t, Config{})
	s := begin(t, m)
	c, _ := attach(t, s, 0)
	c.types(t, "case $- in *i*) echo inter''active;; esac; exit 3\n")
	info := end(t, s)
	if !strings.Contains(kept(s), "interactive") {
		t.Errorf("shell printed %q, want it to be interactive", kept(s))
	}
	if info.ExitCode == nil || *info.ExitCode != 3 {
		t.Errorf("exit code = %v, want 3", info.ExitCode)
	}
	if info.Name != "sh" {
		t.Errorf("name = %q, want sh", info.Name)
	}
}

func TestExit(t *testing.T) {
	m := run(t, Config{})
	if info := end(t, shell(t, m, "exit 7")); info.ExitCode == nil || *info.ExitCode != 7 || info.Signal != "" {
		t.Errorf("exit 7 = code %v signal %q", info.ExitCode, info.Signal)
	}
	if info := end(t, shell(t, m, "kill -KILL $$")); info.ExitCode != nil || info.Signal != "SIGKILL" {
		t.Errorf("kill -KILL = code %v signal %q", info.ExitCode, info.Signal)
	}
}

// TestExitAfterClosingTheTerminal is about a program that drops its terminal
// and goes on: the session lasts as long as the program.
func TestExitAfterClosingTheTerminal(t *testing.T) {
	m := run(t, Config{})
	fifo := filepath.Join(t.TempDir(), "go")
	s := shell(t, m, "mkfifo "+fifo+"; echo ready; exec >&- 2>&- <"+fifo+"; read x; exit 5")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	if s.hasEnded() {
		t.Error("session ended with its terminal, want it to last")
	}
	f, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for the program to open it
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "go on")
	f.Close()
	if info := end(t, s); info.ExitCode == nil || *info.ExitCode != 5 {
		t.Errorf("exit code = %v, want 5", info.ExitCode)
	}
}

func TestResize(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty size; while read x; do stty size; done")
	c, _ := attach(t, s, 0)
	c.shows(t, "24 80\r\n")
	if err := s.Resize(100, 40); err != nil {
		t.Fatal(err)
	}
	c.types(t, "\n")
	c.shows(t, "40 100\r\n")
	if info := s.Info(); info.Cols != 100 || info.Rows != 40 {
		t.Errorf("size = %d×%d, want 100×40", info.Cols, info.Rows)
	}
	c.types(t, "\x04")
	end(t, s)
	if err := s.Resize(10, 10); wire.ReasonOf(err) != wire.Conflict {
		t.Errorf("Resize after the end = %v, want a conflict", err)
	}
}

// TestDrainedOnExit runs programs that end at once after printing: nothing of
// the last output may be lost.
func TestDrainedOnExit(t *testing.T) {
	m := run(t, Config{})
	var want strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&want, "%d\r\n", i+1)
	}
	for range 5 {
		if got := output(t, begin(t, m, "seq", "1", "100000")); got != want.String() {
			t.Fatalf("output has %d bytes and ends with %q, want %d bytes", len(got), got[max(0, len(got)-20):], want.Len())
		}
	}
	for i := range 50 {
		if got, want := output(t, shell(t, m, fmt.Sprintf("echo %d", i))), fmt.Sprintf("%d\r\n", i); got != want {
			t.Fatalf("output = %q, want %q", got, want)
		}
	}
}

// TestPasteIsExact types bytes of every kind into a program that sends them
// back unchanged.
func TestPasteIsExact(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty raw -echo; echo ready; exec cat")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready\n")
	for _, size := range []int{1, 64 << 10, 300 << 10} {
		paste := make([]byte, size)
		rand.Read(paste)
		before := len(c.text())
		for at := 0; at < size; at += wire.MaxFrame {
			c.types(t, string(paste[at:min(size, at+wire.MaxFrame)]))
		}
		c.until(t, "the paste", func() bool { return len(c.seen) >= before+size })
		if c.text()[before:] != string(paste) {
			t.Fatalf("paste of %d bytes came back changed", size)
		}
	}
}

// TestInputNotRead types more than a program that reads nothing has room for.
func TestInputNotRead(t *testing.T) {
	m := run(t, Config{})
	deaf := shell(t, m, "stty raw -echo; echo ready; exec sleep 1000")
	c, _ := attach(t, deaf, 0)
	c.shows(t, "ready")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := deaf.Type(ctx, make([]byte, 4<<20))
	if wire.ReasonOf(err) != wire.Busy {
		t.Errorf("Type = %v, want busy", err)
	}

	// A viewer who is stuck typing still sees, leaves, and harms nobody else.
	c.types(t, strings.Repeat("x", 1<<20))
	other := begin(t, m, "cat")
	oc, _ := attach(t, other, 0)
	oc.types(t, "fine\n")
	oc.shows(t, twice("fine"))
	if err := m.Kill(deaf.id); err != nil {
		t.Fatal(err)
	}
	end(t, deaf)
	if _, err := deaf.Type(t.Context(), []byte("x")); wire.ReasonOf(err) != wire.Conflict {
		t.Errorf("Type after the end = %v, want a conflict", err)
	}
}

func TestEnvironment(t *testing.T) {
	for _, secret := range []string{"HOMIE_AUTHKEY", "TS_AUTHKEY", "AWS_SECRET_ACCESS_KEY", "PS1"} {
		t.Setenv(secret, "secret")
	}
	t.Setenv("LANG", "")
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_CTYPE", "")
	t.Setenv("LC_TIME", "de_DE.UTF-8")
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1")
	m := run(t, Config{})
	dir := t.TempDir()
	s := beginWith(t, m, terminal.StartParams{Node: "den", Command: []string{"env"}, Dir: dir, Cols: 80, Rows: 24})
	got := output(t, s)
	if strings.Contains(got, "secret") {
		t.Errorf("environment has a secret:\n%s", got)
	}
	for _, want := range []string{
		"TERM=xterm-256color", "COLORTERM=truecolor", "HOMIE_NODE=den", "HOMIE_SESSION=" + string(s.id),
		"LC_TIME=de_DE.UTF-8", "LANG=" + utf8Locale(), "PWD=" + dir, "HOME=" + m.place.account.home,
		"USER=" + m.place.account.name, "XDG_RUNTIME_DIR=/run/user/1", "PATH=" + os.Getenv("PATH"),
	} {
		if !strings.Contains("\n"+got, "\n"+want+"\r\n") {
			t.Errorf("environment lacks %s:\n%s", want, got)
		}
	}
}

func TestStartDir(t *testing.T) {
	base := t.TempDir()
	if err := os.Mkdir(filepath.Join(base, "sub dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", base)
	m := run(t, Config{Dir: base})
	for dir, want := range map[string]string{
		"": base, "~": base, "~/sub dir": base + "/sub dir", "sub dir": base + "/sub dir", "/": "/",
	} {
		s := beginWith(t, m, terminal.StartParams{Command: []string{"pwd"}, Dir: dir, Cols: 80, Rows: 24})
		if got := output(t, s); got != want+"\r\n" {
			t.Errorf("in %q pwd = %q, want %q", dir, got, want)
		}
		if info := s.Info(); info.Dir != want {
			t.Errorf("Dir of a session in %q = %q, want %q", dir, info.Dir, want)
		}
	}
}

func TestStartRefusals(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("#!/no/such/interpreter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	m := run(t, Config{Dir: dir})
	tests := []struct {
		p      terminal.StartParams
		reason wire.Reason
		words  string
	}{
		{terminal.StartParams{Dir: dir + "/none"}, wire.NotFound, "no folder"},
		{terminal.StartParams{Dir: plain}, wire.InvalidParams, "not a folder"},
		{terminal.StartParams{Command: []string{"homie-no-such-program"}}, wire.NotFound, "no program homie-no-such-program"},
		{terminal.StartParams{Command: []string{"./none"}}, wire.NotFound, "no program ./none"},
		{terminal.StartParams{Command: []string{"./plain"}}, wire.Forbidden, "not a program"},
		{terminal.StartParams{Command: []string{script}}, wire.NotFound, "can't be started"},
		{terminal.StartParams{Command: []string{""}}, wire.InvalidParams, "no program name"},
		{terminal.StartParams{Account: "somebody"}, wire.Forbidden, "somebody"},
	}
	if isRoot() { // who could become anybody there is
		tests[len(tests)-1].reason = wire.NotFound
	}
	for _, test := range tests {
		test.p.Cols, test.p.Rows = 80, 24
		_, err := m.Start(test.p, wire.OnBehalf{Name: "Olivia"})
		if wire.ReasonOf(err) != test.reason || !strings.Contains(err.Error(), test.words) {
			t.Errorf("Start(%+v) = %v (%s), want %s with %q", test.p, err, wire.ReasonOf(err), test.reason, test.words)
		}
	}
	if n := m.Running(); n != 0 {
		t.Errorf("%d sessions run after refusals, want none", n)
	}
	own := terminal.StartParams{Account: m.place.account.name, Command: []string{"true"}, Cols: 1, Rows: 1}
	if _, err := m.Start(own, wire.OnBehalf{Name: "Olivia"}); err != nil {
		t.Errorf("Start as the node's own account = %v", err)
	}
}
