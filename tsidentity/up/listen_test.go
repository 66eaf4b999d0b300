package up

import (
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"
)

// One device opened connections until the gateway's memory was gone: three
// thousand that read nothing were a gigabyte. It needed no grant for that.
func TestPeerHasAFewConnectionsOnly(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := bounded(inner, slog.New(slog.DiscardHandler))
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-accepted
	})
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	var held []net.Conn
	for range maxConnsPerPeer {
		dial()
		held = append(held, <-accepted)
	}
	extra := dial()
	_ = extra.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := extra.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) || isTimeout(err) {
		t.Errorf("one connection more: %v, want it to be hung up", err)
	}
	for range 2 { // closing twice, as http and TLS do, frees one place
		held[0].Close()
	}
	dial()
	held = append(held, <-accepted)
	for _, c := range held {
		c.Close()
	}
	if l := ln.(*boundedListener); l.all != 0 || len(l.byPeer) != 0 {
		t.Errorf("%d connections of %d peers are counted after all were closed", l.all, len(l.byPeer))
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
