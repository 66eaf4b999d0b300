package holder

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homie/wire/holder"
	"homie/wire/terminal"
)

var update = flag.Bool("update", false, "write the state of this version anew")

// golden is a state as version 1 wrote it, which every later version has to
// understand: it is what a holder has in its hands while people type.
const golden = "testdata/state-1"

func goldenState() (savedHead, []savedSession) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	code := 3
	head := savedHead{
		Settings: holder.AdoptParams{Version: "1", Node: "den", Dir: "/home/olivia", Environ: []string{"LANG=C.UTF-8"}, LingerMs: 5},
		Started:  7, Lock: 3, Listener: 4, Sessions: 2,
	}
	info := terminal.Session{
		ID: "abcd2345", Node: "den", Name: "bash", Command: []string{"bash"}, Dir: "/home", Account: "olivia",
		Cols: 80, Rows: 24, State: terminal.Running, StartedAt: at, StartedBy: "Olivia on olivia-laptop", Offset: 1_000_012,
	}
	ended := info
	ended.ID, ended.State, ended.EndedAt, ended.ExitCode, ended.Offset = "ended234", terminal.Exited, &at, &code, 0
	return head, []savedSession{
		{
			Info: info, Order: 6, PID: 4711, Ptmx: 9, Killing: true, Reaped: true, Code: &code, Signal: "SIGHUP", Driven: true,
			Start: 1_000_000, Output: []byte("hello\x1b[31m\r\n"), Typed: []byte("exit\r"), Screen: []byte("\x00\x00\x00\x01screen"),
		},
		{Info: ended, Order: 7, Output: []byte{}},
	}
}

func write(t testing.TB, head savedHead, sessions []savedSession) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := newStateWriter(&b, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if err := w.session(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStateOfVersion1(t *testing.T) {
	head, sessions := goldenState()
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, write(t, head, sessions), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	gotHead, gotSessions, err := readState(bytes.NewReader(old))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(head, gotHead); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sessions, gotSessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

// What a version to come adds is skipped, and what it changes is refused.
func TestStateOfAnotherVersion(t *testing.T) {
	head, sessions := goldenState()
	var b bytes.Buffer
	w, err := newStateWriter(&b, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { return w.record(4000, []byte("of the head")) },
		func() error { return w.session(sessions[0]) },
		func() error { return w.record(4001, []byte("of the session"), bytes.Repeat([]byte("x"), 100_000)) },
		func() error { return w.session(sessions[1]) },
		w.end,
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	_, got, err := readState(bytes.NewReader(b.Bytes()))
	if diff := cmp.Diff(sessions, got); diff != "" || err != nil {
		t.Errorf("a state with more in it: %v (-want +got):\n%s", err, diff)
	}
	for version, want := range map[byte]string{0: "version 0", 99: "version 99"} {
		other := bytes.Clone(b.Bytes())
		other[len(stateMagic)+3] = version
		if _, _, err := readState(bytes.NewReader(other)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a state of version %d: %v, want it refused with %q", version, err, want)
		}
	}
}

// A state that is cut off or changed anywhere is refused as a whole.
func TestDamagedState(t *testing.T) {
	good := write(t, savedHead{Sessions: 1}, []savedSession{{Output: []byte("some output"), Typed: []byte("typed")}})
	if _, _, err := readState(bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		if _, _, err := readState(bytes.NewReader(good[:i])); err == nil {
			t.Errorf("a state cut off at byte %d is taken", i)
		}
		bad := bytes.Clone(good)
		bad[i] ^= 0x11
		if _, _, err := readState(bytes.NewReader(bad)); err == nil {
			t.Errorf("a state with another byte %d is taken", i)
		}
	}
}

// FuzzState reads bytes that nobody wrote: it neither panics nor takes more
// memory than came.
func FuzzState(f *testing.F) {
	head, sessions := goldenState()
	f.Add(write(f, head, sessions))
	f.Add(write(f, savedHead{}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		head, sessions, err := readState(bytes.NewReader(b))
		if err != nil {
			return
		}
		again := write(t, head, sessions)
		head2, sessions2, err := readState(bytes.NewReader(again))
		if err != nil || !cmp.Equal(head, head2) || len(sessions) != len(sessions2) {
			t.Errorf("a state that was read can't be read when written again: %v", err)
		}
	})
}
