package holder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// patience bounds every wait of a test; nothing is expected to take as long.
const patience = 30 * time.Second

// watched is a program on a console, and what came of it.
type watched struct {
	process
	children *children

	mu   sync.Mutex
	seen bytes.Buffer
	done chan struct{} // closed when there will be no more
}

// interactive is a shell. Wine gives a program on a console no standard handles, so
// that a test says where they are.
const interactive = "cmd <CON >CON"

// runLine starts a command of the interpreter.
func runLine(t *testing.T, line string) *watched {
	t.Helper()
	c := newChildren()
	interpreter := filepath.Join(os.Getenv("SystemRoot"), "System32", "cmd.exe")
	argv := []string{interpreter, "/c", line}
	proc, err := start(program{path: interpreter, argv: argv, env: os.Environ(), dir: os.TempDir(), cols: 80, rows: 24}, c)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{process: proc, children: c, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			err := proc.read(func(p []byte) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.seen.Write(p)
			})
			if errors.Is(err, io.EOF) {
				return
			}
		}
	}()
	t.Cleanup(proc.close)
	return w
}

func (w *watched) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen.String()
}

// shows waits until text was printed.
func (w *watched) shows(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(w.text(), text); {
		if time.Now().After(end) {
			t.Fatalf("%q was not printed, but %q", text, w.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ends waits for the program's end, as a Session does.
func (w *watched) ends(t *testing.T) ending {
	t.Helper()
	late := time.After(patience)
	for {
		if e, ok := w.reap(); ok {
			w.drain()
			select {
			case <-w.done:
			case <-late:
				t.Fatal("the output does not end")
			}
			return e
		}
		select {
		case <-w.children.ended:
		case <-late:
			t.Fatalf("the program does not end; it printed %q", w.text())
		}
	}
}

// onWine reports whether this Windows is Wine, which lacks some of it.
func onWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func TestConsoleRunsAProgram(t *testing.T) {
	w := runLine(t, "echo hello >CON & exit 3")
	e := w.ends(t)
	if e.code == nil || *e.code != 3 {
		t.Errorf("ended with %+v, want 3", e)
	}
	if !strings.Contains(w.text(), "hello") {
		t.Errorf("printed %q, want hello", w.text())
	}
}

func TestConsoleTakesKeys(t *testing.T) {
	w := runLine(t, interactive)
	w.shows(t, ">")
	if _, err := w.write(context.Background(), []byte("set /a 6*7\r")); err != nil {
		t.Fatal(err)
	}
	w.shows(t, "42")
	switch err := w.resize(100, 30); {
	case onWine():
		t.Logf("resize = %v: Wine has consoles of one size only", err)
	case err != nil:
		t.Errorf("resize = %v", err)
	}
	if _, err := w.write(context.Background(), []byte("exit 5\r")); err != nil {
		t.Fatal(err)
	}
	if e := w.ends(t); e.code == nil || *e.code != 5 {
		t.Errorf("ended with %+v, want 5", e)
	}
}

func TestEndingTakesTheTree(t *testing.T) {
	w := runLine(t, interactive)
	for end := time.Now().Add(patience); w.left() < 2; {
		if time.Now().After(end) {
			t.Fatalf("%d processes run, want the tree; printed %q", w.left(), w.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.hangup(true)
	if e := w.ends(t); e.signal != "SIGKILL" {
		t.Errorf("ended with %+v, want SIGKILL", e)
	}
	if n := w.left(); n != 0 {
		t.Errorf("%d processes are left", n)
	}
}

func TestHangupClosesTheConsole(t *testing.T) {
	w := runLine(t, interactive)
	w.shows(t, ">")
	w.hangup(false)
	if e := w.ends(t); e.signal != "SIGHUP" && e.code == nil {
		t.Errorf("ended with %+v", e)
	}
	if err := w.resize(90, 20); !errors.Is(err, os.ErrClosed) {
		t.Errorf("resize after the end = %v", err)
	}
}

func TestNoProgram(t *testing.T) {
	_, err := start(program{path: `C:\there\is\none.exe`, argv: []string{"none"}, dir: os.TempDir(), cols: 80, rows: 24}, newChildren())
	if err == nil || !strings.Contains(err.Error(), "can't be started") {
		t.Errorf("start = %v", err)
	}
}

func TestLockIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	f, err := takeLock(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := takeLock(ctx, dir); !errors.Is(err, errInUse) {
		t.Errorf("taking it again = %v", err)
	}
	f.Close()
	f, err = takeLock(context.Background(), dir)
	if err != nil {
		t.Fatalf("taking it after its end = %v", err)
	}
	f.Close()
}

func TestEnvironmentIsTheAccounts(t *testing.T) {
	env := environment([]string{"Path=x", "TS_AUTHKEY=secret"}, map[string]string{"Path": "y"}, account{}, "den", "id", "")
	for _, name := range []string{"SystemRoot", "Path", "HOMIE_NODE"} {
		if lookup(env, name) == "" {
			t.Errorf("there is no %s in %q", name, env)
		}
	}
	if lookup(env, "TS_AUTHKEY") != "" {
		t.Error("a key is passed on")
	}
	if _, err := windows.UTF16PtrFromString(strings.Join(env, "")); err != nil {
		t.Error(err)
	}
}
