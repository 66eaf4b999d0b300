package rpc

import (
	"context"
	"fmt"

	"homie/wire"
)

// SendState queues a description of the source as it is at offset, for a
// receiver that can't have what came before; the next Send goes on there. It
// waits as Send does and keeps no reference to p, which must not be empty. After
// an error the description is cut off, and the stream must be closed.
func (s *Stream) SendState(ctx context.Context, offset uint64, p []byte) error {
	return s.whyEnded(s.send(ctx, len(p), func(at, n int) {
		f := wire.Frame{
			Kind: wire.State, FromOpener: s.opener, Last: at+n == len(p),
			Stream: s.id, Offset: offset, Payload: p[at : at+n],
		}
		s.pushLocked(outFrame{buf: f.Append(frameBuffer(n)), end: offset})
	}))
}

// SendNote queues a note about the source from offset on, in order with its
// bytes. It waits as Send does and keeps no reference to p, which is a JSON text
// of at most wire.MaxNote bytes.
func (s *Stream) SendNote(ctx context.Context, offset uint64, p []byte) error {
	if len(p) == 0 || len(p) > wire.MaxNote {
		return fmt.Errorf("rpc: a note of %d bytes, want 1 to %d", len(p), wire.MaxNote)
	}
	return s.whyEnded(s.sendNote(ctx, offset, p))
}

func (s *Stream) sendNote(ctx context.Context, offset uint64, p []byte) error {
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		n, err := s.roomLocked(ctx, len(p))
		if err != nil {
			return err
		}
		if n == len(p) {
			break
		}
		if err := o.waitLocked(ctx, s.done); err != nil { // a note is not split
			return err
		}
	}
	f := wire.Frame{Kind: wire.Note, FromOpener: s.opener, Stream: s.id, Offset: offset, Payload: p}
	s.pushLocked(outFrame{buf: f.Append(frameBuffer(len(p))), end: offset})
	return nil
}
