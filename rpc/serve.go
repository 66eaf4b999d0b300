package rpc

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"strconv"

	"homie/tsidentity"
	"homie/wire"
)

// called starts serving a call of the other side, on the read loop: the stream
// of a call must exist before the frames behind it are read.
func (c *Conn) called(ctx context.Context, m wire.Message) {
	key := string(m.ID)
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	var refused *wire.Error
	switch {
	case c.accepted && !c.greeted && m.Method != HelloMethod:
		refused = wire.Errorf(wire.HelloRequired, "the first call on a connection is rpc.hello")
	case c.serving[key] != nil:
		refused = wire.Errorf(wire.InvalidRequest, "call id %s is in use", key)
	case c.busy >= wire.MaxCalls:
		refused = wire.Errorf(wire.Busy, "%d calls are in flight on this connection, the limit", wire.MaxCalls)
	default:
		c.serving[key] = cancel
		c.busy++
	}
	c.mu.Unlock()
	if refused != nil {
		cancel(refused)
		if err := c.reject(m.ID, refused); err != nil {
			c.failLater(err)
		}
		return
	}
	s, refused := c.openCarried(m, cancel)
	if refused != nil {
		c.served(key)
		c.idle()
		cancel(refused)
		if err := c.reject(m.ID, refused); err != nil {
			c.failLater(err)
		}
		return
	}
	c.handlers.Go(func() {
		defer cancel(nil)
		c.handle(ctx, m, key, s)
	})
}

// openCarried makes the stream of a call to a streaming method.
func (c *Conn) openCarried(m wire.Message, cancel context.CancelCauseFunc) (*Stream, *wire.Error) {
	method := c.registry.methods[m.Method]
	if method == nil || !method.Streaming {
		return nil, nil
	}
	id, err := strconv.ParseUint(string(m.ID), 10, 32)
	if err != nil {
		return nil, wire.Errorf(wire.InvalidRequest, "the id of a call that opens a stream must be a number")
	}
	s := newStream(c, wire.StreamID(id), false)
	s.cancel = cancel
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.carried[s.id] != nil {
		return nil, wire.Errorf(wire.InvalidRequest, "stream %d is open", id)
	}
	if most := c.registry.maxStreams(); len(c.carried) >= most {
		return nil, wire.Errorf(wire.Busy, "%d streams are open on this connection, the limit", most)
	}
	c.carried[s.id] = s
	return s, nil
}

// maxStreams bounds the streams that the other side of a connection has open. One
// who calls for others has those of all of them.
func (r *Registry) maxStreams() int {
	if r.opts.TrustMeta {
		return wire.MaxLinkStreams
	}
	return wire.MaxStreams
}

// served frees a call's id, before its answer goes out: the caller may use it
// again as soon as it has read that.
func (c *Conn) served(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.serving, key)
}

// idle takes a call off the count, after its answer has found room.
func (c *Conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
}

// handle runs one call to its answer and, for a stream, to its end.
func (c *Conn) handle(ctx context.Context, m wire.Message, key string, s *Stream) {
	q := c.registry.request(m, true)
	who, pump := c.serveCall(ctx, q, m.ID, key)
	switch {
	case s == nil:
	case pump == nil:
		s.finish(ErrClosed)
	default:
		c.carry(ctx, s, q, who, pump)
	}
}

// serveCall runs one call to its answer, and returns the pump of a stream that
// was granted. That is bounded by MaxStreams, not by MaxCalls.
func (c *Conn) serveCall(ctx context.Context, q request, id stdjson.RawMessage, key string) (tsidentity.Caller, Pump) {
	defer c.idle()
	who, err := c.identify(ctx)
	if err != nil {
		c.served(key)
		c.failLater(err)
		return who, nil
	}
	o, refused := c.registry.serve(ctx, who, q)
	c.served(key)
	// It waits for room: a handler that was canceled is still answered.
	err = c.answer(context.WithoutCancel(ctx), wire.Message{ID: id, Result: o.result, Error: refused})
	if err != nil && !errors.Is(err, ErrClosed) {
		c.log.Debug("answer not sent", "method", q.name, "err", err)
	}
	return who, o.pump
}

// carry runs a stream's pump while the caller may have it.
func (c *Conn) carry(ctx context.Context, s *Stream, q request, who tsidentity.Caller, pump Pump) {
	c.mu.Lock()
	if s.cause == nil {
		c.guards[s] = q.method.Capability
	}
	c.mu.Unlock()
	err := q.method.carry(ctx, s, pump)
	c.log.Debug("stream ended", "method", q.name, "request_id", q.id, "err", err)
	// What the peer, a guard or the connection ended was explained by that.
	if err != nil && (s.Err() == nil || errors.Is(err, errPanic)) {
		err = c.registry.failed(q, who, err)
	}
	s.Close(err)
}
