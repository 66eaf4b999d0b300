package notifications_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"homie/gateway/notifications"
	"homie/rpc"
	"homie/store"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

// house is the service behind a registry, with the people of a tailnet.
type house struct {
	*notifications.Service

	t        *testing.T
	registry *rpc.Registry

	mu     sync.Mutex
	people map[string]tsidentity.Caller // by address
}

const home = "https://homie.box.ts.net"

// open starts the service on a store of its own; hosts are trusted.
func open(t *testing.T, hosts ...string) *house { return openAt(t, storetest.Open(t), hosts...) }

func openAt(t *testing.T, db *store.Store, hosts ...string) *house {
	t.Helper()
	h := &house{t: t, people: map[string]tsidentity.Caller{}}
	h.Service = notifications.New(notifications.Options{
		DB: db, Caller: h.at, Home: func() string { return home }, Hosts: hosts, Log: slog.New(slog.DiscardHandler),
	})
	var err error
	if h.registry, err = rpc.NewRegistry(rpc.Options{
		Rates: map[rpc.Class]rpc.Rate{rpc.Message: {PerSecond: 1e6, Burst: 1e6}, rpc.Expensive: {PerSecond: 1e6, Burst: 1e6}},
	}, h.API()...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return h
}

func (h *house) at(_ context.Context, addr string) (tsidentity.Caller, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.people[addr], nil
}

// knows has the tailnet say that who is at their device's address.
func (h *house) knows(who tsidentity.Caller) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.people[who.Device.Addr] = who
}

// meets is a person who opens Homie.
func (h *house) meets(all ...tsidentity.Caller) {
	h.t.Helper()
	for _, who := range all {
		h.knows(who)
		h.inbox(who)
	}
}

// call makes a call, as any client does.
func (h *house) call(who tsidentity.Caller, method string, params, result any) *wire.Error {
	h.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		h.t.Fatal(err)
	}
	body, err := json.Marshal(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("1"), Method: method, Params: raw})
	if err != nil {
		h.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.registry.ServePost(w, httptest.NewRequest(http.MethodPost, wire.Path, bytes.NewReader(body)), who)
	var m wire.Message
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		h.t.Fatalf("%s answers %s: %v", method, w.Body, err)
	}
	if m.Error == nil && result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			h.t.Fatal(err)
		}
	}
	return m.Error
}

// does is a call that has to succeed.
func (h *house) does(who tsidentity.Caller, method string, params, result any) {
	h.t.Helper()
	if e := h.call(who, method, params, result); e != nil {
		h.t.Fatalf("%s of %s: %s", method, who.Name(), e.Message)
	}
}

// refuses is a call that has to fail, for a reason.
func (h *house) refuses(who tsidentity.Caller, method string, params any, reason wire.Reason) string {
	h.t.Helper()
	e := h.call(who, method, params, nil)
	if e == nil || e.Data.Reason != reason {
		h.t.Fatalf("%s of %s with %+v = %v, want %s", method, who.Name(), params, e, reason)
	}
	return e.Message
}

func (h *house) inbox(who tsidentity.Caller) notifications.List {
	h.t.Helper()
	var l notifications.List
	h.does(who, "notifications.list", struct{}{}, &l)
	return l
}

func (h *house) sends(from tsidentity.Caller, p notifications.SendParams) {
	h.t.Helper()
	h.does(from, "notifications.send", p, nil)
}

func (h *house) places(who tsidentity.Caller) []notifications.Registration {
	h.t.Helper()
	var p notifications.Preferences
	h.does(who, "notifications.preferences", struct{}{}, &p)
	return p.Registrations
}

// eventually waits until ok holds, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

// on is a person on a device.
func on(id, name, device, addr string, allow ...string) tsidentity.Caller {
	return tsidentity.Caller{
		Class:  tsidentity.ClassPerson,
		Person: tsidentity.Person{ID: id, Login: name + "@example.com", Name: name},
		Device: tsidentity.Device{ID: "n" + device, Name: device, Addr: addr},
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{Allow: append(allow, notifications.CapUse)}}},
	}
}

var (
	laptop = on("1", "Olivia", "laptop", "100.64.0.1", "*:*")
	phone  = on("1", "Olivia", "phone", "100.64.0.2", "*:*")
	tablet = on("2", "Max", "tablet", "100.64.0.3")
)
