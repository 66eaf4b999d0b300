package door

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Peers reports whether the program at the other end of a loopback connection
// may come in: remote is its end, local is ours.
type Peers func(remote, local netip.AddrPort) bool

// OwnAccount admits programs that run under the account of this process. It
// needs Linux's tables of sockets; an error says that they are not there.
func OwnAccount() (Peers, error) {
	if _, err := os.Stat(tables[0]); err != nil {
		return nil, fmt.Errorf("looking up who connects: %w", err)
	}
	me := uint32(os.Getuid())
	return func(remote, local netip.AddrPort) bool {
		uid, err := socketOwner(remote, local) // remote's view of us
		return err == nil && uid == me
	}, nil
}

// tables list the sockets of this network namespace. A program may reach
// 127.0.0.1 from an IPv6 socket, which stands in the second one.
var tables = [2]string{"/proc/net/tcp", "/proc/net/tcp6"}

// errNoSocket means that no living program holds the other end.
var errNoSocket = errors.New("no such socket")

// socketOwner returns the account that owns the socket at own which is
// connected to other.
func socketOwner(own, other netip.AddrPort) (uint32, error) {
	for _, path := range tables {
		f, err := os.Open(path)
		if err != nil {
			continue // a kernel without IPv6 has only one
		}
		uid, err := ownerIn(f, own, other)
		f.Close()
		if !errors.Is(err, errNoSocket) {
			return uid, err
		}
	}
	return 0, errNoSocket
}

// ownerIn reads one table. Only an established socket with an inode counts: the
// kernel lists what a program has already closed as owned by uid 0.
func ownerIn(table io.Reader, own, other netip.AddrPort) (uint32, error) {
	const established = "01"
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		// sl local_address rem_address st queues timer retrnsmt uid timeout inode
		f := strings.Fields(lines.Text())
		if len(f) < 10 || f[3] != established || f[9] == "0" {
			continue
		}
		a, errA := parseAddress(f[1])
		b, errB := parseAddress(f[2])
		if errA != nil || errB != nil || a != own || b != other {
			continue
		}
		uid, err := strconv.ParseUint(f[7], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("reading a socket's owner: %w", err)
		}
		return uint32(uid), nil
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("reading the table of sockets: %w", err)
	}
	return 0, errNoSocket
}

// parseAddress reads "0100007F:1BBD": 32-bit words in the byte order of this
// machine, and a port in plain hexadecimal.
func parseAddress(s string) (netip.AddrPort, error) {
	words, port, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(words)
	if !ok || err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, fmt.Errorf("%q is not a socket address", s)
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is not a socket address", s)
	}
	address, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address.Unmap(), uint16(n)), nil
}

// peerKey holds, in a connection's context, whether its peer may come in.
type peerKey struct{}

// withPeer looks the peer up once for each connection, when its first request
// is there: the connection's own goroutine does it and keeps nobody waiting.
func (d *Door) withPeer(ctx context.Context, c net.Conn) context.Context {
	if d.conf.Peers == nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, sync.OnceValue(func() bool { return admitted(d.conf.Peers, c) }))
}

// ownPeer reports what withPeer found; a door without Peers lets its tickets
// decide.
func ownPeer(ctx context.Context) bool {
	known, ok := ctx.Value(peerKey{}).(func() bool)
	return !ok || known()
}

// admitted asks peers about c.
func admitted(peers Peers, c net.Conn) bool {
	remote, okR := c.RemoteAddr().(*net.TCPAddr)
	local, okL := c.LocalAddr().(*net.TCPAddr)
	return okR && okL && peers(plain(remote), plain(local))
}

func plain(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
