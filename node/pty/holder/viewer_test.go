//go:build linux || darwin

package holder

import (
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

func TestReattachAtOffset(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty -echo; echo one; read x; echo two; read x; echo three")
	c, _ := attach(t, s, 0)
	c.shows(t, "one\r\n")
	at := uint64(len("one\r\n"))

	again, _ := attach(t, s, at)
	again.types(t, "\n")
	again.shows(t, "two\r\n")
	if got := again.text(); got != "two\r\n" {
		t.Errorf("after attaching at byte %d came %q, want %q", at, got, "two\r\n")
	}
	again.types(t, "\n")
	end(t, s)

	late, done := attach(t, s, at)
	if err := served(t, done); err != nil {
		t.Errorf("Serve of an ended session = %v", err)
	}
	if got := late.text(); got != "two\r\nthree\r\n" {
		t.Errorf("after the end came %q, want the rest", got)
	}
}

func TestAttachSaysWhereItStarts(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "seq", "1", "400000")
	info := end(t, s)
	start, _ := s.ring.Bounds()
	attach := func(offset *uint64) (terminal.Attached, error) {
		return s.Attach(t.Context(), terminal.AttachParams{Offset: offset})
	}

	all, err := attach(nil)
	if err != nil || all.Skipped != 0 || all.Offset != info.Offset {
		t.Errorf("Attach(nil) = %+v, %v, want the screen at %d", all, err, info.Offset)
	}
	if all.Session.Offset != info.Offset {
		t.Errorf("session has %d bytes, want %d", all.Session.Offset, info.Offset)
	}
	if a, err := attach(&start); err != nil || a.Offset != start || a.Skipped != 0 {
		t.Errorf("Attach(%d) = %+v, %v, want all that is kept", start, a, err)
	}
	old := uint64(10)
	if a, err := attach(&old); err != nil || a.Offset != all.Offset || a.Skipped != all.Offset-old {
		t.Errorf("Attach(%d) = %+v, %v, want the screen", old, a, err)
	}
	if a, err := attach(&info.Offset); err != nil || a.Offset != info.Offset || a.Skipped != 0 {
		t.Errorf("Attach at the end = %+v, %v", a, err)
	}
	beyond := info.Offset + 1
	if _, err := attach(&beyond); wire.ReasonOf(err) != wire.InvalidParams {
		t.Errorf("Attach(%d) = %v, want invalid params", beyond, err)
	}
}

func TestTwoViewers(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	a, _ := attach(t, s, 0)
	b, _ := attach(t, s, 0)
	a.types(t, "from a\n")
	b.shows(t, "from a\r\nfrom a\r\n")
	b.types(t, "from b\n")
	a.shows(t, "from b\r\nfrom b\r\n")
	b.shows(t, "from b\r\nfrom b\r\n")
	if n := s.Info().Viewers; n != 2 {
		t.Errorf("viewers = %d, want 2", n)
	}
	if a.text() != b.text() {
		t.Errorf("viewers saw %q and %q, want the same", a.text(), b.text())
	}
}

func TestWatcherTypesNothing(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	watcher := newOnlooker(0)
	serve(t, s, watcher, true)
	writer, _ := attach(t, s, 0)
	watcher.types(t, "ignored\n")
	watcher.types(t, "ignored\n")
	writer.types(t, "typed\n")
	watcher.shows(t, twice("typed"))
	if got := watcher.text(); strings.Contains(got, "ignored") {
		t.Errorf("screen shows %q, want nothing of what a watcher typed", got)
	}
}

func TestViewerLeaves(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	c, done := attach(t, s, 0)
	close(c.keys)
	if err := served(t, done); err != nil {
		t.Errorf("Serve = %v, want nil when the viewer closed its direction", err)
	}
	lost := errors.New("connection lost")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(lost)
	if err := serveFrom(ctx, s, newOnlooker(0), 0, false); !errors.Is(err, lost) {
		t.Errorf("Serve = %v, want the context's cause", err)
	}
	if n := s.Info().Viewers; n != 0 || s.hasEnded() {
		t.Errorf("after the viewers left: %d viewers, ended %v; want the session to go on", n, s.hasEnded())
	}
}

