package gateway

import (
	"io"
	"net/http"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// healthz answers that the process serves; it says nothing about the house.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok\n")
}

// serveRPC serves the one path of the protocol.
func serveRPC(r *rpc.Registry, w http.ResponseWriter, req *http.Request, who tsidentity.Caller, identify rpc.Identify) {
	switch {
	case websocket.IsWebSocketUpgrade(req):
		r.ServeSocket(w, req, who, identify)
	case req.Method == http.MethodPost:
		r.ServePost(w, req, who)
	default:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST a JSON-RPC 2.0 call to "+wire.Path+", or open a WebSocket there", http.StatusMethodNotAllowed)
	}
}
