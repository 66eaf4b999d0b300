package holder

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// Times of a session's end.
const (
	askGrace    = 500 * time.Millisecond // from SIGHUP to taking the terminal away
	hangupGrace = 2 * time.Second        // from SIGHUP to SIGKILL
	killGrace   = 2 * time.Second        // from SIGKILL to giving up on a process
	firstLook   = 5 * time.Millisecond
)

// Session is one program on its own terminal, and what it printed. It stays
// readable after the program ended.
type Session struct {
	id        wire.SessionID
	order     uint64 // of starting, on this node
	proc      process
	uid       *uint32 // of another account than this process's; nil for that one
	awaited   bool    // somebody drove it when it moved here
	ring      Ring
	sizes     sizings
	screen    screen
	recorder  atomic.Pointer[recorder] // the latest one, nil for none
	beginning atomic.Bool              // a recording is being started
	log       *slog.Logger
	changed   func(*Session) // to be called after each change of info

	turn   chan struct{}          // capacity 1; held by whose turn it is to type, also between the pieces of a paste
	writes chan struct{}          // capacity 1; held by who writes to the program
	driver atomic.Pointer[viewer] // who may hold the PTY, nil for nobody
	faults atomic.Int32           // panics in the session's goroutines
	back   chan struct{}          // closed when a driver has come; see await
	reaped chan struct{}          // closed when the program's end is known
	ended  chan struct{}          // closed when info says so too
	killed chan struct{}          // closed when killing is set

	mu      sync.Mutex
	info    terminal.Session // Viewers, People and Offset are filled in by Info
	viewers map[*viewer]struct{}
	acts    uint64        // counts attaching and typing, to say who was last
	killing bool          // End was called
	keep    bool          // the program is to be left unreaped, see End
	moving  chan struct{} // closed while the session may go to another program
	rest    []byte        // typed, but not yet taken by the program; see freeze
	behind  []byte        // what was typed after rest
	driven  bool          // somebody could type when moving was closed
	exit    *ending       // as reaped
	takes   intake        // as the viewers were told
	typists map[string]*typist
	telling *time.Timer // that tells of the session soon, see soonLocked
	toldAt  time.Time   // when it was told of attention last
	typing  typing
	lost    time.Time   // when who has control went away
	clock   *time.Timer // see beatLocked; nil if nothing ever was due
	use     use         // see idle
}

func newSession(info terminal.Session, order uint64, proc process, log *slog.Logger, changed func(*Session)) *Session {
	s := &Session{
		id:      info.ID,
		order:   order,
		proc:    proc,
		log:     log.With("session", string(info.ID)),
		changed: changed,
		turn:    make(chan struct{}, 1),
		writes:  make(chan struct{}, 1),
		back:    make(chan struct{}),
		moving:  make(chan struct{}),
		reaped:  make(chan struct{}),
		ended:   make(chan struct{}),
		killed:  make(chan struct{}),
		info:    info,
		viewers: map[*viewer]struct{}{},
		typists: map[string]*typist{},
	}
	s.sizes.add(0, info.Cols, info.Rows, 0)
	s.screen.start(info.Cols, info.Rows)
	return s
}

// Info describes the session as it is.
func (s *Session) Info() terminal.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := s.info
	info.Viewers = len(s.viewers)
	info.People = s.peopleLocked()
	info.Cwd = s.cwdLocked()
	if r := s.recorder.Load(); r != nil {
		info.Recording = r.state()
	}
	_, info.Offset = s.ring.Bounds()
	return info
}

// Ended is closed when the program has ended and everything it printed is in
// the ring.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// run moves the program's output into the ring until both have ended. A panic
// costs what was being done, not the session.
func (s *Session) run() {
	if s.awaited {
		s.await()
	}
	for s.breaks("moving the output", s.drain) {
		if s.faults.Load() >= maxFaults {
			s.log.Error("a session breaks again and again; its program is hung up")
			s.proc.hangup(false)
			s.proc.close()
			break
		}
	}
	<-s.reaped // a program may close its terminal and go on
	s.proc.close()
	s.finish()
}

