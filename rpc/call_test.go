package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

type addParams struct {
	A int `json:"a"`
	B int `json:"b"`
}

func (p addParams) Validate() error {
	if p.A < 0 {
		return errors.New("a is negative")
	}
	return nil
}

type sum struct {
	Sum  int   `json:"sum"`
	List []int `json:"list"`
}

func add(_ context.Context, _ tsidentity.Caller, p addParams) (sum, error) {
	return sum{Sum: p.A + p.B}, nil
}

type listParams struct {
	Page int `json:"page"`
}

func (p *listParams) Validate() error {
	if p.Page < 1 {
		return errors.New("pages count from 1")
	}
	return nil
}

func broken(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
	return wire.Nothing{}, errors.New("the secret path /var/lib is gone")
}

func TestCall(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Call("math.add", "math:use", add))
	c := b.dial(t)
	var got sum
	if err := c.Call(t.Context(), "math.add", addParams{2, 3}, &got); err != nil || got.Sum != 5 {
		t.Fatalf("math.add(2, 3) = %v, %v, want 5", got, err)
	}
	if got.List == nil {
		t.Error("an empty list came as null")
	}
}

func TestCallRefusals(t *testing.T) {
	b := newBench(t, rpc.Options{},
		rpc.Call("math.add", "math:use", add),
		rpc.Call("math.list", "math:use", func(context.Context, tsidentity.Caller, listParams) (wire.Nothing, error) {
			return wire.Nothing{}, nil
		}),
		rpc.Call("math.broken", "math:use", broken),
		rpc.Call("math.panic", "math:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
			panic("boom")
		}),
		rpc.Call("math.slow", "math:use", func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			<-ctx.Done()
			return wire.Nothing{}, ctx.Err()
		}, rpc.Timeout(10*time.Millisecond)),
	)
	c := b.dial(t)
	for _, tt := range []struct {
		method string
		params any
		want   wire.Reason
	}{
		{"math.none", wire.Nothing{}, wire.UnknownMethod},
		{"math.add", map[string]any{"a": 1, "c": 2}, wire.InvalidParams},
		{"math.add", map[string]any{"A": 1}, wire.InvalidParams},
		{"math.add", map[string]any{"a": "one"}, wire.InvalidParams},
		{"math.add", map[string]any{"a": -1}, wire.InvalidParams},
		{"math.add", []int{1, 2}, wire.InvalidParams},
		{"math.list", listParams{}, wire.InvalidParams},
		{"math.broken", wire.Nothing{}, wire.Internal},
		{"math.panic", wire.Nothing{}, wire.Internal},
		{"math.slow", wire.Nothing{}, wire.Timeout},
	} {
		err := c.Call(t.Context(), tt.method, tt.params, nil)
		wantReason(t, err, tt.want)
		e, _ := errors.AsType[*wire.Error](err)
		if e.Data.RequestID == "" {
			t.Errorf("%s: refusal without a request id", tt.method)
		}
		if strings.Contains(e.Message, "secret") || strings.Contains(e.Message, "boom") {
			t.Errorf("%s: the cause leaked: %s", tt.method, e.Message)
		}
	}
	b.SetCaller(member("bob", "other:use"))
	err := c.Call(t.Context(), "math.add", addParams{1, 1}, nil)
	wantReason(t, err, wire.Forbidden)
	if e, _ := errors.AsType[*wire.Error](err); e.Data.Needs == nil || e.Data.Needs.Capability != "math:use" {
		t.Errorf("refusal does not say what was needed: %+v", e.Data)
	}
}

// A caller's rights are those of the call, not of the hello.
func TestClaimedRolesAreIgnored(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Call("math.add", "math:use", add))
	b.SetCaller(member("bob", "other:use"))
	c := b.dial(t)
	err := c.Call(t.Context(), "rpc.hello", map[string]any{
		"protocol": map[string]int{"min": 1, "max": 1},
		"client":   map[string]any{"kind": "web", "version": "1", "role": "owner"},
	}, nil)
	wantReason(t, err, wire.InvalidParams)
	wantReason(t, c.Call(t.Context(), "math.add", addParams{1, 1}, nil), wire.Forbidden)
}

