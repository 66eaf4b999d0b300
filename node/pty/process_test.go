//go:build linux || darwin

package pty_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"homie/internal/homietest"
	"homie/node/pty"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// TestNodeRestarts ends the node in the middle of what a program prints; the
// next one goes on at the byte, with the same program.
func TestNodeRestarts(t *testing.T) {
	o := real(t)
	c, end := connectTo(t, o)
	s := begin(t, c, "sh", "-c", "stty -echo; seq 1 1000; read x; seq 1001 200000; exit 7")
	r := collect(s)
	if _, err := r.from(t, c, func(at uint64) bool { return at > 2000 }); err != nil {
		t.Fatal(err)
	}
	first, _ := info(t, o.StateDir)
	end()

	c, _ = connectTo(t, o)
	typeInto(t, c, s, "\n")
	r.toTheEnd(t, c)
	r.want(t, counted(1, 200_000))
	wantExit(t, c, 7)
	if again, _ := info(t, o.StateDir); again.PID != first.PID {
		t.Errorf("the holder is process %d, want %d as before", again.PID, first.PID)
	}
}

// TestNodeRestartsAgainAndAgain ends the node fifty times in the middle of what a
// program prints, and stops the holder in between, as a machine does that sleeps:
// not a byte is lost or comes twice.
func TestNodeRestartsAgainAndAgain(t *testing.T) {
	const rounds = 50
	o := real(t)
	c, end := connectTo(t, o)
	stop := filepath.Join(t.TempDir(), "stop")
	s := begin(t, c, "sh", "-c", `i=0; while ! [ -e "$0" ]; do seq $((i+1)) $((i+2000)); i=$((i+2000)); sleep 0.005; done; exit 9`, stop)
	r := collect(s)
	i, _ := info(t, o.StateDir)
	for round := range rounds {
		before := r.at
		r.until(t, c, func(at uint64) bool { return at > before+20_000 })
		if round%10 == 5 {
			if err := syscall.Kill(i.PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(i.PID, syscall.SIGCONT) })
		}
		end()
		c, end = connectTo(t, o)
	}
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.toTheEnd(t, c)
	r.wantCounting(t)
	t.Logf("%d bytes in order over %d restarts", r.at, rounds)
	wantExit(t, c, 9)
}

// TestUpgrade starts a node where another build of Homie holds the terminals:
// the holder becomes the node's own program, and nothing shows.
func TestUpgrade(t *testing.T) {
	o := real(t)
	old := o
	old.Launch = pty.Program(copyOfSelf(t))
	old.Version = "older"
	c, end := connectTo(t, old) // which is not of the holder's program either, and has it replaced
	s := begin(t, c, "sh", "-c", "echo $$; seq 1 500; read x; seq 501 200000; exit 7")
	name, group := "Counting", "Work"
	if _, err := rpc.Invoke(t.Context(), c, terminal.Update, terminal.UpdateParams{Session: s.ID, Name: &name, Group: &group}); err != nil {
		t.Fatal(err)
	}
	before, _ := info(t, o.StateDir)
	end()
	if err := replace(t, o.StateDir, copyOfSelf(t)); err != nil {
		t.Fatal(err)
	}

	c, _ = connectTo(t, o)
	if v := listed(t, c); v.Name != name || v.Group != group {
		t.Errorf("after an upgrade it is called %q in %q, want %q in %q", v.Name, v.Group, name, group)
	}
	r := collect(s)
	if _, err := r.from(t, c, func(at uint64) bool { return at > 0 }); err != nil {
		t.Fatal(err)
	}
	typeInto(t, c, s, "\n")
	r.toTheEnd(t, c)
	wantExit(t, c, 7)
	after, _ := info(t, o.StateDir)
	if after.PID != before.PID {
		t.Errorf("the holder is process %d, want %d: it keeps its children", after.PID, before.PID)
	}
	log, err := os.ReadFile(filepath.Join(o.StateDir, "holder.log"))
	if err != nil || bytes.Count(log, []byte("handing the terminals over")) != 3 {
		t.Errorf("the holder was replaced another number of times than 3: %v", err)
	}
}

