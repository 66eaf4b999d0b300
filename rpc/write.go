package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"homie/wire"
)

// writeLoop sends what is in the outbox, most urgent first, and pings. A ping
// does not wait until the outbox is empty, which on a slow link it may not be for
// long: its pong can be the only thing that arrives meanwhile.
func (c *Conn) writeLoop(ctx context.Context) error {
	pinged := time.Now()
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		wait := time.Until(pinged.Add(c.keepalive.Load().Ping))
		if wait <= 0 {
			if err := c.ws.WriteControl(websocket.PingMessage, c.pingPayload(), time.Now().Add(writeTimeout)); err != nil {
				return fmt.Errorf("%w: pinging: %w", ErrClosed, err)
			}
			pinged = time.Now()
			continue
		}
		if it, ok := c.out.next(); ok {
			if err := c.write(it); err != nil {
				return fmt.Errorf("%w: writing: %w", ErrClosed, err)
			}
			continue
		}
		due.Reset(wait)
		select {
		case <-ctx.Done():
			return nil
		case <-c.out.wake: // perhaps by another pace
		case <-due.C:
		}
	}
}

func (c *Conn) write(it item) error {
	deadline := time.Now().Add(writeTimeout)
	if it.pong != nil {
		return c.ws.WriteControl(websocket.PongMessage, it.pong, deadline)
	}
	if err := c.ws.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if it.text != nil {
		return c.ws.WriteMessage(websocket.TextMessage, it.text)
	}
	defer recycle(it.binary)
	return c.ws.WriteMessage(websocket.BinaryMessage, it.binary)
}

// answer queues the answer to a call, waiting for room. One that is too large
// would end the connection of whoever reads it, and becomes an error.
func (c *Conn) answer(ctx context.Context, m wire.Message) error {
	b, err := encodeMessage(m)
	if err == nil && len(b) > wire.MaxMessage {
		b, err = encodeMessage(wire.Message{ID: m.ID, Error: tooLarge("the answer", len(b))})
	}
	if err != nil {
		return err
	}
	return c.out.addText(ctx, b)
}

// notify queues an event, waiting for room. Whoever can't have one because it
// is too large is told to read a snapshot.
func (c *Conn) notify(ctx context.Context, topic string, e wire.Event) error {
	b, err := encodeEvent(topic, e)
	if err == nil && len(b) > wire.MaxMessage {
		b, err = encodeEvent(topic, wire.Event{Seq: e.Seq, Reset: true})
	}
	if err != nil {
		return err
	}
	return c.out.addText(ctx, b)
}

func encodeEvent(topic string, e wire.Event) ([]byte, error) {
	params, err := encode(e)
	if err != nil {
		return nil, err
	}
	return encodeMessage(wire.Message{Method: topic, Params: params})
}

// tooLarge says that a message is over the limit of one.
func tooLarge(what string, size int) *wire.Error {
	return wire.Errorf(wire.TooLarge, "%s has %d bytes, and a message at most %d; ask for less at once", what, size, wire.MaxMessage)
}

func encodeMessage(m wire.Message) ([]byte, error) {
	m.JSONRPC = wire.Version
	return encode(m)
}
