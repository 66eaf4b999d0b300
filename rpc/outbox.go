package rpc

import (
	"context"
	"sync"

	"homie/wire"
)

// Bounds of what a connection may hold unsent.
const (
	// maxControlBytes bounds queued text frames; whoever adds one waits.
	maxControlBytes = 2 << 20
	// maxDataBytes is the mark at which Stream.Send waits for room.
	maxDataBytes = 512 << 10
	// maxRelayedBytes closes the connection: relayed frames can't wait, as that
	// would stall the other connection for everyone, and their sum is bounded by
	// credit only per stream.
	maxRelayedBytes = 16 << 20
)

// outbox is what waits to be written to one socket, in two lanes. Text frames,
// credit and pongs go first, so that an answer or a Ctrl-C never queues behind
// bulk output; streams with data take turns.
type outbox struct {
	wake chan struct{} // capacity 1; the writer sleeps on it

	mu        sync.Mutex
	err       error // set once, when the connection has ended
	text      queue[[]byte]
	textBytes int
	pong      []byte // payload of the last ping not yet answered
	pongDue   bool
	credits   queue[*Stream] // with a credit frame due, in order of becoming so
	ready     queue[*Stream] // with data or an end due, next turn first
	dataBytes int            // payload queued in all streams
	room      chan struct{}  // closed when room was made; nil if nobody waits
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// fail ends the outbox: everyone who waits gets err.
func (o *outbox) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
		o.text.drop()
		o.credits.drop()
		o.ready.drop()
	}
	o.freedLocked()
}

func (o *outbox) freedLocked() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// waitLocked unlocks, waits until room was made or over is closed, and locks
// again.
func (o *outbox) waitLocked(ctx context.Context, over <-chan struct{}) error {
	if o.room == nil {
		o.room = make(chan struct{})
	}
	room := o.room
	o.mu.Unlock()
	defer o.mu.Lock()
	select {
	case <-room:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// addText queues a text frame, waiting for room.
func (o *outbox) addText(ctx context.Context, b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.err == nil && !o.fitsLocked(b) {
		if err := o.waitLocked(ctx, nil); err != nil {
			return err
		}
	}
	if o.err != nil {
		return o.err
	}
	o.addLocked(b)
	return nil
}

// tryText queues a text frame if there is room now; the read loop uses it.
func (o *outbox) tryText(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || !o.fitsLocked(b) {
		return false
	}
	o.addLocked(b)
	return true
}

// fitsLocked reports whether there is room for b; a single frame always has it.
func (o *outbox) fitsLocked(b []byte) bool {
	return o.textBytes == 0 || o.textBytes+len(b) <= maxControlBytes
}

func (o *outbox) addLocked(b []byte) {
	o.text.push(b)
	o.textBytes += len(b)
	o.signal()
}

// addPong remembers to answer the newest ping.
func (o *outbox) addPong(payload string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pong, o.pongDue = []byte(payload), true
	o.signal()
}

// item is one thing to write.
type item struct {
	text   []byte
	pong   []byte
	binary []byte // recycle after writing
}

// next returns the most urgent thing to write; ok is false if there is none.
func (o *outbox) next() (it item, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.pongDue:
		o.pongDue = false
		return item{pong: o.pong}, true
	case o.credits.len() > 0:
		s := o.credits.pop()
		s.out.creditDue = false
		return item{binary: s.header(wire.Credit, s.out.credit)}, true
	case o.text.len() > 0:
		b := o.text.pop()
		o.textBytes -= len(b)
		o.freedLocked()
		return item{text: b}, true
	case o.ready.len() > 0:
		return o.nextFrameLocked(), true
	}
	return item{}, false
}

// nextFrameLocked takes one frame of the stream whose turn it is.
func (o *outbox) nextFrameLocked() item {
	s := o.ready.pop()
	s.out.ready = false
	if s.out.frames.len() == 0 {
		s.out.endSent = true
		return item{binary: append(s.header(wire.End, s.out.next), s.out.endPayload...)}
	}
	f := s.out.frames.pop()
	o.dataBytes -= f.size()
	o.readyLocked(s)
	o.freedLocked()
	return item{binary: f.buf}
}

// readyLocked gives s a turn if it has something to send.
func (o *outbox) readyLocked(s *Stream) {
	due := s.out.frames.len() > 0 || (s.out.ending && !s.out.endSent)
	if due && !s.out.ready && o.err == nil {
		s.out.ready = true
		o.ready.push(s)
		o.signal()
	}
}

// creditLocked makes a credit frame of s due.
func (o *outbox) creditLocked(s *Stream, total uint64) {
	if total <= s.out.credit {
		return
	}
	s.out.credit = total
	if !s.out.creditDue && o.err == nil {
		s.out.creditDue = true
		o.credits.push(s)
		o.signal()
	}
}