// TestReplaceUnderFlow replaces the holder again and again while a program
// prints and somebody looks: every byte arrives, once.
func TestReplaceUnderFlow(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	programs := []string{copyOfSelf(t), copyOfSelf(t)}
	stop := filepath.Join(t.TempDir(), "stop")
	s := begin(t, c, "sh", "-c", `i=0; while ! [ -e "$0" ]; do seq $((i+1)) $((i+20000)); i=$((i+20000)); sleep 0.01; done; exit 9`, stop)
	r := collect(s)
	for i := range 6 {
		before := r.at
		r.until(t, c, func(at uint64) bool { return at > before+800_000 })
		done := make(chan error, 1)
		// Once somebody looks: a stream that is opened behind it has no reason to end.
		begin := sync.OnceFunc(func() { go func() { done <- replace(t, o.StateDir, programs[i%2]) }() })
		if ended, err := r.from(t, c, func(uint64) bool { begin(); return false }); ended || wire.ReasonOf(err) != wire.Unavailable {
			t.Fatalf("the stream ended with %v, %v at byte %d, want that it is to be opened again", ended, err, r.at)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.toTheEnd(t, c)
	r.wantCounting(t)
	t.Logf("%d bytes in order over 6 replacements", r.at)
	wantExit(t, c, 9)
}

// TestReplaceWhileRecorded replaces the holder in the middle of a recording,
// which has every byte, and one end.
func TestReplaceWhileRecorded(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	stop := filepath.Join(t.TempDir(), "stop")
	s, err := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{
		Cols: 80, Rows: 24, Record: true,
		Command: []string{"sh", "-c", `i=0; while ! [ -e "$0" ]; do seq $((i+1)) $((i+2000)); printf 'é漢😀\n'; i=$((i+2000)); sleep 0.01; done; exit 9`, stop},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := collect(s)
	for range 3 {
		before := r.at
		r.until(t, c, func(at uint64) bool { return at > before+100_000 })
		if err := replace(t, o.StateDir, copyOfSelf(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.toTheEnd(t, c)
	wantExit(t, c, 9)
	v := listed(t, c)
	if v.Recording == nil || v.Recording.Why != terminal.RecordingExited {
		t.Fatalf("the session says %+v of its recording", v.Recording)
	}
	file, err := os.ReadFile(filepath.Join(o.StateDir, "recordings", string(v.Recording.ID)+".cast"))
	if err != nil {
		t.Fatal(err)
	}
	sum, exits := sha256.New(), 0
	for i, line := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		var e [3]any
		if i < 2 {
			continue // the head, and a comment
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("line %d: %.100s: %v", i+1, line, err)
		}
		switch e[1] {
		case "o":
			sum.Write([]byte(e[2].(string)))
		case "x":
			exits++
		}
	}
	if !bytes.Equal(sum.Sum(nil), r.sum.Sum(nil)) || exits != 1 {
		t.Errorf("the recording of %d bytes has other output than the session, or %d ends", len(file), exits)
	}
}

// TestReplaceRefused asks for programs that can't take over: nothing shows.
func TestReplaceRefused(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	s := begin(t, c, "sh", "-c", "stty -echo; seq 1 100; read x; seq 101 200; exit 3")
	before, _ := info(t, o.StateDir)
	script := filepath.Join(t.TempDir(), "homie")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho homie\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "homie")
	if err := os.WriteFile(broken, []byte("no program"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/bin/true", "/bin/false", "/nowhere/homie", script, broken, "relative"} {
		if err := replace(t, o.StateDir, path); err == nil {
			t.Fatalf("the holder made way for %s", path)
		}
	}
	r := collect(s)
	if _, err := r.from(t, c, func(at uint64) bool { return at > 200 }); err != nil {
		t.Fatal(err)
	}
	typeInto(t, c, s, "\n")
	r.toTheEnd(t, c)
	r.want(t, counted(1, 200))
	wantExit(t, c, 3)
	if after, _ := info(t, o.StateDir); after != before {
		t.Errorf("the holder is %+v, want %+v", after, before)
	}
}

// TestReplaceKeepsWhatWasTyped fills the input of a program that does not read,
// replaces the holder, and lets the program read: every byte comes, once.
func TestReplaceKeepsWhatWasTyped(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	typed := counted(1, 9000) // far more than a terminal takes
	s := begin(t, c, "sh", "-c", fmt.Sprintf("stty raw -echo; echo ready; read x <%s; head -c %d | sha256sum; exit 2", gate, len(typed)))
	_, st := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: new(uint64)})
	said := readUntil(t, st, 0, "ready\n")
	if err := st.Send(t.Context(), 0, typed); err != nil {
		t.Fatal(err)
	}
	// A resize passes only behind what was typed on the same connection.
	size := terminal.ResizeParams{Session: s.ID, Cols: 90, Rows: 30}
	if _, err := rpc.Invoke(t.Context(), c, terminal.Resize, size); err != nil {
		t.Fatal(err)
	}
	if err := replace(t, o.StateDir, copyOfSelf(t)); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, c); got.Cols != 90 || got.Rows != 30 {
		t.Errorf("the size is %d×%d after the replacement, want 90×30", got.Cols, got.Rows)
	}
	if err := os.WriteFile(gate, []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	at := uint64(len(said))
	_, st = attach(t, c, terminal.AttachParams{Session: s.ID, Offset: &at})
	want := fmt.Sprintf("%x", sha256.Sum256(typed))
	if got := readUntil(t, st, at, ""); !strings.HasPrefix(got, want) {
		t.Errorf("the program read bytes with the hash %.80q, want %s", got, want)
	}
	wantExit(t, c, 2)
}

// TestLinger lets a node go for good: what runs is hung up after a while, and
// the holder ends.
func TestLinger(t *testing.T) {
	o := real(t)
	o.Linger = 300 * time.Millisecond
	c, end := connectTo(t, o)
	mark := filepath.Join(t.TempDir(), "mark")
	s := begin(t, c, "sh", "-c", "trap 'echo hung up >"+mark+"; exit' HUP; echo ready; while :; do sleep 0.05; done")
	_, st := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: new(uint64)})
	readUntil(t, st, 0, "ready")
	i, _ := info(t, o.StateDir)
	end()
	gone(t, i.PID)
	if b, err := os.ReadFile(mark); err != nil || string(b) != "hung up\n" {
		t.Errorf("the program left %q, %v", b, err)
	}
	if log, err := os.ReadFile(filepath.Join(o.StateDir, "holder.log")); err != nil || !bytes.Contains(log, []byte("hung up")) {
		t.Errorf("the log says nothing of it: %v", err)
	}
	if _, err := os.Stat(i.Socket); err == nil {
		t.Error("the socket is still there")
	}
	// A node that comes back finds nothing, and may begin anew.
	c, _ = connectTo(t, o)
	if list, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{}); err != nil || len(list.Sessions) != 0 {
		t.Errorf("list = %+v, %v, want none", list, err)
	}
	begin(t, c, "cat")
}

