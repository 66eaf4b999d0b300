package holder

import (
	"context"
	"errors"
	"io"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// maxTypists bounds the viewers of a session whose typing is counted; the one
// that typed longest ago is forgotten.
const maxTypists = 64

// typist is what a session knows of a viewer who typed, over all its streams.
type typist struct {
	taken uint64 // bytes
	last  uint64 // when, in the session's count of acts
}

// takenOf returns how many bytes of a viewer's were taken, nil if it is not
// known.
func (s *Session) takenOf(id string) *uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.typists[id]
	if t == nil {
		return nil
	}
	taken := t.taken
	return &taken
}

// take returns what of a chunk that a viewer typed is new, and counts it as
// taken.
func (s *Session) take(v *viewer, c rpc.Chunk) []byte {
	if v.id == "" {
		return c.Data
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.typists[v.id]
	if t == nil {
		t = s.newTypistLocked(v.id)
		t.taken = c.Offset
	}
	s.acts++
	t.last = s.acts
	p := c.Data
	if c.Offset < t.taken {
		p = p[min(uint64(len(p)), t.taken-c.Offset):]
	}
	t.taken = max(t.taken, c.Offset+uint64(len(c.Data)))
	return p
}

func (s *Session) newTypistLocked(id string) *typist {
	if len(s.typists) >= maxTypists {
		oldest := ""
		for other, t := range s.typists {
			if oldest == "" || t.last < s.typists[oldest].last {
				oldest = other
			}
		}
		delete(s.typists, oldest)
	}
	t := &typist{}
	s.typists[id] = t
	return t
}

// taken is how much was taken of each viewer's.
func (s *Session) taken() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]uint64, len(s.typists))
	for id, t := range s.typists {
		out[id] = t.taken
	}
	return out
}

// untake undoes the counting of n bytes that the program did not take.
func (s *Session) untake(v *viewer, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.typists[v.id]; t != nil {
		t.taken -= uint64(n)
	}
}

// listen types what the viewer sends until it leaves or the session has ended.
func (s *Session) listen(ctx context.Context, v *viewer, stream Stream) error {
	defer s.yield(v)
	for {
		c, err := s.recv(ctx, v, stream)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return errLeft
		default:
			s.keepUnread(ctx, v, stream)
			return err
		}
		if err := s.heed(ctx, v, c); err != nil {
			if wire.ReasonOf(err) == wire.Conflict {
				return nil // the rest of the output says why
			}
			return err
		}
	}
}

// heed does what a viewer sent.
func (s *Session) heed(ctx context.Context, v *viewer, c rpc.Chunk) error {
	switch {
	case c.Kind == wire.Note:
		n, err := terminal.ParseViewerNote(c.Data)
		if err != nil {
			return wire.Errorf(wire.Protocol, "a note that says nothing: %v", err)
		}
		s.noted(v, n)
		return nil
	case v.watch || c.Kind != wire.Data:
		return nil
	}
	p := s.take(v, c)
	if len(p) == 0 {
		return nil
	}
	if !s.hears(v, len(p)) {
		return s.unpaste(ctx, v)
	}
	s.drives(v)
	s.types(v, p)
	n, err := s.typeFor(ctx, v, p)
	if n < len(p) {
		s.untake(v, len(p)-n)
	}
	return err
}
