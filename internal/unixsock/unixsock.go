// Package unixsock opens unix sockets that serve one OS account, and says who
// is at the other end of their connections.
//
// Two things keep others out: the socket is 0600, in a directory that should be
// 0700, and a server asks for each connection's user with Peer and MayUse. It
// knows no protocol.
package unixsock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"

	"github.com/tailscale/peercred"
)

// MaxPath is how long the name of a socket may be, in bytes: less on macOS than
// elsewhere.
const MaxPath = 103

// Listen opens a socket with mode 0600. A socket that is there is taken for a
// dead one and removed: the caller holds a lock that says so.
func Listen(ctx context.Context, path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing an old socket: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening a local socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("closing a local socket to others: %w", err)
	}
	return ln.(*net.UnixListener), nil
}

// Peer returns the OS user at the other end of a connection, -1 if the system
// does not say.
func Peer(c net.Conn) int {
	cred, err := peercred.Get(c)
	if err != nil {
		return -1
	}
	s, ok := cred.UserID()
	if !ok {
		return -1
	}
	uid, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return uid
}

// KnowsPeers reports whether this system says who is at the other end of a unix
// socket. Windows does not, and has no file modes that would keep others out; a
// named pipe with an access list would be the way there.
func KnowsPeers() bool {
	_, err := peercred.Get(nil)
	return !errors.Is(err, peercred.ErrNotImplemented)
}

// MayUse reports whether a user may use the socket of an account: that account,
// and root. A negative uid is that of nobody known, on either side: on Windows,
// every program's.
func MayUse(uid, own int) bool { return uid >= 0 && (uid == own || uid == 0) }
