package rpc

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"homie/wire"
)

// readLoop takes frames off the socket. It never waits for a handler, for the
// outbox or for another connection.
func (c *Conn) readLoop(ctx context.Context) error {
	c.ws.SetReadLimit(wire.MaxMessage)
	c.ws.SetPingHandler(func(payload string) error {
		c.extendDeadline()
		c.out.addPong(payload)
		return nil
	})
	c.ws.SetPongHandler(func(payload string) error {
		c.extendDeadline()
		c.ponged(payload)
		return nil
	})
	c.moveDeadline()
	if c.accepted {
		timer := time.AfterFunc(helloTimeout, c.requireHello)
		defer timer.Stop()
	}
	message := &arriving{conn: c}
	for {
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return c.readError(ctx, err)
		}
		c.extendDeadline()
		message.Reader = r
		switch kind {
		case websocket.BinaryMessage:
			err = c.readFrame(message)
		default:
			err = c.readText(ctx, message)
		}
		if err != nil {
			return c.readError(ctx, err)
		}
	}
}

// extendDeadline notes a sign of life. A deadline is a timer of the network
// below, so it is moved only when a part of its time is over.
func (c *Conn) extendDeadline() {
	past := time.Since(c.born) - time.Duration(c.extended.Load())
	if past > c.keepalive.Load().Idle/16 {
		c.moveDeadline()
	}
}

func (c *Conn) moveDeadline() {
	now := time.Now()
	c.extended.Store(int64(now.Sub(c.born)))
	// An error means that the socket is closed, which the next read says.
	_ = c.ws.SetReadDeadline(now.Add(c.keepalive.Load().Idle))
}

// arriving is a message on its way. Each piece of it is a sign of life: a large
// one may take longer than the connection may be idle, on a slow link.
type arriving struct {
	io.Reader
	conn *Conn
}

// Read reads a piece.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err == nil {
		a.conn.extendDeadline()
	}
	return n, err
}

func (c *Conn) requireHello() {
	c.mu.Lock()
	greeted := c.greeted
	c.mu.Unlock()
	if !greeted {
		c.failLater(wire.Errorf(wire.HelloRequired, "no rpc.hello within %s", helloTimeout))
	}
}

// readError turns the end of reading into the reason the connection ended.
func (c *Conn) readError(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errViolation):
		// Run's closer tells the peer before the socket goes.
		c.failLater(err)
		<-ctx.Done()
		return err
	case websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived):
		return errPeerClosed
	case errors.Is(err, websocket.ErrReadLimit):
		return wire.Errorf(wire.TooLarge, "a message is over the limit of %d bytes", wire.MaxMessage).Because(err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: nothing heard for %s", ErrClosed, c.keepalive.Load().Idle)
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

// readFrame takes one binary frame to its stream.
func (c *Conn) readFrame(r io.Reader) error {
	buf := frameBuffer(wire.MaxFrame)[:wire.HeaderSize+wire.MaxFrame]
	n, err := io.ReadFull(r, buf)
	switch {
	case err == nil:
		var one [1]byte
		if extra, _ := r.Read(one[:]); extra > 0 {
			return fmt.Errorf("%w: binary frame over %d bytes", errViolation, wire.MaxFrame)
		}
	case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		return err
	}
	buf = buf[:n]
	f, err := wire.ParseFrame(buf)
	if err != nil {
		recycle(buf)
		return fmt.Errorf("%w: %v", errViolation, err)
	}
	c.mu.Lock()
	s := c.carried[f.Stream]
	if !f.FromOpener {
		s = c.opened[f.Stream]
	}
	c.mu.Unlock()
	if s == nil {
		recycle(buf)
		return nil // late: the stream ended on this side while the frame was under way
	}
	if len(f.Payload) <= smallFrame {
		small := append(frameBuffer(len(f.Payload)), buf...)
		recycle(buf)
		buf, f.Payload = small, small[wire.HeaderSize:]
	}
	return s.receive(f, buf)
}

// readText takes one envelope to where it belongs.
func (c *Conn) readText(ctx context.Context, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var m wire.Message
	if err := decodeStrict(b, &m); err != nil {
		return c.reject(nil, wire.Errorf(wire.ParseError, "not a JSON-RPC 2.0 message: %s", jsonWords(err)))
	}
	isAnswer := m.Method == "" && len(m.ID) > 0 && (len(m.Result) > 0) != (m.Error != nil)
	isCall := m.Method != "" && len(m.Result) == 0 && m.Error == nil
	if m.JSONRPC != wire.Version || (!isAnswer && !isCall) || !validID(m.ID) {
		return c.reject(m.ID, wire.Errorf(wire.InvalidRequest, "not a JSON-RPC 2.0 message"))
	}
	switch {
	case isAnswer:
		c.answered(m)
	case len(m.ID) == 0:
		c.notified(m)
	default:
		c.called(ctx, m)
	}
	return nil
}

// validID reports whether id is absent, a string of sane length, or a whole
// number: what this implementation can use as the key of a call.
func validID(id stdjson.RawMessage) bool {
	if len(id) == 0 {
		return true
	}
	if len(id) > 64 {
		return false
	}
	if id[0] == '"' {
		return true
	}
	_, err := strconv.ParseUint(string(id), 10, 32)
	return err == nil
}

// reject answers an envelope that can't be served. A peer that does not even
// take its error answers is closed.
func (c *Conn) reject(id stdjson.RawMessage, e *wire.Error) error {
	if !validID(id) || len(id) == 0 {
		id = stdjson.RawMessage("null")
	}
	b, err := encodeMessage(wire.Message{ID: id, Error: patient(e)})
	if err != nil {
		return err
	}
	if !c.out.tryText(b) {
		return fmt.Errorf("%w: answers are not read", errTooSlow)
	}
	return nil
}

// answered hands an answer to the call that waits for it; a late or repeated
// one finds nobody and is dropped.
func (c *Conn) answered(m wire.Message) {
	id, err := strconv.ParseUint(string(m.ID), 10, 32)
	if err != nil {
		return
	}
	c.mu.Lock()
	ch := c.calls[uint32(id)]
	delete(c.calls, uint32(id))
	c.mu.Unlock()
	if ch != nil {
		ch <- m // capacity 1, and only one answer gets here
	}
}

// cancelParams names a call that its caller no longer waits for.
type cancelParams struct {
	ID stdjson.RawMessage `json:"id"`
}

// notified takes an event, or the notice that a call is no longer wanted.
func (c *Conn) notified(m wire.Message) {
	if m.Method == cancelMethod {
		var p cancelParams
		if decodeStrict(m.Params, &p) != nil {
			return
		}
		c.mu.Lock()
		cancel := c.serving[string(p.ID)]
		c.mu.Unlock()
		if cancel != nil {
			cancel(wire.Errorf(wire.Canceled, "the caller no longer waits"))
		}
		return
	}
	c.mu.Lock()
	listen := c.listeners[m.Method]
	c.mu.Unlock()
	if listen == nil {
		return
	}
	var e wire.Event
	if decodeLenient(m.Params, &e) == nil {
		listen(e)
	}
}
