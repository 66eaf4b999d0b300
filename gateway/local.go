package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tailscale/peercred"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// SocketName is the file in the state directory on which the gateway serves its
// own OS user.
const SocketName = "homie.sock"

// listenLocal opens the socket for programs of the gateway's own OS account:
// mode 0600 in a 0700 directory. Whoever can open it can read the gateway's
// state anyway, so it grants what owning the state grants.
func listenLocal(ctx context.Context, dir string) (net.Listener, error) {
	path := filepath.Join(dir, SocketName)
	// The lock on the store is held: a socket that is there is a dead one.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing an old socket: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening the local socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("closing the local socket to others: %w", err)
	}
	return ln, nil
}

// knowsPeers reports whether this system says who is at the other end of a unix
// socket. Windows does not, and has no file modes that would keep others out; a
// named pipe with an access list would be the way there.
func knowsPeers() bool {
	_, err := peercred.Get(nil)
	return !errors.Is(err, peercred.ErrNotImplemented)
}

type localUID struct{}

// withPeer notes which OS user is at the other end of a local connection.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	uid := -1
	if cred, err := peercred.Get(c); err == nil {
		if s, ok := cred.UserID(); ok {
			if n, err := strconv.Atoi(s); err == nil {
				uid = n
			}
		}
	}
	return context.WithValue(ctx, localUID{}, uid)
}

// mayUseSocket reports whether an OS user holds what an owner holds: the
// gateway's own account, and root. A negative uid is that of nobody known, on
// either side: on Windows, every program's.
func mayUseSocket(uid, own int) bool { return uid >= 0 && (uid == own || uid == 0) }

// localCaller is the OS user behind a local request; nobody gets through who may
// not use the socket.
func localCaller(ctx context.Context) (tsidentity.Caller, *wire.Error) {
	uid, ok := ctx.Value(localUID{}).(int)
	if !ok || !mayUseSocket(uid, os.Getuid()) {
		return tsidentity.Caller{}, wire.Errorf(wire.Forbidden, "this socket serves the account that Homie's gateway runs as")
	}
	return tsidentity.Local(uid), nil
}

// localHandler serves the protocol on the local socket, without the front
// door: no web page reaches a unix socket.
func localHandler(r *rpc.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc(wire.Path, func(w http.ResponseWriter, req *http.Request) {
		who, err := localCaller(req.Context())
		if err != nil {
			refuseLocal(w, err)
			return
		}
		serveRPC(r, w, req, who, func(context.Context) (tsidentity.Caller, error) { return who, nil })
	})
	return mux
}

// refuseLocal answers a program as the front door does.
func refuseLocal(w http.ResponseWriter, e *wire.Error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	// A write error means that the other side is gone.
	_ = json.NewEncoder(w).Encode(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("null"), Error: e})
}
