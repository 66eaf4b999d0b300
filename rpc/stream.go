package rpc

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// Stream is one side of a two-way flow of bytes beside a call. Both directions
// have credit: a sender waits until the receiver has room, so neither side
// queues more than the window.
//
// One goroutine may send while another receives. A Stream ends when both sides
// said so, when either closes it with an error, or with its connection.
type Stream struct {
	conn   *Conn
	id     wire.StreamID
	opener bool // this side made the call
	done   chan struct{}

	// guarded by conn.mu
	guard  func(tsidentity.Caller) error // see Guard
	cancel context.CancelCauseFunc       // of the pump's context
	cause  error                         // why done is closed

	out outgoing // guarded by conn.out.mu

	in incoming
}

// outgoing is the sending direction, guarded by the outbox's mutex.
type outgoing struct {
	frames     queue[outFrame] // consecutive, within credit
	sent       uint64          // payload bytes queued or sent
	limit      uint64          // payload bytes the peer allows in all
	next       uint64          // offset after the last byte queued
	ready      bool            // in outbox.ready
	credit     uint64          // payload bytes this side allows the peer in all
	creditDue  bool
	ending     bool // nothing more will be queued
	endPayload []byte
	endSent    bool
}

// outFrame is an encoded frame with a payload.
type outFrame struct {
	buf  []byte // header and payload
	end  uint64 // offset after its last byte
	data bool   // the source's own bytes, which others may join
}

func (f outFrame) size() int { return len(f.buf) - wire.HeaderSize }

// incoming is the receiving direction.
type incoming struct {
	mu       sync.Mutex
	frames   queue[Chunk]
	received uint64        // payload bytes
	allowed  uint64        // payload bytes granted
	consumed uint64        // payload bytes that the reader is done with
	next     uint64        // smallest offset that the next frame may have
	ended    error         // io.EOF after an orderly End
	arrived  chan struct{} // capacity 1
	relay    *Stream       // frames go there instead of to a reader
	unwanted bool          // bytes are dropped, see Drop
	lent     Chunk         // that the reader holds
	window   Window        // of the reader
	beyond   time.Duration // see Beyond
}

// Chunk is a piece of a stream as it arrived. Data is valid until the next
// Recv on the stream.
type Chunk struct {
	Kind   wire.Kind // wire.Data, wire.State or wire.Note
	Last   bool      // the final piece of a State
	Offset uint64
	Data   []byte

	buf []byte
}

func newStream(c *Conn, id wire.StreamID, opener bool) *Stream {
	return &Stream{
		conn: c, id: id, opener: opener, done: make(chan struct{}),
		out: outgoing{limit: wire.Window, credit: wire.Window},
		in:  incoming{allowed: wire.Window, arrived: make(chan struct{}, 1)},
	}
}

// Done is closed when the stream has ended.
func (s *Stream) Done() <-chan struct{} { return s.done }

// Err says why the stream ended: nil while it has not, io.EOF for an orderly
// end, the peer's error, or ErrClosed with its connection.
func (s *Stream) Err() error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.cause
}

// Guard adds a check of the caller's rights to the stream. It runs every second
// with the caller of that moment, after the method's own capability; an error
// closes the stream and is shown to the caller.
func (s *Stream) Guard(check func(tsidentity.Caller) error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.guard = check
}

// Send queues p, whose first byte has the given offset in the source, and waits
// for credit and for room. It keeps no reference to p. Offsets never go back; a
// larger one than expected tells the receiver that bytes were skipped. After the
// stream has ended it returns why, as Err does.
func (s *Stream) Send(ctx context.Context, offset uint64, p []byte) error {
	return s.whyEnded(s.send(ctx, len(p), func(at, n int) {
		s.queueLocked(offset+uint64(at), p[at:at+n])
	}))
}

// whyEnded puts the reason for which the stream has ended in the place of
// errEnded.
func (s *Stream) whyEnded(err error) error {
	if errors.Is(err, errEnded) {
		if cause := s.Err(); cause != nil {
			return cause
		}
	}
	return err
}

