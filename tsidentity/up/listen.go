package up

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of the connections that a listener has open. One whose peer reads
// nothing costs a third of a megabyte, and nothing else bounds their number:
// they are there before it is known who calls. A browser opens six.
const (
	maxConns        = 2048
	maxConnsPerPeer = 96
)

// Bounds of how fast one peer opens connections. Each costs a handshake: of
// WireGuard's none, of TLS one signature.
const (
	newConnsPerSecond = 50
	newConnsBurst     = 200
	// maxPeers is how many peers without a connection are remembered.
	maxPeers = 4096
)

// Listen accepts connections from the tailnet, and from nowhere else. A peer
// that has too many open, or opens them too fast, is hung up on.
func (d *Device) Listen(network, addr string) (net.Listener, error) {
	ln, err := d.server.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	return bounded(ln, d.log), nil
}

// boundedListener counts the connections of each peer.
type boundedListener struct {
	net.Listener
	log *slog.Logger
	say rate.Sometimes

	mu     sync.Mutex
	all    int
	byPeer map[netip.Addr]*peer
}

// peer is what is remembered of one address.
type peer struct {
	open int
	rate rate.Limiter
}

func bounded(ln net.Listener, log *slog.Logger) net.Listener {
	return &boundedListener{Listener: ln, log: log, say: rate.Sometimes{Interval: time.Minute}, byPeer: map[netip.Addr]*peer{}}
}

// Accept returns the next connection of a peer that may have one more.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := peerOf(c)
		if l.enter(peer) {
			return &boundedConn{Conn: c, leave: sync.OnceFunc(func() { l.leave(peer) })}, nil
		}
		l.say.Do(func() {
			l.log.Warn("a device has too many connections open, or opens them too fast; more are refused", "addr", peer)
		})
		_ = c.Close() // nobody is there to be told
	}
}

func (l *boundedListener) enter(addr netip.Addr) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.byPeer[addr]
	if p == nil {
		l.forgetLocked(now)
		p = &peer{rate: *rate.NewLimiter(newConnsPerSecond, newConnsBurst)}
		l.byPeer[addr] = p
	}
	if l.all >= maxConns || p.open >= maxConnsPerPeer || !p.rate.AllowN(now, 1) {
		return false
	}
	l.all++
	p.open++
	return true
}

func (l *boundedListener) leave(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	l.byPeer[addr].open-- // it is there as long as it has one open
}

// forgetLocked makes room for one more peer: those without a connection go, the
// ones that may open a burst of them anyway, or all if that is not enough.
func (l *boundedListener) forgetLocked(now time.Time) {
	if len(l.byPeer) < maxPeers {
		return
	}
	for _, enough := range []float64{newConnsBurst, 0} {
		for addr, p := range l.byPeer {
			if p.open == 0 && p.rate.TokensAt(now) >= enough {
				delete(l.byPeer, addr)
			}
		}
		if len(l.byPeer) < maxPeers {
			return
		}
	}
}

// boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *boundedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

func peerOf(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // all of unknown origin share one bound
	}
	return ap.Addr().Unmap()
}
