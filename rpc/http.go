package rpc

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"homie/tsidentity"
	"homie/wire"
)

// Document is JSON that was encoded before, passed on as it is.
type Document stdjson.RawMessage

// MarshalJSON returns d itself.
func (d Document) MarshalJSON() ([]byte, error) { return d, nil }

// ServePost answers one call in the body of a POST.
func (r *Registry) ServePost(w http.ResponseWriter, req *http.Request, who tsidentity.Caller) {
	body, err := readBody(w, req)
	if err != nil {
		var tooBig *http.MaxBytesError
		e := wire.Errorf(wire.ParseError, "the request body could not be read")
		if errors.As(err, &tooBig) {
			e = wire.Errorf(wire.TooLarge, "the request body is over the limit of %d bytes", wire.MaxMessage)
		}
		respond(w, wire.Message{ID: nullID, Error: e})
		return
	}
	var m wire.Message
	if err := decodeStrict(body, &m); err != nil {
		respond(w, wire.Message{ID: nullID, Error: wire.Errorf(wire.ParseError, "not a JSON-RPC 2.0 call: %s", jsonWords(err))})
		return
	}
	if m.JSONRPC != wire.Version || m.Method == "" || len(m.ID) == 0 || !validID(m.ID) || m.Result != nil || m.Error != nil {
		respond(w, wire.Message{ID: nullID, Error: wire.Errorf(wire.InvalidRequest, "not a JSON-RPC 2.0 call with an id")})
		return
	}
	o, refused := r.serve(req.Context(), who, r.request(m, false))
	respond(w, wire.Message{ID: m.ID, Result: o.result, Error: refused})
}

// bodyTimeout bounds how long the body of a POST may take to arrive.
const bodyTimeout = 15 * time.Second

// readBody reads a body within its bounds of size and time. What the call then
// takes is the method's affair.
func readBody(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	// An error means that w has no deadlines, as a test's recorder has none.
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, wire.MaxMessage))
	if err == nil {
		_ = rc.SetReadDeadline(time.Time{}) // else it ends the connection, too
	}
	return body, err
}

var nullID = stdjson.RawMessage("null")

// statuses are the HTTP codes of errors that HTTP has a word for, so that a
// script's curl --fail notices; the rest are answers, with 200.
var statuses = map[wire.Reason]int{
	wire.ParseError:           http.StatusBadRequest,
	wire.InvalidRequest:       http.StatusBadRequest,
	wire.InvalidParams:        http.StatusBadRequest,
	wire.UnknownMethod:        http.StatusNotFound,
	wire.NotFound:             http.StatusNotFound,
	wire.Unauthenticated:      http.StatusForbidden,
	wire.Forbidden:            http.StatusForbidden,
	wire.ConfirmationRequired: http.StatusForbidden,
	wire.Conflict:             http.StatusConflict,
	wire.TooLarge:             http.StatusRequestEntityTooLarge,
	wire.RateLimited:          http.StatusTooManyRequests,
	wire.Busy:                 http.StatusServiceUnavailable,
	wire.Unavailable:          http.StatusServiceUnavailable,
	wire.Timeout:              http.StatusGatewayTimeout,
	wire.Internal:             http.StatusInternalServerError,
}

func respond(w http.ResponseWriter, m wire.Message) {
	status := http.StatusOK
	if m.Error != nil {
		if s, ok := statuses[m.Error.Data.Reason]; ok {
			status = s
		}
		if ms := m.Error.Data.RetryAfterMs; ms > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(float64(ms)/1000))))
		}
	}
	b, err := encodeMessage(m)
	if err != nil {
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// Socket sizes: one read buffer a connection, and a write buffer that holds a
// whole frame, so that a frame is one write to the network.
const (
	readBuffer  = 8 << 10
	writeBuffer = wire.MaxFrame + 64
)

// ServeSocket upgrades a request to a connection and carries it until it ends.
// The Origin was checked by the front door: it knows the canonical name.
func (r *Registry) ServeSocket(w http.ResponseWriter, req *http.Request, who tsidentity.Caller, identify Identify) {
	if !slices.Contains(websocket.Subprotocols(req), wire.Subprotocol) {
		http.Error(w, "this address speaks the WebSocket subprotocol "+wire.Subprotocol, http.StatusBadRequest)
		return
	}
	key := who.Key()
	if !r.sockets.open(key) {
		respond(w, wire.Message{ID: nullID, Error: errSockets})
		return
	}
	defer r.sockets.close(key)
	r.carrying.Add(1)
	defer r.carrying.Done()
	up := websocket.Upgrader{
		Subprotocols:    []string{wire.Subprotocol},
		ReadBufferSize:  readBuffer,
		WriteBufferSize: writeBuffer,
		WriteBufferPool: &writeBuffers,
		CheckOrigin:     func(*http.Request) bool { return true },
	}
	ws, err := up.Upgrade(w, req, nil)
	if err != nil {
		r.opts.Log.Debug("upgrade failed", "caller", who.Name(), "err", err)
		return
	}
	log := r.opts.Log.With("caller", who.Name(), "device", who.Device.Name)
	c := newConn(ws, r, identify, log, true)
	log.Debug("connection opened")
	err = c.Run(req.Context()) // ends with the server, not with the request
	log.Debug("connection closed", "peer", c.Peer().Kind, "err", err)
}