func TestVersionMismatch(t *testing.T) {
	b := newBench(t, rpc.Options{})
	c := b.dial(t)
	err := c.Call(t.Context(), "rpc.hello", wire.HelloParams{Protocol: wire.Range{Min: 7, Max: 9}}, nil)
	wantReason(t, err, wire.VersionMismatch)
}

func TestHelloComesFirst(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Call("math.add", "math:use", add))
	c := b.open(t, rpc.Dialer{})
	wantReason(t, c.Call(t.Context(), "math.add", addParams{1, 1}, nil), wire.HelloRequired)
}

func TestSymmetry(t *testing.T) {
	type result struct {
		sum int
		err error
	}
	results := make(chan result, 1)
	b := newBench(t, rpc.Options{}, rpc.Call("far.add", "far:use",
		func(ctx context.Context, _ tsidentity.Caller, p addParams) (wire.Nothing, error) {
			conn := rpc.ConnFrom(ctx)
			conn.Go(func(ctx context.Context) {
				var got sum
				err := conn.Call(ctx, "math.add", p, &got)
				results <- result{got.Sum, err}
			})
			return wire.Nothing{}, nil
		}))
	c := b.dial(t, rpc.Call("math.add", "math:use", add))
	if err := c.Call(t.Context(), "far.add", addParams{20, 22}, nil); err != nil {
		t.Fatal(err)
	}
	if got := <-results; got.err != nil || got.sum != 42 {
		t.Fatalf("the call back gave %+v, want 42", got)
	}
}

func TestCancelReachesTheHandler(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	b := newBench(t, rpc.Options{}, rpc.Call("job.wait", "job:use",
		func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			close(started)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return wire.Nothing{}, ctx.Err()
		}))
	c := b.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	if err := c.Call(ctx, "job.wait", wire.Nothing{}, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("canceled call gave %v", err)
	}
	wantReason(t, <-ended, wire.Canceled)
}

