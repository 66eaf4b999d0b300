package holder

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// Bounds of a session's viewers.
const (
	maxViewers = 64
	// tail is how much a viewer that fell behind the ring still gets to see of
	// what it missed, in bytes: all that is kept would be overrun again.
	tail = 128 << 10
	// holdLag is how far the driver may be behind before it holds the PTY, in
	// bytes. It is small, because what lies between is still to be shown after
	// a Ctrl-C.
	holdLag = 128 << 10
	// holdFor is how long a driver that takes nothing may hold the PTY.
	holdFor = 500 * time.Millisecond
)

// Stream is a viewer's end of the wire. Send waits for the viewer's credit and
// keeps no reference to p. Recv returns what the viewer typed, valid until the
// next call, and io.EOF when the viewer leaves.
type Stream interface {
	Send(ctx context.Context, offset uint64, p []byte) error
	Recv(ctx context.Context) ([]byte, error)
}

// viewer is one attached stream: a cursor into the ring.
type viewer struct {
	watch bool // types nothing
	acted uint64

	end     context.CancelCauseFunc // of the viewer's ctx
	cursor  atomic.Uint64           // offset after the last byte sent
	moved   chan struct{}           // capacity 1; tells a holding reader
	left    chan struct{}           // closed when the viewer has gone
	stalled atomic.Bool             // held too long; until it has caught up
}

// errLeft ends a viewer that closed its direction of the stream.
var errLeft = errors.New("the viewer left")

// Attach says where a viewer's stream starts that wants the output from offset
// on, or as far back as kept for nil. Serve carries the stream.
func (s *Session) Attach(offset *uint64) (terminal.Attached, error) {
	info := s.Info()
	start, end := s.ring.Bounds()
	if info.Viewers >= maxViewers {
		return terminal.Attached{}, wire.Errorf(wire.Busy, "session %s has %d viewers already", s.id, info.Viewers)
	}
	a := terminal.Attached{Session: info, Offset: s.ring.LineFrom(start)}
	if offset == nil {
		return a, nil
	}
	if *offset > end {
		return terminal.Attached{}, wire.Errorf(wire.InvalidParams, "session %s has only %d bytes so far", s.id, end)
	}
	if *offset >= start {
		a.Offset = *offset
	}
	a.Skipped = a.Offset - *offset
	return a, nil
}

// Serve sends the session's output from offset on, and types what the viewer
// sends, or drops it if the viewer only watches. It returns nil when the
// session has ended and everything was sent or when the viewer left, and
// otherwise why the stream can't go on.
func (s *Session) Serve(ctx context.Context, stream Stream, offset uint64, watch bool) (err error) {
	if s.breaks("showing it", func() { err = s.serve(ctx, stream, offset, watch) }) {
		return wire.Errorf(wire.Internal, "this view of session %s broke; the session runs on", s.id)
	}
	return err
}

func (s *Session) serve(ctx context.Context, stream Stream, offset uint64, watch bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	v, err := s.join(watch, offset, cancel)
	if err != nil {
		cancel(err)
		return err
	}
	defer s.leave(v)
	var typing sync.WaitGroup
	defer typing.Wait()
	defer cancel(nil)
	typing.Go(func() {
		err := error(errBroke)
		s.breaks("listening to a viewer", func() { err = s.listen(ctx, v, stream) })
		if err != nil {
			cancel(err)
		}
	})
	if err := s.show(ctx, v, stream); !errors.Is(err, errLeft) {
		return err
	}
	return nil
}

// errBroke ends a viewer whose keys can no longer be taken.
var errBroke = wire.Errorf(wire.Internal, "typing into this session broke; the session runs on")