// TestHolderDies kills the holder: its sessions are lost, which everybody is
// told, and there is another one.
func TestHolderDies(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	s := begin(t, c, "cat")
	events := make(chan terminal.Session, 100)
	if err := rpc.Subscribe(t.Context(), c, terminal.Changed, func(v terminal.Session, _ wire.Event) { events <- v }); err != nil {
		t.Fatal(err)
	}
	_, st := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: new(uint64)})
	i, _ := info(t, o.StateDir)
	if err := syscall.Kill(i.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := st.Recv(t.Context()); err != nil {
			if wire.ReasonOf(err) != wire.Unavailable {
				t.Errorf("the stream ended with %v, want unavailable", err)
			}
			break
		}
	}
	var states []terminal.State
	for late := time.After(patience); len(states) < 2; {
		select {
		case v := <-events:
			if v.ID == s.ID && v.State != terminal.Running {
				states = append(states, v.State)
			}
		case <-late:
			t.Fatalf("told of the states %v alone", states)
		}
	}
	if states[0] != terminal.Exited || states[1] != terminal.Removed {
		t.Errorf("told of the states %v, want exited and removed", states)
	}
	begin(t, c, "cat")
	if again, _ := info(t, o.StateDir); again.PID == i.PID {
		t.Error("the holder has the process id of the one before")
	}
}

// TestTwoHolders starts a holder beside one that runs: it does not become one.
func TestTwoHolders(t *testing.T) {
	o := real(t)
	c, _ := connectTo(t, o)
	begin(t, c, "cat")
	before, _ := info(t, o.StateDir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), self, "holder", "--state-dir", o.StateDir).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("another process holds the terminals")) {
		t.Errorf("a second holder ended with %v: %s", err, out)
	}
	if after, _ := info(t, o.StateDir); after != before {
		t.Errorf("the holder is %+v, want %+v", after, before)
	}
	listed(t, c)
}

