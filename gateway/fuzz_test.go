package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"homie/gateway"
	"homie/internal/homietest"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
)

// everything may do everything, as the owner and as a machine: a fuzzer is to
// get past the authorization.
var everything = tsidentity.Caller{
	Class:  tsidentity.ClassPerson,
	Person: tsidentity.Person{ID: "1", Login: "olivia@example.com", Name: "Olivia"},
	Device: tsidentity.Device{ID: "nFuzzCNTRL", Name: "homie-fuzz", Addr: "100.64.0.9"},
	Rights: tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleOwner, As: []string{"text"}}}},
}

// offline serves everything the gateway offers, without a tailnet, by POST and
// over one socket.
func offline(f *testing.F) (*rpc.Registry, *rpc.Conn, *homietest.Record) {
	db, err := store.Open(filepath.Join(f.TempDir(), "homie.db"), store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	entries, err := gateway.Offline(db)
	if err != nil {
		f.Fatal(err)
	}
	said := &homietest.Record{}
	log := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelError}))
	r, err := rpc.NewRegistry(rpc.Options{Rate: rpc.Rate{PerSecond: 1e9, Burst: 1e9}, Log: log}, entries...)
	if err != nil {
		f.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.ServeSocket(w, req, everything, func(context.Context) (tsidentity.Caller, error) { return everything, nil })
	}))
	f.Cleanup(srv.Close)
	// It may register as a machine, and be told of its pairing.
	own, err := rpc.NewRegistry(rpc.Options{}, rpc.Serve(nodes.PairingChanged,
		func(context.Context, tsidentity.Caller, nodes.Registered) (wire.Nothing, error) {
			return wire.Nothing{}, nil
		}))
	if err != nil {
		f.Fatal(err)
	}
	c, err := rpc.Dialer{URL: srv.URL, Registry: own, Identify: func(context.Context) (tsidentity.Caller, error) {
		return everything, nil
	}}.Dial(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	homietest.Carry(f, c)
	if _, err := c.Hello(f.Context(), wire.ClientInfo{Kind: "fuzz"}); err != nil {
		f.Fatal(err)
	}
	return r, c, said
}

// FuzzCall calls any method with any params, by POST and over a socket. There
// is always a well-formed answer, and never an internal error.
func FuzzCall(f *testing.F) {
	for _, m := range offered(f).Methods() {
		for _, params := range []string{`{}`, `null`, `[]`, `{"node":"\u0000","device":"","limit":-1}`} {
			f.Add(m.Name, []byte(params))
		}
	}
	r, c, said := offline(f)
	f.Fuzz(func(t *testing.T, method string, params []byte) {
		var m wire.Message
		if err := json.Unmarshal(byPost(t, r, method, params), &m); err != nil || (m.Error == nil) == (m.Result == nil) {
			t.Fatalf("%s(%.200q) is answered by %+v, %v", method, params, m, err)
		}
		if m.Error != nil {
			wantOurs(t, said, method, params, m.Error)
		}
		var result json.RawMessage
		// What is no JSON is not even sent: an error that is none of wire's.
		err := c.Call(t.Context(), method, json.RawMessage(params), &result)
		if errors.Is(err, rpc.ErrClosed) {
			t.Fatalf("%s(%.200q) closed the connection", method, params)
		}
		if refused := new(wire.Error); errors.As(err, &refused) {
			wantOurs(t, said, method, params, refused)
		} else if err == nil && !json.Valid(result) {
			t.Errorf("%s(%.200q) = %q, want JSON", method, params, result)
		}
	})
}

// byPost makes the call as its body stands, valid or not.
func byPost(t *testing.T, r *rpc.Registry, method string, params []byte) []byte {
	t.Helper()
	name, err := json.Marshal(method)
	if err != nil {
		t.Fatal(err)
	}
	body := append([]byte(`{"jsonrpc":"2.0","id":1,"method":`), name...)
	body = append(append(append(body, `,"params":`...), params...), '}')
	w := httptest.NewRecorder()
	r.ServePost(w, httptest.NewRequest(http.MethodPost, wire.Path, bytes.NewReader(body)), everything)
	return w.Body.Bytes()
}

// wantOurs fails the test unless err is a refusal with a reason other than a
// fault of ours.
func wantOurs(t *testing.T, said *homietest.Record, method string, params []byte, e *wire.Error) {
	t.Helper()
	if e.Message == "" || e.Code != e.Data.Reason.Code() || e.Data.Reason == wire.Internal {
		t.Errorf("%s(%.200q) fails with %q (%s): %s", method, params, e.Message, e.Data.Reason, said.Lines("level=ERROR"))
	}
}
