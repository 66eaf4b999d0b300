package rpc

import (
	"errors"
	"fmt"
	"io"
	"time"

	"homie/wire"
)

// errViolation closes the connection: the peer does not keep the protocol, and
// nothing it sends from here on can be trusted to mean what it seems.
var errViolation = errors.New("protocol violation")

// receive takes a frame that arrived for s, with ownership of buf. It runs on
// the read loop and does not block.
func (s *Stream) receive(f wire.Frame, buf []byte) error {
	switch f.Kind {
	case wire.Credit:
		recycle(buf)
		s.receiveCredit(f.Offset)
		return nil
	case wire.End:
		defer recycle(buf)
		return s.receiveEnd(f.Payload)
	default:
		return s.receiveData(f, buf)
	}
}

func (s *Stream) receiveCredit(total uint64) {
	s.in.mu.Lock()
	relay := s.in.relay
	s.in.mu.Unlock()
	if relay != nil {
		relay.allow(total)
	}
	o := s.conn.out
	o.mu.Lock()
	defer o.mu.Unlock()
	total = min(total, s.out.sent+wire.MaxWindow)
	if total > s.out.limit {
		s.out.limit = total
		o.freedLocked()
	}
}

func (s *Stream) receiveData(f wire.Frame, buf []byte) error {
	room, err := s.accept(f, buf)
	s.regrant()
	if err == nil && !room {
		// The stream alone: what comes over a relay is not its doing, and others
		// share that connection.
		s.Close(wire.Errorf(wire.Protocol, "more than %d scattered pieces are under way on this stream", maxQueuedFrames))
	}
	return err
}

// accept queues or relays a data frame, unless there is no room for it.
func (s *Stream) accept(f wire.Frame, buf []byte) (room bool, err error) {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	n := uint64(len(f.Payload))
	switch {
	case s.in.ended != nil:
		return false, fmt.Errorf("%w: data after the end of stream %d", errViolation, s.id)
	case s.in.received+n > s.in.allowed:
		return false, fmt.Errorf("%w: data beyond credit on stream %d", errViolation, s.id)
	case f.Offset < s.in.next:
		return false, fmt.Errorf("%w: stream %d went back from byte %d to %d", errViolation, s.id, s.in.next, f.Offset)
	}
	s.in.received += n
	s.in.next = f.Next()
	if s.in.unwanted {
		recycle(buf)
		return true, nil
	}
	if s.in.relay != nil {
		return s.in.relay.forward(f, buf), nil
	}
	if s.in.frames.len() == 0 && s.in.lent.Data == nil {
		s.in.window.Arrived(time.Now(), s.roundTripLocked())
	}
	if !s.joinLocked(f, buf) {
		if s.in.frames.len() == maxQueuedFrames {
			recycle(buf)
			return false, nil
		}
		s.in.frames.push(Chunk{Kind: f.Kind, Last: f.Last, Offset: f.Offset, Data: f.Payload, buf: buf})
	}
	s.arrivedSignal()
	return true, nil
}

// maxQueuedFrames bounds frames that do not continue each other, so that a
// window of one-byte frames can't cost a hundred times what credit accounts for.
const maxQueuedFrames = 2048

// joinLocked adds a small frame to the last unread one if it continues it.
func (s *Stream) joinLocked(f wire.Frame, buf []byte) bool {
	last := s.in.frames.last()
	if last == nil || len(f.Payload) > smallFrame || f.Kind != wire.Data || last.Kind != wire.Data {
		return false
	}
	if last.Offset+uint64(len(last.Data)) != f.Offset || cap(last.buf) > wire.HeaderSize+smallFrame ||
		len(last.Data)+len(f.Payload) > wire.MaxFrame {
		return false
	}
	last.Data = append(last.Data, f.Payload...)
	recycle(buf)
	return true
}

func (s *Stream) receiveEnd(payload []byte) error {
	var cause error = io.EOF
	if len(payload) > 0 {
		e := new(wire.Error)
		if err := decodeLenient(payload, e); err != nil {
			return fmt.Errorf("%w: end of stream %d: %v", errViolation, s.id, err)
		}
		e = foreign(e)
		cause, payload = e, endPayload(e)
	}
	s.in.mu.Lock()
	if s.in.ended == nil {
		s.in.ended = cause
	}
	relay := s.in.relay
	s.in.mu.Unlock()
	s.arrivedSignal()
	if relay != nil {
		relay.end(payload)
		relay.finishIfEnded()
	}
	if len(payload) > 0 {
		s.finish(cause) // before the end, so that whoever sends learns why
		s.end(nil)
		return nil
	}
	s.finishIfEnded()
	return nil
}

func (s *Stream) arrivedSignal() {
	select {
	case s.in.arrived <- struct{}{}:
	default:
	}
}
