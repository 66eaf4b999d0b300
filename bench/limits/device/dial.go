package device

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Sizes of a socket's buffers, the same as Homie's: a write is a whole frame.
const (
	ReadBuffer  = 8 << 10
	WriteBuffer = 64<<10 + 64
)

// DialSocket opens a WebSocket to a host of the tailnet, waiting for one that is only
// starting. A refusal by the host itself is an error.
func (d *Device) DialSocket(ctx context.Context, host, path string, header http.Header, protocols ...string) (*websocket.Conn, error) {
	if err := d.Reach(ctx, host); err != nil {
		return nil, err
	}
	dialer := d.dialer(protocols)
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		ws, resp, err := dialer.DialContext(ctx, "wss://"+host+path, header)
		if err == nil {
			return ws, nil
		}
		if resp != nil {
			resp.Body.Close()
			return nil, fmt.Errorf("dialing %s: %w: %s", host, err, resp.Status)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("dialing %s: %w", host, err)
		case <-again.C:
		}
	}
}

func (d *Device) dialer(protocols []string) *websocket.Dialer {
	return &websocket.Dialer{
		Subprotocols: protocols,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := d.Dial(ctx, network, addr)
			if err == nil && d.Far > 0 {
				c = delayed(c, d.Far)
			}
			return c, err
		},
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		ReadBufferSize:  ReadBuffer,
		WriteBufferSize: WriteBuffer,
	}
}