// show sends output until the session has ended.
func (s *Session) show(ctx context.Context, v *viewer, stream Stream) error {
	for at := v.cursor.Load(); ; {
		more, err := s.ring.Wait(ctx, at)
		if err != nil || !more {
			return err
		}
		if at, err = s.sendSome(ctx, stream, at); err != nil {
			return err
		}
		v.cursor.Store(at)
		if _, end := s.ring.Bounds(); at == end {
			v.stalled.Store(false)
		}
		wake(v.moved)
	}
}

// chunks recycles send buffers: a viewer that waits has none.
var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// sendSome sends the next bytes after at and returns where they end.
func (s *Session) sendSome(ctx context.Context, stream Stream, at uint64) (uint64, error) {
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	n, from := s.ring.ReadAt(at, buf[:])
	for from != at { // overrun
		_, end := s.ring.Bounds()
		at = s.ring.LineFrom(max(from, end-min(end, tail)))
		n, from = s.ring.ReadAt(at, buf[:])
	}
	if n == 0 {
		return at, nil
	}
	return from + uint64(n), stream.Send(ctx, from, buf[:n])
}

// listen types what the viewer sends until it leaves or the session has ended.
func (s *Session) listen(ctx context.Context, v *viewer, stream Stream) error {
	for {
		p, err := stream.Recv(ctx)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return errLeft
		default:
			s.keepUnread(ctx, v, stream)
			return err
		}
		if v.watch {
			continue
		}
		s.drives(v)
		if err := s.Type(ctx, p); err != nil {
			if wire.ReasonOf(err) == wire.Conflict {
				return nil // the rest of the output says why
			}
			return err
		}
	}
}

func (s *Session) join(watch bool, offset uint64, end context.CancelCauseFunc) (*viewer, error) {
	v := &viewer{watch: watch, end: end, moved: make(chan struct{}, 1), left: make(chan struct{})}
	v.cursor.Store(offset)
	s.mu.Lock()
	if isClosed(s.moving) {
		s.mu.Unlock()
		return nil, errMoving
	}
	if len(s.viewers) >= maxViewers {
		s.mu.Unlock()
		return nil, wire.Errorf(wire.Busy, "session %s has %d viewers already", s.id, maxViewers)
	}
	s.viewers[v] = struct{}{}
	s.acts++
	v.acted = s.acts
	s.chooseDriverLocked()
	if !watch && !isClosed(s.back) {
		close(s.back)
	}
	s.mu.Unlock()
	s.changed(s)
	return v, nil
}

func (s *Session) leave(v *viewer) {
	s.mu.Lock()
	delete(s.viewers, v)
	s.chooseDriverLocked()
	s.mu.Unlock()
	close(v.left)
	s.changed(s)
}

// drives makes v the driver because it types.
func (s *Session) drives(v *viewer) {
	if s.driver.Load() == v {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts++
	v.acted = s.acts
	s.chooseDriverLocked()
}

// chooseDriverLocked makes the viewer the driver that typed or came last.
func (s *Session) chooseDriverLocked() {
	var last *viewer
	for v := range s.viewers {
		if !v.watch && (last == nil || v.acted > last.acted) {
			last = v
		}
	}
	s.driver.Store(last)
}

// hold waits while the driver is too far behind, so that a person sees all of
// what they started. It is bounded: a driver that takes nothing for a while
// holds nobody up, and is skipped like the others, until it has caught up.
func (s *Session) hold() {
	v := s.driver.Load()
	if v == nil || v.stalled.Load() || s.lag(v) <= holdLag {
		return
	}
	patience := time.NewTimer(holdFor)
	defer patience.Stop()
	for s.driver.Load() == v && s.lag(v) > holdLag {
		select {
		case <-v.moved:
			patience.Reset(holdFor)
		case <-patience.C:
			v.stalled.Store(true)
			return
		case <-v.left:
			return
		case <-s.killed:
			return
		}
	}
}

func (s *Session) lag(v *viewer) uint64 {
	_, end := s.ring.Bounds()
	return end - min(end, v.cursor.Load())
}

// wake makes the one who waits on c look again.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
