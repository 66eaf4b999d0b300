package holder

import (
	"bytes"
	"context"
	"errors"
	"time"

	"homie/rpc"
)

// pasteWait is how long the rest of a paste may take to come before others type
// into it.
const pasteWait = time.Second

// What a terminal puts around a paste, for programs that asked for it.
var (
	pasteBegins = []byte("\x1b[200~")
	pasteEnds   = []byte("\x1b[201~")
)

// paste follows what a viewer types, in which a paste may come in pieces that
// end anywhere.
type paste struct {
	open bool   // it has begun and not ended
	end  []byte // of the piece before, shorter than a mark
}

func (p *paste) scan(piece []byte) {
	text := append(p.end, piece...)
	begins, ends := bytes.LastIndex(text, pasteBegins), bytes.LastIndex(text, pasteEnds)
	if begins != ends {
		p.open = begins > ends
	}
	p.end = bytes.Clone(text[max(0, len(text)-len(pasteEnds)+1):])
}

// typeFor types what a viewer sent. From the beginning of a paste to its end it
// is the viewer's turn.
func (s *Session) typeFor(ctx context.Context, v *viewer, p []byte) (int, error) {
	if !v.turn {
		if kept, err := s.enter(ctx, s.turn, p); kept || err != nil {
			return taken(kept, p), err
		}
		v.turn = true
	}
	v.paste.scan(p)
	n, err := s.typeNow(ctx, p)
	if !v.paste.open || err != nil {
		s.yield(v)
	}
	return n, err
}

// yield ends the viewer's turn.
func (s *Session) yield(v *viewer) {
	if v.turn {
		<-s.turn
		v.turn = false
	}
}

// unpaste ends a paste whose rest is not taken, as the program waits for it.
func (s *Session) unpaste(ctx context.Context, v *viewer) error {
	if !v.paste.open {
		return nil
	}
	_, err := s.typeFor(ctx, v, pasteEnds)
	return err
}

var errPasteLate = errors.New("the rest of a paste does not come")

// recv returns what a viewer sends next. In the middle of a paste others wait
// for it, but not for long.
func (s *Session) recv(ctx context.Context, v *viewer, stream Stream) (rpc.Chunk, error) {
	if !v.turn {
		return stream.Recv(ctx)
	}
	soon, cancel := context.WithTimeoutCause(ctx, pasteWait, errPasteLate)
	defer cancel()
	c, err := stream.Recv(soon)
	if errors.Is(err, errPasteLate) {
		s.yield(v)
		return stream.Recv(ctx)
	}
	return c, err
}