// send waits for credit and room for size payload bytes, piece by piece, and
// has each queued, with the outbox locked: n bytes from at on.
func (s *Stream) send(ctx context.Context, size int, queueLocked func(at, n int)) error {
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for at := 0; at < size; {
		n, err := s.roomLocked(ctx, size-at)
		if err != nil {
			return err
		}
		queueLocked(at, n)
		at += n
	}
	return nil
}

// roomLocked waits until something can be sent and returns how much, up to n.
func (s *Stream) roomLocked(ctx context.Context, n int) (int, error) {
	o := s.conn.out
	for {
		if err := s.sendableLocked(); err != nil {
			return 0, err
		}
		fits := min(n, wire.MaxFrame, int(s.out.limit-s.out.sent))
		if fits > 0 && (o.dataBytes == 0 || o.dataBytes+fits <= maxDataBytes) {
			return fits, nil
		}
		if err := o.waitLocked(ctx, s.done); err != nil {
			return 0, err
		}
	}
}

func (s *Stream) sendableLocked() error {
	if s.conn.out.err != nil {
		return s.conn.out.err
	}
	select {
	case <-s.done:
		return errEnded
	default:
	}
	if s.out.ending {
		return errEnded
	}
	return nil
}

// errEnded is returned by Send after CloseSend.
var errEnded = errors.New("rpc: send on a stream that was ended")

// queueLocked adds payload to the last queued frame if it continues it and
// fits, else as a frame of its own: under load small writes travel together.
func (s *Stream) queueLocked(offset uint64, p []byte) {
	room := len(p)
	if last := s.out.frames.last(); last != nil && last.end == offset {
		if last.data && last.size()+len(p) <= cap(last.buf)-wire.HeaderSize {
			last.buf = append(last.buf, p...)
			last.end = offset + uint64(len(p))
			s.sentLocked(len(p), last.end)
			return
		}
		room = wire.MaxFrame // a queue builds up: the next writes join this frame
	}
	f := wire.Frame{Kind: wire.Data, FromOpener: s.opener, Stream: s.id, Offset: offset, Payload: p}
	s.pushLocked(outFrame{buf: f.Append(frameBuffer(room)), end: offset + uint64(len(p)), data: true})
}

// pushLocked queues a frame of its own.
func (s *Stream) pushLocked(f outFrame) {
	s.out.frames.push(f)
	s.sentLocked(f.size(), f.end)
	s.conn.out.readyLocked(s)
}

// sentLocked accounts for n payload bytes that were queued.
func (s *Stream) sentLocked(n int, next uint64) {
	s.out.sent += uint64(n)
	s.out.next = next
	s.conn.out.dataBytes += n
}

// header returns an encoded frame without payload.
func (s *Stream) header(k wire.Kind, offset uint64) []byte {
	f := wire.Frame{Kind: k, FromOpener: s.opener, Stream: s.id, Offset: offset}
	return f.Append(make([]byte, 0, wire.HeaderSize))
}

// Drop forgets what arrives on the stream, from now on and what has arrived
// unread. Credit and the end still count. For a receiver to whom nothing may be
// said.
func (s *Stream) Drop() {
	s.in.mu.Lock()
	s.in.unwanted = true
	for _, c := range s.in.frames.all() {
		recycle(c.buf)
	}
	s.in.frames.drop()
	s.in.mu.Unlock()
	s.regrant()
}

// regrant lets the peer of a stream that drops go on sending.
func (s *Stream) regrant() {
	s.in.mu.Lock()
	received := s.in.received
	low := s.in.unwanted && s.in.allowed-received <= wire.Window/2
	s.in.mu.Unlock()
	if low {
		s.allow(received + wire.Window)
	}
}

