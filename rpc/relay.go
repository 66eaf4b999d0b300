package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"homie/wire"
)

// Relay joins two streams of different connections: what arrives on one is sent
// on the other as it came, credit included, so that the two ends regulate each
// other and nothing is queued here beyond what the receiver has room for.
//
// It returns when either side has ended: nil after an orderly end, else why.
// The caller still owns a; b is closed.
func Relay(ctx context.Context, a, b *Stream) error {
	a.relayTo(b)
	b.relayTo(a)
	var cause error
	select {
	case <-a.Done():
		cause = a.Err()
	case <-b.Done():
		cause = b.Err()
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}
	if errors.Is(cause, io.EOF) {
		cause = nil
	}
	b.Close(cause)
	return cause
}

// relayTo makes dst the receiver of what arrives for s, from the first byte.
func (s *Stream) relayTo(dst *Stream) {
	s.in.mu.Lock()
	s.in.relay = dst
	for _, c := range s.in.frames.all() {
		// There is room: no more are queued here than may be there.
		dst.forward(wire.Frame{Kind: c.Kind, Last: c.Last, Offset: c.Offset, Payload: c.Data}, nil)
	}
	s.in.frames.drop()
	ended := s.in.ended
	s.in.mu.Unlock()

	s.conn.out.mu.Lock()
	limit := s.out.limit
	s.conn.out.mu.Unlock()
	if limit > wire.Window {
		dst.allow(limit)
	}
	switch {
	case ended == nil:
	case errors.Is(ended, io.EOF):
		dst.CloseSend()
	default:
		dst.end(endPayload(ended))
		dst.finishIfEnded()
	}
}

// forward queues a frame that arrived on another connection, without waiting:
// the receiver's credit, which the sender obeys, bounds it. If buf holds the
// frame's own encoding it is sent as it is, with the stream's number put in.
// Empty and scattered frames cost next to no credit, so that their number is
// bounded too: forward reports whether there was room.
func (s *Stream) forward(f wire.Frame, buf []byte) (room bool) {
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || s.out.ending {
		recycle(buf)
		return true // its own end is on the way to the other side
	}
	if o.dataBytes+len(f.Payload) > maxRelayedBytes {
		recycle(buf)
		s.conn.failLater(fmt.Errorf("%w: %d bytes unsent", errTooSlow, o.dataBytes))
		return true
	}
	if s.out.frames.len() >= maxQueuedFrames {
		recycle(buf)
		return false
	}
	data := f.Kind == wire.Data
	if data && (buf == nil || s.out.frames.len() > 0) {
		s.queueLocked(f.Offset, f.Payload)
		recycle(buf)
		return true
	}
	f.FromOpener, f.Stream = s.opener, s.id
	if buf == nil {
		buf = f.Append(frameBuffer(len(f.Payload)))
	}
	f.PutHeader(buf)
	s.pushLocked(outFrame{buf: buf, end: f.Next(), data: data})
	return true
}

// errTooSlow closes a connection whose peer does not read.
var errTooSlow = errors.New("the other side reads too slowly")
