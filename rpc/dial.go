package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"homie/wire"
)

// writeBuffers is shared by all connections, so that an idle one holds none.
var writeBuffers sync.Pool

// Dialer opens connections to a gateway.
type Dialer struct {
	// URL is the gateway's, such as https://homie.tailnet.ts.net.
	URL string
	// NetDial replaces the operating system's dialer, for a tailnet device or a
	// unix socket.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
	TLS     *tls.Config
	// Registry serves what the gateway calls on this side; nil serves nothing.
	Registry *Registry
	// Identify says who the gateway is; needed with a Registry.
	Identify Identify
}

const dialTimeout = 10 * time.Second

// Dial opens a connection, which does nothing before Run and Hello.
func (d Dialer) Dial(ctx context.Context) (*Conn, error) {
	if d.Registry == nil {
		var err error
		if d.Registry, err = NewRegistry(Options{}); err != nil {
			return nil, err
		}
	}
	dialer := websocket.Dialer{
		NetDialContext:   d.NetDial,
		TLSClientConfig:  d.TLS,
		HandshakeTimeout: dialTimeout,
		Subprotocols:     []string{wire.Subprotocol},
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &writeBuffers,
	}
	url, err := socketURL(d.URL)
	if err != nil {
		return nil, err
	}
	ws, resp, err := dialer.DialContext(ctx, url, http.Header{"Sec-Homie": {"1"}})
	if err != nil {
		return nil, dialError(d.URL, resp, err)
	}
	if ws.Subprotocol() != wire.Subprotocol {
		ws.Close()
		return nil, fmt.Errorf("%s is no Homie gateway: it does not speak %s", d.URL, wire.Subprotocol)
	}
	c := newConn(ws, d.Registry, d.Identify, d.Registry.opts.Log, false)
	c.SetKeepalive(LinkKeepalive)
	return c, nil
}

// dialError puts a gateway's refusal of the upgrade into the error.
func dialError(url string, resp *http.Response, err error) error {
	if resp == nil {
		return fmt.Errorf("connecting to %s: %w", url, err)
	}
	defer resp.Body.Close()
	body, readErr := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if !errors.Is(err, websocket.ErrBadHandshake) || readErr != nil {
		return fmt.Errorf("connecting to %s: %w", url, err)
	}
	var refused struct {
		Error *wire.Error `json:"error"`
	}
	if decodeLenient(body, &refused) == nil && refused.Error != nil {
		return refused.Error
	}
	return fmt.Errorf("connecting to %s: it answered %s", url, resp.Status)
}

// Hello opens the protocol on a connection that Run carries.
func (c *Conn) Hello(ctx context.Context, client wire.ClientInfo) (wire.HelloResult, error) {
	var r wire.HelloResult
	err := c.Call(ctx, HelloMethod, wire.HelloParams{
		Protocol: wire.Range{Min: wire.ProtocolMin, Max: wire.ProtocolMax},
		Client:   client,
	}, &r)
	return r, err
}
