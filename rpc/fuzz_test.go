package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// boundless is a rate that no fuzzer reaches.
var boundless = rpc.Options{Rate: rpc.Rate{PerSecond: 1e9, Burst: 1e9}}

// envelopes are seeds: calls, and what looks like one.
var envelopes = []string{
	helloLine,
	`{"jsonrpc":"2.0","id":1,"method":"math.add","params":{"a":1,"b":2}}`,
	`{"jsonrpc":"2.0","id":"x","method":"math.add","params":{"a":-1}}`,
	`{"jsonrpc":"2.0","id":2,"method":"flow.echo"}`,
	`{"jsonrpc":"2.0","id":3,"method":"rpc.subscribe","params":{"topics":[{"topic":"clock.ticked","epoch":"x","after":18446744073709551615}]}}`,
	`{"jsonrpc":"2.0","id":4,"method":"rpc.unsubscribe","params":{"topics":["clock.ticked"]}}`,
	`{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":2}}`,
	`{"jsonrpc":"2.0","id":5,"method":"math.add","meta":{"traceId":"../../x","onBehalf":{"name":"ada"}}}`,
	`{"jsonrpc":"2.0","id":5,"result":{}}`,
	`{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"x","data":{"reason":"forbidden","retryable":false}}}`,
	`{"jsonrpc":"2.0","method":"clock.ticked","params":{"seq":1,"data":{"n":1}}}`,
	`[]`, `{}`, `null`, `"`, "\xff\xfe", `{"jsonrpc":"2.0","id":1e9,"method":"math.add"}`,
}

// wantEnvelope fails the test unless b is one well-formed answer to whatever
// was sent, and not an internal error.
func wantEnvelope(t *testing.T, sent, b []byte) {
	t.Helper()
	var m wire.Message
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || m.JSONRPC != wire.Version || len(m.ID) == 0 || (m.Error == nil) == (m.Result == nil) {
		t.Fatalf("%.200q is answered by no JSON-RPC answer: %v: %.200q", sent, err, b)
	}
	if m.Error != nil && (m.Error.Data.Reason == wire.Internal || m.Error.Code != m.Error.Data.Reason.Code() || m.Error.Message == "") {
		t.Errorf("%.200q is answered by %s", sent, b)
	}
}

// FuzzEnvelope sends anything as the body of a POST.
func FuzzEnvelope(f *testing.F) {
	for _, s := range envelopes {
		f.Add([]byte(s))
	}
	r, err := rpc.NewRegistry(boundless, rpc.Call("math.add", "math:use", add), flow("flow.echo", echo), rpc.Events(ticks))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req := httptest.NewRequest("POST", wire.Path, bytes.NewReader(body))
		w := httptest.NewRecorder()
		r.ServePost(w, req, member("ada", "*:*"))
		wantEnvelope(t, body, w.Body.Bytes())
		if got := w.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("the answer is %q", got)
		}
	})
}

// FuzzSocket sends anything as a frame, after a hello and an open stream. The
// other side answers or closes, and is there for the next one.
func FuzzSocket(f *testing.F) {
	for _, s := range envelopes {
		f.Add(false, []byte(s))
	}
	for _, s := range []wire.Frame{
		{Kind: wire.Data, FromOpener: true, Stream: 2, Payload: []byte("hello")},
		{Kind: wire.Data, FromOpener: true, Stream: 2, Offset: 1 << 63, Payload: []byte("hello")},
		{Kind: wire.Credit, FromOpener: true, Stream: 2, Offset: 1 << 40},
		{Kind: wire.End, FromOpener: true, Stream: 2},
		{Kind: wire.End, FromOpener: true, Stream: 2, Payload: []byte(`{"code":-32002,"message":"x"}`)},
		{Kind: wire.Data, Stream: 2},
	} {
		f.Add(true, s.Append(nil))
	}
	b := newBench(f, boundless, rpc.Call("math.add", "math:use", add), flow("flow.echo", echo), rpc.Events(ticks),
		rpc.Call("math.wait", "math:use", func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			<-ctx.Done()
			return wire.Nothing{}, ctx.Err()
		}))
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	f.Fuzz(func(t *testing.T, binary bool, frame []byte) {
		ws, _, err := d.Dial(strings.Replace(b.URL, "http", "ws", 1)+wire.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second)) // a failure shows in the read
		kind := websocket.TextMessage
		if binary {
			kind = websocket.BinaryMessage
		}
		_ = ws.WriteMessage(websocket.TextMessage, []byte(helloLine))
		_, _, _ = ws.ReadMessage()
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":2,"method":"flow.echo"}`))
		_ = ws.WriteMessage(kind, frame)
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":4294967295,"method":"math.add"}`))
		for {
			kind, answer, err := ws.ReadMessage()
			if err != nil {
				// A reset may overtake the goodbye; silence may not.
				if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
					t.Fatalf("%.200q is answered by nothing", frame)
				}
				return
			}
			if kind == websocket.BinaryMessage {
				if _, err := wire.ParseFrame(answer); err != nil {
					t.Fatalf("%.200q is answered by a bad frame: %v", frame, err)
				}
				continue
			}
			if bytes.Contains(answer, []byte(`"id":4294967295`)) {
				return
			}
			if bytes.Contains(answer, []byte(`"id"`)) {
				wantEnvelope(t, frame, answer)
			}
		}
	})
}