func TestBusy(t *testing.T) {
	release := make(chan struct{})
	b := newBench(t, rpc.Options{}, rpc.Call("job.wait", "job:use",
		func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			<-release
			return wire.Nothing{}, nil
		}))
	c := b.dial(t)
	errs := make(chan error, wire.MaxCalls+1)
	for range wire.MaxCalls + 1 {
		go func() { errs <- c.Call(t.Context(), "job.wait", wire.Nothing{}, nil) }()
	}
	wantReason(t, <-errs, wire.Busy) // the only one that can return before the release
	close(release)
	for range wire.MaxCalls {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestRateLimit(t *testing.T) {
	b := newBench(t, rpc.Options{Rate: rpc.Rate{PerSecond: 0.001, Burst: 3}}, rpc.Call("math.add", "math:use", add))
	c := b.dial(t) // the first of three
	for range 2 {
		if err := c.Call(t.Context(), "math.add", addParams{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	err := c.Call(t.Context(), "math.add", addParams{}, nil)
	wantReason(t, err, wire.RateLimited)
	if e, _ := errors.AsType[*wire.Error](err); e.Data.RetryAfterMs < 1000 {
		t.Errorf("retryAfterMs = %d, want about a thousand seconds", e.Data.RetryAfterMs)
	}
	b.SetCaller(member("bob", "*:*"))
	if err := c.Call(t.Context(), "math.add", addParams{}, nil); err != nil {
		t.Errorf("another caller shares the limit: %v", err)
	}
}

func TestAudit(t *testing.T) {
	var (
		mu  sync.Mutex
		got []string
	)
	audit := func(_ context.Context, a rpc.Audit) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(a.Caller.Name(), " ", a.Method, " ", a.Decision))
	}
	b := newBench(t, rpc.Options{Audit: audit},
		rpc.Call("math.add", "math:use", add),
		rpc.Call("math.erase", "math:use", add, rpc.Audited()),
		rpc.Call("math.broken", "math:use", broken, rpc.Audited()))
	c := b.dial(t)
	for _, m := range []string{"math.add", "math.erase", "math.broken"} {
		_ = c.Call(t.Context(), m, wire.Nothing{}, nil)
	}
	b.SetCaller(member("bob"))
	_ = c.Call(t.Context(), "math.add", wire.Nothing{}, nil)
	want := "[ada math.erase allowed ada math.broken failed bob math.add denied]"
	mu.Lock()
	defer mu.Unlock()
	if fmt.Sprint(got) != want {
		t.Errorf("audit = %v, want %v", got, want)
	}
}

// A caller who is refused over and over does not fill the audit log.
func TestRefusalsDoNotFloodTheAudit(t *testing.T) {
	var entries atomic.Int32
	b := newBench(t, rpc.Options{Audit: func(context.Context, rpc.Audit) { entries.Add(1) }}, rpc.Call("math.add", "math:use", add))
	c := b.dial(t)
	b.SetCaller(member("bob"))
	for range 200 {
		wantReason(t, c.Call(t.Context(), "math.add", wire.Nothing{}, nil), wire.Forbidden)
	}
	if n := entries.Load(); n < 1 || n > 60 {
		t.Errorf("200 refusals left %d entries, want a few", n)
	}
}

func TestPost(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Call("math.add", "math:use", add),
		rpc.StreamCall("math.flow", "math:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, rpc.Pump, error) {
			return wire.Nothing{}, nil, nil
		}))
	for _, tt := range []struct {
		body, want string
		status     int
	}{
		{`{"jsonrpc":"2.0","id":1,"method":"math.add","params":{"a":1,"b":2}}`, `"sum":3`, 200},
		{`{"jsonrpc":"2.0","id":"x","method":"math.add"}`, `"id":"x"`, 200},
		{`{"jsonrpc":"2.0","id":1,"method":"math.none"}`, `"unknown_method"`, 404},
		{`{"jsonrpc":"2.0","id":1,"method":"math.flow"}`, `"unsupported"`, 200},
		{`{"jsonrpc":"2.0","method":"math.add"}`, `"invalid_request"`, 400},
		{`{"jsonrpc":"1.0","id":1,"method":"math.add"}`, `"invalid_request"`, 400},
		{`[{"jsonrpc":"2.0","id":1,"method":"math.add"}]`, `"parse_error"`, 400},
		{`{"jsonrpc":"2.0","id":1,"id":2,"method":"math.add"}`, `"parse_error"`, 400},
		{`not json`, `"parse_error"`, 400},
		{`{"jsonrpc":"2.0","id":1,"method":"math.add","params":` + strings.Repeat("[", 20000) + `}`, `"parse_error"`, 400},
		{`"` + strings.Repeat("x", wire.MaxMessage) + `"`, `"payload_too_large"`, 413},
	} {
		resp, err := http.Post(b.URL+"/rpc", "application/json", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("POST %.80s = %d %s, want %d with %s", tt.body, resp.StatusCode, body, tt.status, tt.want)
		}
	}
}

// raw speaks to the server below the level of Conn.
func raw(t *testing.T, b *bench) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, _, err := d.Dial(strings.Replace(b.URL, "http", "ws", 1)+"/rpc", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(15 * time.Second))
	return ws
}

const helloLine = `{"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"protocol":{"min":1,"max":1},"client":{"kind":"web","version":"x"}}}`