// maxFaults is how many panics a session survives.
const maxFaults = 5

// drain reads until there will be no more.
func (s *Session) drain() {
	for {
		if err := s.proc.read(s.ring.Append); err != nil {
			return // io.EOF, or a terminal that can't be read: the program decides
		}
		s.tap()
		s.hold()
		s.holdForScreen()
	}
}

// breaks calls f and reports whether it panicked, which is a bug that must not
// take the other sessions down.
func (s *Session) breaks(what string, f func()) (broke bool) {
	defer func() {
		if p := recover(); p != nil {
			broke = true
			s.faults.Add(1)
			s.log.Error("a session broke and goes on", "doing", what, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
	return false
}

func (s *Session) finish() {
	s.follow()
	s.screen.work.Wait()
	s.exitRecording()
	s.mu.Lock()
	now := time.Now()
	s.info.State = terminal.Exited
	s.info.EndsAt = nil
	s.info.EndedAt = &now
	s.info.ExitCode, s.info.Signal = s.exit.code, s.exit.signal
	s.info.Control = nil
	for _, t := range []*time.Timer{s.clock, s.telling} {
		if t != nil {
			t.Stop()
		}
	}
	s.mu.Unlock()
	s.ring.Close()
	close(s.ended)
	s.exitRecording() // one that began meanwhile
	s.log.Info("session ended", "signal", s.exit.signal, "ran_ms", now.Sub(s.info.StartedAt).Milliseconds())
	s.changed(s)
}

// reap notes the end of the program if it has ended. It does not wait.
func (s *Session) reap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep || s.exit != nil || isClosed(s.moving) {
		return // moving: the next program reaps it
	}
	if exit, ok := s.proc.reap(); ok {
		s.exitLocked(exit)
	}
}

func (s *Session) exitLocked(e ending) {
	s.exit = &e
	s.proc.drain()
	close(s.reaped)
}

// End asks every process of the session to end and ends those that do not
// within a grace. It returns when they have, or could not be ended.
//
// A program may note SIGHUP and still wait for a key: bash does when the signal
// comes just before it reads. So the terminal itself goes next, and with it
// whatever is printed from then on.
//
// The program stays unreaped meanwhile: its process id names the session, and
// must not be given to another one while signals are sent to it.
func (s *Session) End() {
	s.mu.Lock()
	if s.killing || s.exit != nil {
		s.mu.Unlock()
		<-s.ended
		return
	}
	s.killing, s.keep = true, true
	close(s.killed)
	s.mu.Unlock()

	s.proc.hangup(false)
	gone := s.empties(askGrace)
	if !gone {
		s.proc.close()
		gone = s.empties(hangupGrace - askGrace)
	}
	if !gone {
		s.proc.hangup(true)
		gone = s.empties(killGrace)
	}

	s.mu.Lock()
	s.keep = false
	s.mu.Unlock()
	s.reap()
	if gone && !s.reapedWithin(killGrace) { // nothing of it was to be seen, and it is there
		s.proc.hangup(true)
		gone = s.reapedWithin(killGrace)
	}
	if !gone {
		s.abandon()
	}
	<-s.ended
}

// reapedWithin waits until the program's end is known, at most for a time.
func (s *Session) reapedWithin(d time.Duration) bool {
	rest(d, s.reaped)
	return isClosed(s.reaped)
}

// empties waits until no process of the session is left, at most for a time.
// Nothing tells when somebody else's child ends, so it looks, less and less
// often.
func (s *Session) empties(within time.Duration) bool {
	deadline := time.Now().Add(within)
	pause := time.NewTimer(firstLook)
	defer pause.Stop()
	for wait := firstLook; ; {
		<-pause.C
		if s.proc.left() == 0 {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		wait = min(2*wait, max(firstLook, time.Until(deadline)))
		pause.Reset(wait)
	}
}

// abandon ends a session whose program can't be ended, for example because it
// waits for a disk that does not answer.
func (s *Session) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.exit == nil {
		s.log.Warn("a program does not end when killed; its session is given up")
		s.exitLocked(ending{signal: "SIGKILL"})
	}
}

// Resize sets the size of the program's window in character cells, until a
// viewer decides about it again.
func (s *Session) Resize(cols, rows int) error {
	s.mu.Lock()
	err := s.resizeLocked(cols, rows)
	s.mu.Unlock()
	if err == nil {
		s.changed(s)
	}
	return err
}

// resizeLocked is under the lock so that the last one told is the last one set.
func (s *Session) resizeLocked(cols, rows int) error {
	if s.info.State != terminal.Running {
		return errEnded(s.id)
	}
	if s.info.Cols == cols && s.info.Rows == rows {
		return nil
	}
	// Before the program hears of it: what it prints then comes behind.
	start, end := s.ring.Bounds()
	s.sizes.add(end, cols, rows, start)
	if err := s.proc.resize(cols, rows); err != nil {
		s.sizes.add(end, s.info.Cols, s.info.Rows, start)
		return errEnded(s.id).Because(err)
	}
	s.info.Cols, s.info.Rows = cols, rows
	s.tellLocked()
	s.follow()
	if r := s.recorder.Load(); r != nil {
		r.follow()
	}
	return nil
}

// Type writes p to the program as if it were typed. It waits while the program
// does not read, and for ctx, and returns how many bytes were typed or are kept
// to be. Concurrent ones do not mix, nor do they get into a paste.
func (s *Session) Type(ctx context.Context, p []byte) (n int, err error) {
	if kept, err := s.enter(ctx, s.turn, p); kept || err != nil {
		return taken(kept, p), err
	}
	defer func() { <-s.turn }()
	return s.typeNow(ctx, p)
}

// enter waits to hold a place that one has at a time, to type p. If the session
// is moving, p is kept instead, to be typed by the next program.
func (s *Session) enter(ctx context.Context, place chan struct{}, p []byte) (kept bool, err error) {
	s.mu.Lock()
	moving := s.moving
	told := s.usedLocked()
	s.mu.Unlock()
	if told {
		s.changed(s)
	}
	select {
	case place <- struct{}{}:
		return false, nil
	case <-moving:
	case <-ctx.Done():
		if !isClosed(moving) { // which may be what ended ctx
			return false, s.notTyped(0, p, context.Cause(ctx))
		}
	}
	s.keepTyped(nil, p)
	return true, nil
}

// taken is how much counts as typed of what was kept, or not.
func taken(kept bool, p []byte) int {
	if kept {
		return len(p)
	}
	return 0
}

// typeNow is Type for the one whose turn it is.
func (s *Session) typeNow(ctx context.Context, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if kept, err := s.enter(ctx, s.writes, p); kept || err != nil {
		return taken(kept, p), err
	}
	defer func() { <-s.writes }()
	s.mu.Lock()
	moving := s.moving
	s.mu.Unlock()
	n, err = s.proc.write(ctx, p)
	switch {
	case err == nil:
		s.noteIntake() // it may have been changed without a word
		return n, nil
	case isClosed(moving):
		s.keepTyped(p[n:], nil)
		return len(p), nil
	case ctx.Err() != nil:
		return n, s.notTyped(n, p, err)
	}
	return n, errEnded(s.id).Because(err)
}

func (s *Session) notTyped(n int, p []byte, cause error) error {
	return wire.Errorf(wire.Busy, "the program does not read its input; it took %d of %d bytes", n, len(p)).Because(cause)
}

func errEnded(id wire.SessionID) *wire.Error {
	return wire.Errorf(wire.Conflict, "session %s has ended", id)
}

func (s *Session) hasEnded() bool { return isClosed(s.ended) }
func (s *Session) isKilled() bool { return isClosed(s.killed) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// forget makes Removed the session's last state; it must have ended.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info.State = terminal.Removed
}

// endedAt returns when the program ended; it must have.
func (s *Session) endedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.info.EndedAt
}
