//go:build !windows

package localsock

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

// Listen opens a socket with mode 0600, in a directory that should be 0700. A
// socket that is there is taken for a dead one and removed: the caller holds a
// lock that says so.
func Listen(ctx context.Context, path string) (net.Listener, error) {
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
	return ln, nil
}

// Dial connects to a socket.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// There reports whether there is a socket, dead or alive.
func There(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() == os.ModeSocket
}

// Own is the account that this process runs as, as Peer has it.
func Own() int { return os.Getuid() }

// Peer returns the OS user at the other end of a connection that was accepted,
// Nobody if the system does not say.
func Peer(c net.Conn) int {
	cred, err := peercred.Get(c)
	if err != nil {
		return Nobody
	}
	s, ok := cred.UserID()
	if !ok {
		return Nobody
	}
	uid, err := strconv.Atoi(s)
	if err != nil {
		return Nobody
	}
	return uid
}
