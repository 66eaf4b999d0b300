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

// localCaller is the OS user behind a local request: the gateway's own account
// or root, who hold what an owner holds; nobody else gets through.
func localCaller(ctx context.Context) (tsidentity.Caller, *wire.Error) {
	uid, ok := ctx.Value(localUID{}).(int)
	if !ok || (uid != os.Getuid() && uid != 0) {
		return tsidentity.Caller{}, wire.Errorf(wire.Forbidden, "this socket serves the account that Homie's gateway runs as")
	}
	return tsidentity.Caller{
		Class:    tsidentity.ClassLocal,
		LocalUID: uid,
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{
			Role: tsidentity.RoleOwner, Why: "a program of the gateway's own OS account",
		}}},
	}, nil
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
