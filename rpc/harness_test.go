package rpc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// member is a person who may do what the patterns say.
func member(name string, patterns ...string) tsidentity.Caller {
	return tsidentity.Caller{
		Class:  tsidentity.ClassPerson,
		Person: tsidentity.Person{ID: name, Login: name + "@example.com", Name: name},
		Device: tsidentity.Device{ID: "device-of-" + name, Name: name + "-laptop"},
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{Allow: patterns}}},
	}
}

// bench is one gateway-like server whose caller a test can change.
type bench struct {
	URL      string
	Registry *rpc.Registry
	caller   atomic.Pointer[tsidentity.Caller]
}

func (b *bench) SetCaller(who tsidentity.Caller) { b.caller.Store(&who) }

func newBench(t testing.TB, opts rpc.Options, entries ...rpc.Entry) *bench {
	t.Helper()
	r, err := rpc.NewRegistry(opts, entries...)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Registry: r}
	b.SetCaller(member("ada", "*:*"))
	identify := func(context.Context) (tsidentity.Caller, error) { return *b.caller.Load(), nil }
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rpc", func(w http.ResponseWriter, req *http.Request) { r.ServePost(w, req, *b.caller.Load()) })
	mux.HandleFunc("GET /rpc", func(w http.ResponseWriter, req *http.Request) {
		r.ServeSocket(w, req, *b.caller.Load(), identify)
	})
	srv := httptest.NewServer(mux)
	b.URL = srv.URL
	t.Cleanup(srv.Close)
	return b
}

// dial connects and says hello; the connection ends with the test.
func (b *bench) dial(t testing.TB, entries ...rpc.Entry) *rpc.Conn {
	t.Helper()
	r, err := rpc.NewRegistry(rpc.Options{}, entries...)
	if err != nil {
		t.Fatal(err)
	}
	c := b.open(t, rpc.Dialer{Registry: r, Identify: func(context.Context) (tsidentity.Caller, error) {
		return member("gateway", "*:*"), nil
	}})
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "cli", Version: "test"}); err != nil {
		t.Fatalf("hello: %v", err)
	}
	return c
}

func (b *bench) open(t testing.TB, d rpc.Dialer) *rpc.Conn {
	t.Helper()
	d.URL = b.URL
	c, err := d.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return c
}

// within fails the test if f takes longer than a generous bound.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s took longer than 20 s", what)
	}
}

func wantReason(t testing.TB, err error, want wire.Reason) {
	t.Helper()
	if got := wire.ReasonOf(err); got != want {
		t.Fatalf("error %v has reason %q, want %q", err, got, want)
	}
}
