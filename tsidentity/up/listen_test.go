package up

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
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
	if l := ln.(*boundedListener); l.all != 0 || l.byPeer[netip.MustParseAddr("127.0.0.1")].open != 0 {
		t.Errorf("%d connections of %d peers are counted after all were closed", l.all, len(l.byPeer))
	}
}

// A peer that opened and closed connections as fast as it could made the gateway
// sign handshakes all the time.
func TestPeerOpensConnectionsAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := bounded(nil, slog.New(slog.DiscardHandler)).(*boundedListener)
		flood, other := netip.MustParseAddr("100.64.0.1"), netip.MustParseAddr("100.64.0.2")
		const seconds = 10
		entered := 0
		for range seconds * 1000 {
			time.Sleep(time.Millisecond)
			if l.enter(flood) {
				entered++
				l.leave(flood)
			}
		}
		if most := newConnsBurst + seconds*newConnsPerSecond; entered > most || entered < most-newConnsPerSecond {
			t.Errorf("%d of %d connections were let in, want %d", entered, seconds*1000, most)
		}
		if !l.enter(other) {
			t.Error("another peer was kept out")
		}
		time.Sleep(time.Second)
		if !l.enter(flood) {
			t.Error("the peer stays out after it calmed down")
		}
	})
}

// Peers are not remembered without end, and no one with a connection is
// forgotten.
func TestPeersAreForgotten(t *testing.T) {
	l := bounded(nil, slog.New(slog.DiscardHandler)).(*boundedListener)
	addr := netip.MustParseAddr("100.64.0.1")
	stays := addr
	l.enter(stays)
	for range 3 * maxPeers {
		addr = addr.Next()
		if !l.enter(addr) {
			t.Fatalf("%v was kept out", addr)
		}
		l.leave(addr)
	}
	if len(l.byPeer) > maxPeers {
		t.Errorf("%d peers are remembered, want at most %d", len(l.byPeer), maxPeers)
	}
	l.leave(stays)
	if l.all != 0 {
		t.Errorf("%d connections are counted after all were closed", l.all)
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