// Recv returns the next chunk and grants the peer credit for the ones before.
// It returns io.EOF after the peer's orderly end, and the peer's error if it
// closed the stream with one.
func (s *Stream) Recv(ctx context.Context) (Chunk, error) {
	for {
		if c, ok, err := s.take(); ok || err != nil {
			return c, err
		}
		select {
		case <-s.in.arrived:
		case <-ctx.Done():
			return Chunk{}, context.Cause(ctx)
		case <-s.done:
			// Frames that came before the end are still to be read.
			if c, ok, err := s.take(); ok || err != nil {
				return c, err
			}
			return Chunk{}, s.Err()
		}
	}
}

func (s *Stream) take() (c Chunk, ok bool, err error) {
	s.in.mu.Lock()
	want, due := s.usedLocked()
	if ok = s.in.frames.len() > 0; ok {
		c = s.in.frames.pop()
		s.in.lent = c
	} else {
		err = s.in.ended
	}
	s.in.mu.Unlock()
	if due {
		s.allow(want)
	}
	return c, ok, err
}

// usedLocked takes back the chunk that the reader had, and says how much the peer
// should be allowed to send in all, if it is time to say so: early enough that
// the peer, some hops away, need not stop meanwhile.
func (s *Stream) usedLocked() (want uint64, due bool) {
	n := len(s.in.lent.Data)
	if n == 0 {
		return 0, false
	}
	recycle(s.in.lent.buf)
	s.in.lent = Chunk{}
	s.in.consumed += uint64(n)
	trip := s.roundTripLocked()
	s.in.window.Used(n, time.Now(), trip)
	size := s.in.window.Size(trip)
	return s.in.consumed + size, s.in.allowed+s.in.window.Step(trip) <= s.in.consumed+size
}

// roundTripLocked is the time from credit to what it allows.
func (s *Stream) roundTripLocked() time.Duration {
	trip := s.conn.RoundTrip()
	if trip == 0 {
		return 0
	}
	return trip + s.in.beyond
}

// Beyond says how much longer than the connection's a round trip is on this
// stream, because the other side passes it on.
func (s *Stream) Beyond(more time.Duration) {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	s.in.beyond = max(0, min(more, longestTrip))
}

// allow lets the peer send total payload bytes, counted from the start.
func (s *Stream) allow(total uint64) {
	s.in.mu.Lock()
	total = min(total, s.in.received+wire.MaxWindow)
	s.in.allowed = max(s.in.allowed, total)
	s.in.mu.Unlock()
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.creditLocked(s, total)
}

// CloseSend ends this side's direction in an orderly way, after what is queued.
func (s *Stream) CloseSend() {
	s.end(nil)
	s.finishIfEnded()
}

// Close ends the stream in both directions. With an error the peer is told its
// code and message; with nil it is an orderly end after what is queued.
func (s *Stream) Close(err error) {
	if err == nil {
		s.end(nil)
		s.finish(io.EOF)
		return
	}
	s.end(endPayload(err))
	s.finish(err)
}

// endPayload tells the peer why a stream ends.
func endPayload(err error) []byte {
	payload, encErr := encode(asWire(err))
	if encErr != nil {
		return nil // an end without words is better than none
	}
	return payload
}

// end queues an End frame once. With a payload it overtakes queued data.
func (s *Stream) end(payload []byte) {
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.out.ending {
		return
	}
	s.out.ending = true
	s.out.endPayload = payload
	if len(payload) > 0 {
		for _, f := range s.out.frames.all() {
			o.dataBytes -= f.size()
		}
		s.out.frames.drop()
		o.freedLocked()
	}
	o.readyLocked(s)
}

// finishIfEnded releases the stream once both directions have ended.
func (s *Stream) finishIfEnded() {
	s.in.mu.Lock()
	cause := s.in.ended
	s.in.mu.Unlock()
	s.conn.out.mu.Lock()
	ending := s.out.ending
	s.conn.out.mu.Unlock()
	if cause != nil && ending {
		s.finish(cause)
	}
}

// finish releases the stream's id and whoever waits on it; the first cause stays.
func (s *Stream) finish(cause error) {
	s.conn.forget(s, cause)
	s.conn.out.mu.Lock()
	s.conn.out.freedLocked()
	s.conn.out.mu.Unlock()
}
