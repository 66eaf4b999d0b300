package rpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/wire"
)

// A peer that falls silent without a goodbye, as a machine that loses power
// does, is noticed within five seconds.
func TestSilentPeerIsNoticed(t *testing.T) {
	b := newBench(t, rpc.Options{}, flow("flow.echo", echo))
	proxy, cut := newProxy(t, b.URL[len("http://"):])
	b.URL = "http://" + proxy
	c := b.open(t, rpc.Dialer{})
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "node"}); err != nil {
		t.Fatal(err)
	}
	s := open(t, c, "flow.echo")
	cut()
	started := time.Now()
	within(t, "noticing a silent peer", func() {
		if _, err := s.Recv(t.Context()); !errors.Is(err, rpc.ErrClosed) {
			t.Errorf("the stream ended with %v, want ErrClosed", err)
		}
	})
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %s, want at most 5 s", took)
	}
}

// A message that was under way for longer than a connection may be idle ended
// it, though every piece of it had been a sign of life.
func TestSlowMessageIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
		answer := `{"jsonrpc":"2.0","id":1,"result":{}}`
		left := make(chan struct{})
		server := serveOne(t, func(w http.ResponseWriter, req *http.Request) {
			defer close(left)
			ws, err := up.Upgrade(w, req, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.Close()
			if _, _, err := ws.ReadMessage(); err != nil {
				t.Error(err)
				return
			}
			var pings sync.WaitGroup
			pings.Go(func() { _, _ = io.Copy(io.Discard, ws.NetConn()) })
			pieces := []string{"\x81" + string(rune(len(answer)))} // the head of a text frame
			for i, piece := range append(pieces, strings.Split(answer, "")...) {
				if i > 0 {
					time.Sleep(rpc.LinkKeepalive.Idle / 2) // in the bubble's time
				}
				if _, err := io.WriteString(ws.NetConn(), piece); err != nil {
					t.Errorf("the other side hung up: %v", err)
					break
				}
			}
			pings.Wait()
		})
		c, hangUp := carried(t, server)
		if err := c.Call(t.Context(), "job.wait", wire.Nothing{}, nil); err != nil {
			t.Errorf("an answer that came slowly: %v", err)
		}
		hangUp()
		<-left
	})
}

// A connection that had something to send all the time sent no pings. If the
// other side had nothing to say for as long, it ended.
func TestBusyConnectionPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
		left := make(chan struct{})
		server := serveOne(t, func(w http.ResponseWriter, req *http.Request) {
			defer close(left)
			ws, err := up.Upgrade(w, req, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.Close()
			if _, _, err := ws.ReadMessage(); err != nil {
				t.Error(err)
				return
			}
			credit := wire.Frame{Kind: wire.Credit, Stream: 1, Offset: wire.MaxWindow}
			_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
			_ = ws.WriteMessage(websocket.BinaryMessage, credit.Append(nil))
			for {
				time.Sleep(time.Second) // in the bubble's time: a slow link
				if _, _, err := ws.ReadMessage(); err != nil {
					return
				}
			}
		})
		c, hangUp := carried(t, server)
		s, err := c.Open(t.Context(), "flow.far", wire.Nothing{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), 0, make([]byte, wire.MaxWindow)); err != nil {
			t.Errorf("sending for half a minute: %v", err)
		}
		hangUp()
		<-left
	})
}

// carried runs a connection to the server at the other end of a pipe, until
// hangUp.
func carried(t *testing.T, server net.Conn) (c *rpc.Conn, hangUp func()) {
	t.Helper()
	c, err := rpc.Dialer{URL: "http://homie", NetDial: func(context.Context, string, string) (net.Conn, error) {
		return server, nil
	}}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	return c, func() {
		cancel()
		<-ended
	}
}

// newProxy forwards one connection to addr until cut, and then swallows
// everything without closing.
func newProxy(t *testing.T, addr string) (listen string, cut func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	silent := make(chan struct{})
	go func() {
		near, err := ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		t.Cleanup(func() {
			near.Close()
			far.Close()
		})
		pass := func(dst io.Writer, src io.Reader) {
			buf := make([]byte, 32<<10)
			for {
				n, err := src.Read(buf)
				if err != nil {
					return
				}
				select {
				case <-silent:
				default:
					dst.Write(buf[:n])
				}
			}
		}
		go pass(far, near)
		pass(near, far)
	}()
	return ln.Addr().String(), func() { close(silent) }
}
