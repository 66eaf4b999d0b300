//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// TestFreeze stops everything and goes on, as when another program could not be
// put in place: nothing is lost, and viewers were told to come again.
func TestFreeze(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty raw -echo; echo ready; seq 1 300000; head -c 20000 | cksum; exit 4")
	c, done := attach(t, s, 0)
	c.shows(t, "ready\n")
	typed := bytes.Repeat([]byte("0123456789"), 2000)
	c.types(t, string(typed)) // the program does not read yet

	sessions, thaw := m.freeze()
	if err := served(t, done); wire.ReasonOf(err) != wire.Unavailable {
		t.Errorf("Serve = %v, want that it is worth another try", err)
	}
	_, end := s.ring.Bounds()
	if _, err := s.Type(t.Context(), []byte("late")); err != nil {
		t.Errorf("Type while frozen = %v, want it kept", err)
	}
	typedLate := append(bytes.Clone(typed), "late"...)
	if kept := s.typed(); !bytes.HasSuffix(typedLate, kept) || len(kept) < len("late") {
		t.Errorf("%d bytes are kept that the program did not take, want the end of what was typed", len(kept))
	}
	if err := serveFrom(t.Context(), s, newOnlooker(0), 0, false); wire.ReasonOf(err) != wire.Unavailable {
		t.Errorf("Serve while frozen = %v, want that it is worth another try", err)
	}
	for range 100 {
		m.reap()
	}
	if _, now := s.ring.Bounds(); now != end || len(sessions) != 1 {
		t.Errorf("a frozen session printed %d bytes", now-end)
	}
	thaw()
	out := output(t, s)
	if !strings.Contains(out, "300000\n") || !strings.HasSuffix(out, " 20000\n") {
		t.Errorf("the program ended with %q, want all of its input taken", out[max(0, len(out)-100):])
	}
}

// TestFreezeHammer freezes and thaws sessions that are busy with everything.
func TestFreezeHammer(t *testing.T) {
	m := run(t, Config{MaxRunning: 20})
	ctx, cancel := context.WithCancel(t.Context())
	var freezes atomic.Int32
	frozen := make(chan struct{})
	go func() {
		defer close(frozen)
		for ctx.Err() == nil {
			_, thaw := m.freeze()
			thaw()
			freezes.Add(1)
		}
	}()
	var sessions []*Session
	for range 4 {
		var info terminal.Session
		for err := error(errMoving); err != nil; { // it is refused while they move
			info, err = m.Start(terminal.StartParams{Command: []string{"sh", "-c", "stty raw -echo; echo ready; head -c 30000 | cksum; exit 5"}, Cols: 80, Rows: 24}, wire.OnBehalf{})
			if err != nil && wire.ReasonOf(err) != wire.Unavailable {
				t.Fatal(err)
			}
		}
		s, err := m.Get(info.ID)
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	for _, s := range sessions {
		for at := uint64(0); !strings.Contains(kept(s), "ready"); _, at = s.ring.Bounds() {
			if _, err := waitFor(ctx, &s.ring, at); err != nil {
				t.Fatal(err)
			}
		}
		for range 30 {
			if _, err := s.Type(ctx, bytes.Repeat([]byte("x"), 1000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range sessions {
		if out := output(t, s); !strings.HasSuffix(out, " 30000\n") || *s.Info().ExitCode != 5 {
			t.Errorf("a session that froze %d times printed %q", freezes.Load(), out)
		}
	}
	cancel()
	<-frozen
}

// faulty is a program whose output can't be read without a panic, at first.
type faulty struct {
	process
	panics int
}

func (f *faulty) read(sink func([]byte)) error {
	if f.panics > 0 {
		f.panics--
		panic("a bug in what reads the output")
	}
	return f.process.read(sink)
}

// brokenStream is a viewer whose stream panics.
type brokenStream struct{ Stream }

func (brokenStream) Send(context.Context, uint64, []byte) error { panic("a bug in what sends") }

// TestPanicCostsOneSession has one session break, again and again, and others
// go on.
func TestPanicCostsOneSession(t *testing.T) {
	m := run(t, Config{})
	other := begin(t, m, "cat")
	breaking := func(panics int) *Session {
		proc, err := start(program{path: "/bin/cat", argv: []string{"cat"}, dir: "/", cols: 80, rows: 24}, newChildren())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.reserve(); err != nil {
			t.Fatal(err)
		}
		return m.register(&faulty{proc, panics}, terminal.Session{ID: newID(), State: terminal.Running, StartedAt: time.Now()}, func(*Session) {})
	}
	some := breaking(maxFaults - 1)
	c, _ := attach(t, some, 0)
	c.types(t, "hello\n")
	c.shows(t, twice("hello"))
	err := serveFrom(t.Context(), some, brokenStream{newOnlooker(0)}, 0, true)
	if wire.ReasonOf(err) != wire.Internal {
		t.Errorf("Serve that breaks = %v, want internal", err)
	}
	if many := breaking(1000); end(t, many).Signal != "SIGHUP" {
		t.Errorf("a session that can't go on = %+v, want it hung up", many.Info())
	}
	if some.hasEnded() || other.hasEnded() {
		t.Error("other sessions ended, too")
	}
	if errors.Is(err, errMoving) {
		t.Error("a broken view looks like a move")
	}
}

func TestRestoreRing(t *testing.T) {
	for _, start := range []uint64{0, 1, 4096, maxRing - 3, maxRing, 3*maxRing + 17} {
		var r Ring
		r.Restore(start, []byte("hello"))
		if from, to := r.Bounds(); from != start || to != start+5 {
			t.Errorf("Bounds = %d, %d, want %d and 5 more", from, to, start)
		}
		r.Append(bytes.Repeat([]byte("x"), 10_000))
		buf := make([]byte, 6)
		if n, from := r.ReadAt(0, buf); n != 6 || from != start || string(buf) != "hellox" {
			t.Errorf("ReadAt = %q at %d, want what was restored at %d", buf[:n], from, start)
		}
		r.Append(make([]byte, maxRing))
		if from, to := r.Bounds(); to-from != maxRing {
			t.Errorf("the ring keeps %d bytes, want %d", to-from, maxRing)
		}
	}
}
