package main

import (
	"context"
	"fmt"

	"github.com/gorilla/websocket"
)

// relayed is a terminal behind the relay.
type relayed struct {
	ws  *websocket.Conn
	buf []byte
}

func (v *viewer) openRelay(ctx context.Context, command []string) (openTerminal, error) {
	ws, err := v.device.DialSocket(ctx, v.relay, "/view", nil)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = ws.Close() }) // ends what waits for the other side
	if err := ws.WriteJSON(command); err != nil {
		_ = ws.Close()
		return nil, fmt.Errorf("asking for a terminal: %w", err)
	}
	return &relayed{ws: ws, buf: make([]byte, maxMessage)}, nil
}

// Type sends a message.
func (r *relayed) Type(p []byte) error { return r.ws.WriteMessage(websocket.BinaryMessage, p) }

// Read receives one.
func (r *relayed) Read() ([]byte, error) {
	_, n, err := receive(r.ws, r.buf)
	return r.buf[:n], err
}

// Close hangs up.
func (r *relayed) Close() { _ = r.ws.Close() }
