package rpc_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/wire"
)

// bulk is what is moved in one go, in bytes, and piece is how much of it is sent
// at once.
const (
	bulk  = 16 << 20
	piece = 32 << 10
)

// bounce sends one byte at a time and waits for it to come back.
func bounce(b *testing.B, s *rpc.Stream) {
	var offset uint64
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Send(b.Context(), offset, []byte("x")); err != nil {
			b.Fatal(err)
		}
		offset++
		if _, err := s.Recv(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStreamEcho(b *testing.B) {
	srv := newBench(b, rpc.Options{}, flow("flow.echo", echo))
	bounce(b, open(b, srv.dial(b), "flow.echo"))
}

// BenchmarkEchoRelayed is one byte to the node and back.
func BenchmarkEchoRelayed(b *testing.B) {
	s, _, _ := relayed(b, echo)
	bounce(b, s)
}

func BenchmarkStreamBulk(b *testing.B) {
	srv := newBench(b, rpc.Options{}, flow("flow.sink", func(ctx context.Context, s *rpc.Stream) error {
		for {
			if _, err := s.Recv(ctx); err != nil {
				return nil
			}
		}
	}))
	s := open(b, srv.dial(b), "flow.sink")
	p := make([]byte, piece)
	b.SetBytes(piece)
	b.ReportAllocs()
	var offset uint64
	for b.Loop() {
		if err := s.Send(b.Context(), offset, p); err != nil {
			b.Fatal(err)
		}
		offset += uint64(len(p))
	}
}

// BenchmarkBulkRelayed is output of a node on its way to a client.
func BenchmarkBulkRelayed(b *testing.B) {
	s, _, _ := relayed(b, func(ctx context.Context, s *rpc.Stream) error {
		p := make([]byte, piece)
		for offset := uint64(0); ; offset += piece {
			if err := s.Send(ctx, offset, p); err != nil {
				return err
			}
		}
	})
	b.SetBytes(bulk)
	b.ReportAllocs()
	for b.Loop() {
		for n := 0; n < bulk; {
			c, err := s.Recv(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			n += len(c.Data)
		}
	}
}

// Buffers of the sizes that rpc gives its sockets.
const (
	readSize  = 8 << 10
	writeSize = 64<<10 + 64
)

// socket dials a server that does with each socket what serve says.
func socket(b *testing.B, serve func(*websocket.Conn)) *websocket.Conn {
	b.Helper()
	up := websocket.Upgrader{ReadBufferSize: readSize, WriteBufferSize: writeSize}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err == nil {
			serve(ws)
		}
	}))
	b.Cleanup(srv.Close)
	d := websocket.Dialer{ReadBufferSize: readSize, WriteBufferSize: writeSize}
	ws, _, err := d.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ws.Close() })
	return ws
}

// pass hands on what arrives until one side closes.
func pass(dst, src *websocket.Conn) {
	buf := make([]byte, writeSize)
	for {
		kind, r, err := src.NextReader()
		if err != nil {
			dst.Close()
			return
		}
		n, _ := io.ReadFull(r, buf)
		if dst.WriteMessage(kind, buf[:n]) != nil {
			return
		}
	}
}

// bare is two hops of WebSocket to a far end, and nothing else.
func bare(b *testing.B, far func(*websocket.Conn)) *websocket.Conn {
	end := socket(b, far)
	return socket(b, func(ws *websocket.Conn) {
		go pass(end, ws)
		pass(ws, end)
	})
}

// BenchmarkEchoBare is the limit of BenchmarkEchoRelayed.
func BenchmarkEchoBare(b *testing.B) {
	ws := bare(b, func(ws *websocket.Conn) { pass(ws, ws) })
	buf := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := ws.WriteMessage(websocket.BinaryMessage, []byte("x")); err != nil {
			b.Fatal(err)
		}
		_, r, err := ws.NextReader()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBulkBare is the limit of BenchmarkBulkRelayed.
func BenchmarkBulkBare(b *testing.B) {
	ws := bare(b, func(ws *websocket.Conn) {
		p := make([]byte, piece)
		for ws.WriteMessage(websocket.BinaryMessage, p) == nil {
		}
	})
	buf := make([]byte, writeSize)
	b.SetBytes(bulk)
	b.ReportAllocs()
	for b.Loop() {
		for n := 0; n < bulk; {
			_, r, err := ws.NextReader()
			if err != nil {
				b.Fatal(err)
			}
			m, _ := io.ReadFull(r, buf)
			n += m
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	topic := rpc.Events(ticks)
	srv := newBench(b, rpc.Options{}, topic)
	c := srv.dial(b)
	got := make(chan struct{}, 1)
	b.ReportAllocs()
	_ = rpc.Subscribe(context.Background(), c, ticks, func(tick, wire.Event) { got <- struct{}{} })
	for b.Loop() {
		topic.Publish(tick{N: 1})
		<-got
	}
}
