package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"homie/wire"
)

// writeLoop sends what is in the outbox, most urgent first, and pings.
func (c *Conn) writeLoop(ctx context.Context) error {
	pace := c.keepalive.Load()
	ping := time.NewTimer(pace.Ping)
	defer ping.Stop()
	for {
		for {
			it, ok := c.out.next()
			if !ok {
				break
			}
			if err := c.write(it); err != nil {
				return fmt.Errorf("%w: writing: %w", ErrClosed, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.out.wake:
			if k := c.keepalive.Load(); k != pace {
				pace = k
				ping.Reset(pace.Ping)
			}
		case <-ping.C:
			if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)); err != nil {
				return fmt.Errorf("%w: pinging: %w", ErrClosed, err)
			}
			ping.Reset(pace.Ping)
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

// send queues an envelope, waiting for room.
func (c *Conn) send(ctx context.Context, m wire.Message) error {
	b, err := encodeMessage(m)
	if err != nil {
		return err
	}
	return c.out.addText(ctx, b)
}

func (c *Conn) notify(ctx context.Context, topic string, e wire.Event) error {
	params, err := encode(e)
	if err != nil {
		return err
	}
	return c.send(ctx, wire.Message{Method: topic, Params: params})
}

func encodeMessage(m wire.Message) ([]byte, error) {
	m.JSONRPC = wire.Version
	return encode(m)
}
