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

// Listen accepts connections from the tailnet, and from nowhere else. A peer
// that has too many open is hung up on.
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
	byPeer map[netip.Addr]int
}

func bounded(ln net.Listener, log *slog.Logger) net.Listener {
	return &boundedListener{Listener: ln, log: log, say: rate.Sometimes{Interval: time.Minute}, byPeer: map[netip.Addr]int{}}
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
		l.say.Do(func() { l.log.Warn("a device has too many connections open; more are refused", "addr", peer) })
		_ = c.Close() // nobody is there to be told
	}
}

func (l *boundedListener) enter(peer netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxConns || l.byPeer[peer] >= maxConnsPerPeer {
		return false
	}
	l.all++
	l.byPeer[peer]++
	return true
}

func (l *boundedListener) leave(peer netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.byPeer[peer]--; l.byPeer[peer] == 0 {
		delete(l.byPeer, peer)
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
