package gateway

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"

	"homie/internal/localsock"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// SocketName is the file in the state directory on which the gateway serves its
// own OS user.
const SocketName = "homie.sock"

// listenLocal opens the socket for programs of the gateway's own OS account:
// mode 0600 in a 0700 directory, or a pipe for that account alone on Windows.
// Whoever can open it can read the gateway's state anyway, so it grants what
// owning the state grants.
func listenLocal(ctx context.Context, dir string) (net.Listener, error) {
	// The lock on the store is held: a socket that is there is a dead one.
	return localsock.Listen(ctx, filepath.Join(dir, SocketName))
}

type localUID struct{}

// withPeer notes which OS user is at the other end of a local connection.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, localUID{}, localsock.Peer(c))
}

// localCaller is the OS user behind a local request; nobody gets through who may
// not use the socket.
func localCaller(ctx context.Context) (tsidentity.Caller, *wire.Error) {
	uid, ok := ctx.Value(localUID{}).(int)
	if !ok || !localsock.MayUse(uid, localsock.Own()) {
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