// TestHolderIsClean looks at what a holder and its programs have of the node.
func TestHolderIsClean(t *testing.T) {
	t.Setenv("HOMIE_AUTHKEY", "tskey-secret")
	o := real(t)
	c, _ := connectTo(t, o)
	for range 3 {
		begin(t, c, "cat")
	}
	if err := replace(t, o.StateDir, copyOfSelf(t)); err != nil {
		t.Fatal(err)
	}
	s := begin(t, c, "sh", "-c", "ls /dev/fd | tr '\\n' ' '; env | grep -c HOMIE_AUTH; exec cat")
	_, st := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: new(uint64)})
	if got := readUntil(t, st, 0, "\r\n"); got != "0 1 2 3 0\r\n" { // 3 is of ls itself
		t.Errorf("a program has the descriptors and secrets %q, want its own three", got)
	}
	i, _ := info(t, o.StateDir)
	if sid, err := unix.Getsid(i.PID); err != nil || sid != i.PID {
		t.Errorf("the holder is in session %d, %v, want its own", sid, err)
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", i.PID))
	if err == nil && bytes.Contains(environ, []byte("HOMIE_AUTHKEY")) {
		t.Error("the holder has the node's auth key")
	}
}

// TestOtherAccount connects to a holder's socket as another account, with the
// files' modes out of the way.
func TestOtherAccount(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("only root can be somebody else: here the check is that of localsock alone")
		return
	}
	o := real(t)
	c, _ := connectTo(t, o)
	begin(t, c, "cat")
	i, _ := info(t, o.StateDir)
	if info, err := os.Stat(i.Socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v, want 0600", info.Mode(), err)
	}
	for dir := filepath.Dir(i.Socket); dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(i.Socket, 0o666); err != nil {
		t.Fatal(err)
	}
	path := copyOfSelf(t)
	for dir := filepath.Dir(path); dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755)
	}
	_ = os.Chmod(path, 0o755)
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = []string{strangerEnv + "=" + i.Socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if want := "403 Forbidden"; err != nil || !bytes.Contains(out, []byte(want)) {
		t.Errorf("another account was answered %q, %v, want %s", out, err, want)
	}
}

// TestLongStateDir has a state directory whose name is too long for a socket.
func TestLongStateDir(t *testing.T) {
	o := real(t)
	o.StateDir = filepath.Join(o.StateDir, strings.Repeat("long/", 30))
	if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endHolder(t, o.StateDir) })
	c, end := connectTo(t, o)
	s := begin(t, c, "cat")
	end()
	c, _ = connectTo(t, o)
	if got := listed(t, c); got.ID != s.ID {
		t.Errorf("after a restart there is session %s, want %s", got.ID, s.ID)
	}
	i, _ := info(t, o.StateDir)
	room, err := os.Stat(filepath.Dir(i.Socket))
	if err != nil || room.Mode().Perm() != 0o700 || len(i.Socket) > 103 {
		t.Errorf("the socket is %s in a directory with mode %v, %v, want a short name and 0700", i.Socket, room.Mode(), err)
	}
}

// TestAttachHammer attaches a thousand times from many goroutines while programs
// start, print and end.
func TestAttachHammer(t *testing.T) {
	c := connect(t)
	var sessions []terminal.Session
	for range 8 {
		sessions = append(sessions, begin(t, c, "sh", "-c", "seq 1 20000; exec cat"))
	}
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			for i := range 50 {
				s := sessions[(worker+i)%len(sessions)]
				_, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Session: s.ID, Watch: i%2 == 0})
				if wire.ReasonOf(err) == wire.Busy {
					continue // those that are leaving still count
				}
				if err != nil {
					t.Errorf("attaching: %v", err)
					return
				}
				if i%3 == 0 {
					_, _ = st.Recv(t.Context())
				}
				if i%2 == 1 {
					_ = st.Send(t.Context(), 0, []byte("x"))
				}
				st.Close(nil)
			}
		})
	}
	wg.Wait()
	homietest.Eventually(t, "everybody has left", func() error {
		list, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{})
		for _, s := range list.Sessions {
			if s.Viewers != 0 {
				return fmt.Errorf("%d viewers are in %s", s.Viewers, s.ID)
			}
		}
		return err
	})
}
