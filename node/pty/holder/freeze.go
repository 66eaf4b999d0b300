package holder

import (
	"context"
	"errors"
	"slices"
	"time"

	"homie/wire"
)

// errMoving ends viewers and refuses calls while the sessions go to another
// program. Trying again is all that is to be done.
var errMoving = wire.Errorf(wire.Unavailable, "this machine's terminals are being taken over by a new version of Homie; they run on, try again at once").
	After(20 * time.Millisecond)

// Times of a session's move.
const (
	pokeEvery = time.Millisecond // a write that is under way is interrupted
	leaveTime = 2 * time.Second  // for viewers to leave
	awaitTime = 2 * time.Second  // for a driver to come back
)

// freeze stops everything in the session that would change what is saved of it:
// nothing more is read from the terminal or written to it, and the viewers have
// left, told to come again. What they typed and the program did not take is
// kept. The session goes on with thaw, which does through work what is left.
func (s *Session) freeze() (thaw func(work func(func()))) {
	resume := s.proc.still()
	s.mu.Lock()
	close(s.moving)
	s.driven = s.driver.Load() != nil
	leaving := make([]*viewer, 0, len(s.viewers))
	for v := range s.viewers {
		leaving = append(leaving, v)
	}
	s.mu.Unlock()
	s.stopTyping()
	for _, v := range leaving {
		v.end(errMoving)
	}
	patience, stop := context.WithTimeout(context.Background(), leaveTime)
	defer stop()
	for _, v := range leaving {
		select {
		case <-v.left:
		case <-patience.Done():
			s.log.Warn("a viewer does not leave; it is left behind")
		}
	}
	return func(work func(func())) { s.thaw(resume, work) }
}

// stopTyping returns when no write is under way and none can begin.
func (s *Session) stopTyping() {
	poke := time.NewTicker(pokeEvery)
	defer poke.Stop()
	for {
		s.proc.interrupt(true)
		select {
		case s.writes <- struct{}{}:
			return
		case <-poke.C:
		}
	}
}

// thaw undoes freeze; work runs what is left to do.
func (s *Session) thaw(resume func(), work func(func())) {
	s.mu.Lock()
	s.moving = make(chan struct{})
	s.mu.Unlock()
	s.proc.interrupt(false)
	resume()
	s.release(work)
}

// release lets people type, after the program was given what it had not taken
// when the session moved. The caller holds writes.
func (s *Session) release(work func(func())) {
	s.mu.Lock()
	p, moving := append(s.rest, s.behind...), s.moving
	s.rest, s.behind = nil, nil
	s.mu.Unlock()
	if len(p) == 0 {
		<-s.writes
		return
	}
	work(func() {
		defer func() { <-s.writes }()
		n, err := s.proc.write(context.Background(), p)
		if err != nil && isClosed(moving) {
			s.keepTyped(p[n:], nil)
		}
	})
}

// keepTyped keeps what the program did not take: the rest of a write that was
// under way, or what was to be written behind it.
func (s *Session) keepTyped(rest, behind []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, rest...)
	s.behind = append(s.behind, behind...)
}

// keepUnread keeps what came from a viewer before it was told to leave.
func (s *Session) keepUnread(ctx context.Context, v *viewer, stream Stream) {
	if !errors.Is(context.Cause(ctx), errMoving) || v.watch {
		return
	}
	for { // ctx has ended: what is there is returned, and nothing waited for
		c, err := stream.Recv(ctx)
		if err != nil {
			return
		}
		if c.Kind != wire.Data {
			continue
		}
		if p := s.take(v, c); s.hears(v, len(p)) {
			s.keepTyped(nil, p)
		}
	}
}

// typed is what the program has still to be given.
func (s *Session) typed() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.rest, s.behind)
}

// await waits for somebody to drive the session again, for a while: whoever
// drove it when it moved misses nothing.
func (s *Session) await() {
	patience := time.NewTimer(awaitTime)
	defer patience.Stop()
	select {
	case <-s.back:
	case <-patience.C:
	case <-s.killed:
	case <-s.reaped: // its last words are few
	}
}
