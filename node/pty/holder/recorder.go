package holder

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// recorder writes what a session prints to a file. Like the screen it is a
// cursor into the ring, moved by a goroutine that is there only while there is
// something to do, and the ring keeps what it has not taken: see tap.
//
// Everything that the goroutine has taken is written before it rests, so that a
// holder that is killed takes along what was printed in that moment only. The
// file is a valid one up to its last whole line at any time.
type recorder struct {
	s      *Session
	lib    *library
	id     terminal.RecordingID
	by     string
	policy bool
	since  time.Time

	at    atomic.Uint64 // offset after the last byte it took
	seen  atomic.Uint64 // end of the output when it looked last
	size  atomic.Int64  // bytes of the file
	sized atomic.Uint64 // serial number of the size that was noted last
	busy  atomic.Bool   // a goroutine works on it
	moved chan struct{} // capacity 1; tells a waiting reader
	work  sync.WaitGroup
	last  atomic.Pointer[lastWords] // it is to end
	times readTimes
	over  chan struct{} // closed when it records no more

	// of the goroutine that works
	cast *cast
	ends ends

	mu      sync.Mutex
	ended   *time.Time
	why     terminal.RecordingEnd
	endedBy string
	grown   chan struct{} // closed when the file has grown; nil if nobody waits
}

// lastWords say where a recording ends, and why.
type lastWords struct {
	end    uint64 // offset
	why    terminal.RecordingEnd
	by     string
	status *int // of the program, if it has ended
}

// Bounds of a recorder's work.
const (
	// recordLag is how far it may be behind the program, in bytes.
	recordLag = maxRing / 2
	// diskTime is how long a disk may take nothing before the recording is given
	// up, so that the session goes on.
	diskTime = 30 * time.Second
	// stopTime bounds how long somebody waits for a recording to end.
	stopTime = 10 * time.Second
)

func newRecorder(s *Session, lib *library, by string, since time.Time) *recorder {
	return &recorder{
		s: s, lib: lib, by: by, policy: by == "", since: since,
		moved: make(chan struct{}, 1), over: make(chan struct{}),
	}
}

// record starts a recording for by, "" for the machine itself. Without effect
// while there is one. A session that has printed something begins with what its
// screen shows.
func (s *Session) record(lib *library, by string) error {
	if !s.beginning.CompareAndSwap(false, true) {
		return wire.Errorf(wire.Busy, "a recording of session %s is just being started", s.id).After(time.Second)
	}
	defer s.beginning.Store(false)
	if s.hasEnded() {
		return errEnded(s.id)
	}
	if r := s.recorder.Load(); r != nil && !isClosed(r.over) {
		return nil
	}
	r := newRecorder(s, lib, by, time.Now())
	lib.tidy(r.since)
	if err := r.open(); err != nil {
		return err
	}
	s.log.Info("recording begins", "recording", string(r.id), "for", by)
	s.changed(s)
	r.follow()
	if s.hasEnded() { // meanwhile
		s.exitRecording()
	}
	return nil
}

// open makes the file. When that fails, the session tells why.
func (r *recorder) open() error {
	cast, err := r.lib.create(r, r.s.id)
	if err != nil {
		r.busy.Store(true) // for good: there is nothing to write
		r.s.recorder.Store(r)
		r.finish(endOf(err), "")
		return err
	}
	r.cast = cast
	if err := r.begin(); err != nil {
		r.finish(endOf(err), "")
		_ = r.lib.remove(r.id)
		return errNoDisk(err)
	}
	return nil
}

// begin writes how the recording begins, and keeps the output from there on.
func (r *recorder) begin() error {
	s := r.s
	s.mu.Lock()
	info := s.info
	s.mu.Unlock()
	r.at.Store(s.screen.at.Load())
	r.busy.Store(true) // nobody works on it before it is open
	defer r.busy.Store(false)
	s.recorder.Store(r) // from here on the ring keeps what comes after at
	p, ok := s.picture(history)
	if !ok {
		start, end := s.ring.Bounds()
		p.at = s.ring.LineFrom(max(start, end-min(end, tail)))
		p.size = s.sizes.at(p.at)
	}
	if _, end := s.ring.Bounds(); end == 0 {
		p.data = nil // nothing is shown that the recording does not have
	}
	r.at.Store(p.at)
	r.sized.Store(p.size.serial)
	err := r.cast.head(info, p.size.cols, p.size.rows, castNote{
		Session: string(s.id), Account: info.Account, Owner: info.StartedBy, By: r.by, StartedAt: r.since,
	})
	if err == nil {
		err = r.cast.output(0, p.data)
	}
	if err == nil {
		err = r.cast.flush()
	}
	r.size.Store(r.cast.bytes)
	return err
}

