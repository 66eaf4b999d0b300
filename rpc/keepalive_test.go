package rpc_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

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