// Each bad input gets a clear answer or a clean close, and another connection
// goes on undisturbed.
func TestBadFrames(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Call("math.add", "math:use", add), flow("flow.echo", echo),
		flow("flow.stuck", func(ctx context.Context, _ *rpc.Stream) error {
			<-ctx.Done()
			return nil
		}))
	other := b.dial(t)
	frame := func(f wire.Frame) []byte { return f.Append(nil) }
	for name, tt := range map[string]struct {
		kind int
		data []byte
		want string // in the answer, or in the close
	}{
		"not JSON":           {websocket.TextMessage, []byte(`{`), "parse_error"},
		"a batch":            {websocket.TextMessage, []byte(`[]`), "parse_error"},
		"unknown member":     {websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":5,"method":"math.add","role":"owner"}`), "parse_error"},
		"invalid UTF-8":      {websocket.TextMessage, []byte("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"math.\xff\"}"), "parse_error"},
		"answer and call":    {websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":5,"method":"math.add","result":{}}`), "invalid_request"},
		"fraction id":        {websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1.5,"method":"math.add"}`), "invalid_request"},
		"unasked answer":     {websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":77,"result":{}}`), ""},
		"oversized text":     {websocket.TextMessage, []byte(`"` + strings.Repeat("x", wire.MaxMessage+1) + `"`), "close 1009"},
		"oversized binary":   {websocket.BinaryMessage, make([]byte, wire.HeaderSize+wire.MaxFrame+1), "close 1002"},
		"short binary":       {websocket.BinaryMessage, []byte{1, 2, 3}, "close 1002"},
		"unknown kind":       {websocket.BinaryMessage, frame(wire.Frame{Kind: 9}), "close 1002"},
		"unknown stream":     {websocket.BinaryMessage, frame(wire.Frame{Kind: wire.Data, FromOpener: true, Stream: 99}), ""},
		"data beyond credit": {websocket.BinaryMessage, nil, "close 1002"},
		"reordered data":     {websocket.BinaryMessage, nil, "close 1002"},
		"replayed call id":   {websocket.TextMessage, nil, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			ws := raw(t, b)
			ws.WriteMessage(websocket.TextMessage, []byte(helloLine))
			if _, _, err := ws.ReadMessage(); err != nil {
				t.Fatal(err)
			}
			open := []byte(`{"jsonrpc":"2.0","id":2,"method":"flow.echo"}`)
			data := wire.Frame{Kind: wire.Data, FromOpener: true, Stream: 2, Payload: make([]byte, wire.MaxFrame)}
			switch name {
			case "data beyond credit":
				ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":2,"method":"flow.stuck"}`))
				for range wire.Window/wire.MaxFrame + 1 {
					ws.WriteMessage(websocket.BinaryMessage, frame(data))
					data.Offset += wire.MaxFrame
				}
			case "reordered data":
				ws.WriteMessage(websocket.TextMessage, open)
				data.Payload, data.Offset = []byte("later"), 100
				ws.WriteMessage(websocket.BinaryMessage, frame(data))
				data.Offset = 0
				ws.WriteMessage(websocket.BinaryMessage, frame(data))
			case "replayed call id":
				ws.WriteMessage(websocket.TextMessage, open)
				ws.WriteMessage(websocket.TextMessage, open)
			default:
				ws.WriteMessage(tt.kind, tt.data)
			}
			if tt.want == "" { // ignored: the connection still answers
				ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":9,"method":"math.add"}`))
				tt.want = `"id":9`
			}
			if got := readUntil(ws, tt.want); got != "" {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if err := other.Call(t.Context(), "math.add", addParams{1, 1}, nil); err != nil {
		t.Errorf("another connection was disturbed: %v", err)
	}
}

// readUntil reads until something contains want; otherwise it says what came.
func readUntil(ws *websocket.Conn, want string) string {
	var seen []string
	for range 200 {
		_, b, err := ws.ReadMessage()
		if err != nil {
			if strings.Contains(err.Error(), want) {
				return ""
			}
			return fmt.Sprintf("%.300q, then %v", seen, err)
		}
		if strings.Contains(string(b), want) {
			return ""
		}
		seen = append(seen, string(b[:min(len(b), 60)]))
	}
	return fmt.Sprintf("%.300q", seen)
}