func TestViewerLimit(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "echo ready; exec cat")
	for range maxViewers {
		c, _ := attach(t, s, 0)
		c.shows(t, "ready")
	}
	if _, err := s.Attach(t.Context(), terminal.AttachParams{}); wire.ReasonOf(err) != wire.Busy {
		t.Errorf("Attach of one too many = %v, want busy", err)
	}
	if err := serveFrom(t.Context(), s, newOnlooker(0), 0, true); wire.ReasonOf(err) != wire.Busy {
		t.Errorf("Serve of one too many = %v, want busy", err)
	}
}

// TestDriverMissesNothing has a viewer that is slower than the program, which
// prints many times what the ring keeps.
func TestDriverMissesNothing(t *testing.T) {
	m := run(t, Config{})
	for range 5 {
		s := begin(t, m, "head", "-c", "30000000", "/dev/zero")
		c := newOnlooker(0)
		last, longest := time.Now(), time.Duration(0)
		c.pace = func(p []byte) {
			for range 20 {
				sha256.Sum256(p)
			}
			longest, last = max(longest, time.Since(last)), time.Now()
		}
		done := serve(t, s, c, false)
		if err := served(t, done); err != nil {
			t.Fatal(err)
		}
		if c.gaps == 0 && len(c.seen) == 30_000_000 {
			return
		}
		if longest < holdFor/2 {
			t.Fatalf("driver saw %d bytes with %d gaps, want all 30,000,000", len(c.seen), c.gaps)
		}
		t.Logf("the driver got no processor for %s, in which it may be skipped; once more", longest)
	}
	t.Error("the driver never gets a processor")
}

// TestStalledViewer floods a session whose first viewer, the driver, takes
// nothing: the program ends, memory stays flat, the other viewer is current,
// and the stalled one goes on where the output is.
func TestStalledViewer(t *testing.T) {
	const flood = 60_000_000
	m := run(t, Config{})
	s := shell(t, m, "echo ready; read x; head -c 60000000 /dev/zero; echo done")
	stalled := newOnlooker(0)
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	defer release() // else the end of a test that fails would wait for it
	stalled.pace = func([]byte) { <-goOn }
	stalledDone := serve(t, s, stalled, false)

	var last [4]byte // of what the other viewer saw; it keeps nothing else
	other := newOnlooker(0)
	other.pace = func(p []byte) {
		copy(last[:], p[max(0, len(p)-len(last)):])
		other.mu.Lock()
		other.seen = other.seen[:0]
		other.mu.Unlock()
	}
	otherDone := serve(t, s, other, true)
	before := heap()
	stalled.types(t, "\n")
	info := end(t, s)
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("heap grew by %d bytes in a flood of %d", grown, flood)
	}
	if err := served(t, otherDone); err != nil {
		t.Fatal(err)
	}
	if string(last[:]) != "ne\r\n" || other.next != info.Offset {
		t.Errorf("the other viewer's last bytes are %q at %d, want the end at %d", last, other.next, info.Offset)
	}

	release()
	if err := served(t, stalledDone); err != nil {
		t.Fatal(err)
	}
	if stalled.states == 0 || stalled.next != info.Offset || !strings.Contains(stalled.text(), "done") {
		t.Errorf("stalled viewer was shown %d screens and is at %d, want one and the end at %d", stalled.states, stalled.next, info.Offset)
	}
	if told := stalled.skippedNotes(); told == 0 || told != stalled.skipped {
		t.Errorf("stalled viewer was told of %d bytes skipped, and missed %d", told, stalled.skipped)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestInterruptInFlood types Ctrl-C at a flood that the driver reads slowly.
func TestInterruptInFlood(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "yes")
	c := newOnlooker(0)
	c.pace = func(p []byte) {
		for range 20 {
			sha256.Sum256(p)
		}
	}
	done := serve(t, s, c, false)
	c.shows(t, twice("y"))
	c.types(t, "\x03")
	if info := end(t, s); info.Signal != "SIGINT" {
		t.Errorf("yes ended by %q, want SIGINT", info.Signal)
	}
	if err := served(t, done); err != nil {
		t.Error(err)
	}
}
