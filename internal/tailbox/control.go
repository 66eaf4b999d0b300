package tailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"tailscale.com/control/controlhttp/controlhttpserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

const (
	// handshakeTimeout bounds the time until a connection has said what it
	// wants.
	handshakeTimeout = 10 * time.Second
	// maxRequest bounds one request of a device, in bytes.
	maxRequest = 1 << 20
)

// handler serves what is reachable without a machine key: the key exchange,
// the start of the ts2021 protocol, and the ACME stand-in. ctx ends the
// connections that have left HTTP behind.
func (t *Tailnet) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /key", t.serveKey)
	mux.HandleFunc("/ts2021", func(w http.ResponseWriter, r *http.Request) { t.serveNoise(ctx, w, r) })
	mux.HandleFunc("GET "+loginPath+"{id}", t.serveLogin)
	mux.Handle("/acme/", http.StripPrefix("/acme", t.acme))
	return t.counted(mux)
}

// counted makes Run wait for the requests that next has begun.
func (t *Tailnet) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !t.busy.enter() {
			http.Error(w, "the tailnet has ended", http.StatusServiceUnavailable)
			return
		}
		defer t.busy.leave()
		next.ServeHTTP(w, r)
	})
}

func (t *Tailnet) serveKey(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, tailcfg.OverTLSPublicKeyResponse{PublicKey: t.noise.Public()})
}

// serveNoise runs one device's connection: HTTP/2 inside Noise, whose machine
// key says which machine is at the other end.
func (t *Tailnet) serveNoise(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := controlhttpserver.AcceptHTTP(ctx, w, r, t.noise, nil)
	if err != nil {
		t.log.Debug("control connection refused", "err", err)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	inner := &http.Server{Handler: t.counted(t.machineHandler(conn.Peer())), ReadHeaderTimeout: handshakeTimeout}
	new(http2.Server).ServeConn(conn, &http2.ServeConnOpts{Context: ctx, BaseConfig: inner})
}

// machineHandler serves what a machine may ask after it proved its key.
func (t *Tailnet) machineHandler(machine key.MachinePublic) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /machine/register", func(w http.ResponseWriter, r *http.Request) {
		if req, ok := readJSON[tailcfg.RegisterRequest](w, r); ok {
			writeJSON(w, t.register(r.Context(), machine, req))
		}
	})
	mux.HandleFunc("POST /machine/map", func(w http.ResponseWriter, r *http.Request) {
		if req, ok := readJSON[tailcfg.MapRequest](w, r); ok {
			t.serveMap(w, r, machine, req)
		}
	})
	mux.HandleFunc("POST /machine/set-dns", func(w http.ResponseWriter, r *http.Request) {
		if req, ok := readJSON[tailcfg.SetDNSRequest](w, r); ok {
			t.serveSetDNS(w, machine, req)
		}
	})
	mux.HandleFunc("HEAD "+seenPath+"{stream}/{seq}", func(_ http.ResponseWriter, r *http.Request) {
		t.confirm(machine, r.PathValue("stream"), r.PathValue("seq"))
	})
	mux.HandleFunc("POST /machine/update-health", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// serveSetDNS publishes the TXT record of an ACME challenge for the name of
// the device that asks, and no other record.
func (t *Tailnet) serveSetDNS(w http.ResponseWriter, machine key.MachinePublic, req *tailcfg.SetDNSRequest) {
	name, err := t.challengeName(machine, req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	t.acme.SetTXT(name, req.Value)
	writeJSON(w, tailcfg.SetDNSResponse{})
}

func (t *Tailnet) challengeName(machine key.MachinePublic, req *tailcfg.SetDNSRequest) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.ofLocked(machine, req.NodeKey)
	name := strings.ToLower(req.Name)
	switch {
	case d == nil:
		return "", errors.New("no such device")
	case !t.https:
		return "", errors.New("HTTPS certificates are turned off on this tailnet")
	case req.Type != "TXT" || name != "_acme-challenge."+t.fqdnOf(d):
		return "", errors.New("not the ACME challenge of this device's name")
	}
	return name, nil
}

// ofLocked returns the device that has joined with both keys, or nil.
func (t *Tailnet) ofLocked(machine key.MachinePublic, node key.NodePublic) *device {
	for _, d := range t.devices {
		if d.joined && d.machine == machine && d.node == node {
			return d
		}
	}
	return nil
}

func readJSON[T any](w http.ResponseWriter, r *http.Request) (*T, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	v := new(T)
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the request: %v", err), http.StatusBadRequest)
		return nil, false
	}
	return v, true
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the other side is gone if this fails
}
