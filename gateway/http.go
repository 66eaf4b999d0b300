package gateway

import (
	"io"
	"net/http"

	"github.com/gorilla/websocket"

	"homie/gateway/frontdoor"
	"homie/gateway/terminal"
	"homie/rpc"
	"homie/tsidentity"
	"homie/webui"
	"homie/wire"
)

// routes is everything that is served on the tailnet, behind the front door.
func (g *Gateway) routes() []frontdoor.Route {
	app := webui.Handler()
	return []frontdoor.Route{
		{Path: wire.Path, Calls: true, Sockets: true, Serve: func(w http.ResponseWriter, req *http.Request, who tsidentity.Caller) {
			serveRPC(g.registry, w, req, who, g.resolver.For(req.RemoteAddr))
		}},
		{Path: wire.FilesPath, Serve: func(w http.ResponseWriter, req *http.Request, who tsidentity.Caller) {
			g.services.terminal.ServeFile(w, req, terminal.Download{Registry: g.registry, Who: who, Identify: g.resolver.For(req.RemoteAddr)})
		}},
		{Path: "/", Documents: true, Serve: func(w http.ResponseWriter, req *http.Request, _ tsidentity.Caller) {
			app.ServeHTTP(w, req)
		}},
	}
}

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