// state is what people know of the recorder.
func (r *recorder) state() *terminal.Recorder {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &terminal.Recorder{
		ID: r.id, Since: r.since, By: r.by, Policy: r.policy, Bytes: uint64(r.size.Load()),
		EndedAt: r.ended, Why: r.why, EndedBy: r.endedBy,
	}
}

// tap lets the recorder, if there is one, have what was just read, and waits
// while it is so far behind that the ring would soon lose what it has not taken.
func (s *Session) tap() {
	r := s.recorder.Load()
	if r == nil || isClosed(r.over) {
		return
	}
	_, end := s.ring.Bounds()
	r.times.note(end, time.Now())
	r.follow()
	if end-r.at.Load() <= recordLag {
		return
	}
	patience := time.NewTimer(diskTime)
	defer patience.Stop()
	for end-r.at.Load() > recordLag {
		select {
		case <-r.moved:
			patience.Reset(diskTime)
		case <-r.over:
			return
		case <-patience.C:
			r.finish(terminal.RecordingSlow, "")
			return
		}
	}
}

// stopRecording ends a recording for by, at what is printed by now.
func (s *Session) stopRecording(ctx context.Context, by string) error {
	r := s.recorder.Load()
	if r == nil || isClosed(r.over) {
		return nil
	}
	if r.policy {
		return wire.Errorf(wire.Forbidden, "this machine records all its terminals, so that nobody can stop it; whoever looks after the machine can change that with --record off")
	}
	_, end := s.ring.Bounds()
	r.conclude(ctx, lastWords{end: end, why: terminal.RecordingStopped, by: by})
	return nil
}

// exitRecording ends a recording with its session.
func (s *Session) exitRecording() {
	r := s.recorder.Load()
	if r == nil || isClosed(r.over) {
		return
	}
	s.mu.Lock()
	e := s.exit
	s.mu.Unlock()
	status := 0
	switch {
	case e != nil && e.code != nil:
		status = *e.code
	case e != nil && e.signal != "":
		status = 128 + signalNumber(e.signal)
	}
	_, end := s.ring.Bounds()
	r.conclude(context.Background(), lastWords{end: end, why: terminal.RecordingExited, status: &status})
}

// conclude has the recorder take what is before the end, and waits for that; not
// for ever.
func (r *recorder) conclude(ctx context.Context, last lastWords) {
	r.last.CompareAndSwap(nil, &last)
	r.follow()
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	select {
	case <-r.over:
	case <-ctx.Done():
		r.finish(terminal.RecordingSlow, "")
	}
}

// finish makes this the end of the recording, once. The file is closed by
// whoever writes it.
func (r *recorder) finish(why terminal.RecordingEnd, by string) {
	r.mu.Lock()
	if r.ended != nil {
		r.mu.Unlock()
		return
	}
	now := time.Now()
	r.ended, r.why, r.endedBy = &now, why, by
	close(r.over)
	r.mu.Unlock()
	r.lib.done(r.id)
	r.wakeReaders()
	r.follow() // the file is to be closed
	r.s.log.Info("recording ended", "recording", string(r.id), "why", string(why), "bytes", r.size.Load())
	r.s.changed(r.s)
}

// wakeReaders tells those who follow the file.
func (r *recorder) wakeReaders() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.grown != nil {
		close(r.grown)
		r.grown = nil
	}
}

// grows returns a channel that is closed when the file is longer than size, or
// reports that it will not be.
func (r *recorder) grows(size int64) (grown <-chan struct{}, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size.Load() > size {
		return always, false
	}
	if r.ended != nil {
		return nil, true
	}
	if r.grown == nil {
		r.grown = make(chan struct{})
	}
	return r.grown, false
}
