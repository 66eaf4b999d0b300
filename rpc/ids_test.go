package rpc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// A client that uses one id again and again, each time after the answer, was
// told now and then that the id is in use.
func TestIDsAreFreeAfterTheAnswer(t *testing.T) {
	b := newBench(t, boundless, rpc.Call("math.add", "math:use", add))
	ws := raw(t, b)
	for i, line := range append([]string{helloLine}, strings.Split(strings.Repeat(`{"jsonrpc":"2.0","id":1,"method":"math.add"}`+"\n", 20_000), "\n")...) {
		if line == "" {
			continue
		}
		_ = ws.SetReadDeadline(time.Now().Add(15 * time.Second)) // of each answer; a failure shows in the read
		if err := ws.WriteMessage(websocket.TextMessage, []byte(line)); err != nil {
			t.Fatal(err)
		}
		_, answer, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(answer), `"result"`) {
			t.Fatalf("call %d is answered by %s", i, answer)
		}
	}
}

// The end of a stream took away the call that had come to bear its id, so that
// this one could not be canceled any more.
func TestStreamEndLeavesOtherCallsAlone(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	b := newBench(t, boundless, flow("flow.echo", echo), rpc.Call("job.wait", "job:use",
		func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			close(started)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return wire.Nothing{}, ctx.Err()
		}))
	ws := raw(t, b)
	end := wire.Frame{Kind: wire.End, FromOpener: true, Stream: 2}
	send := func(text, want string) {
		t.Helper()
		if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if want == "" {
			return
		}
		if got := readUntil(ws, want); got != "" {
			t.Fatalf("%s is answered by %s", text, got)
		}
	}
	send(helloLine, `"id":1`)
	send(`{"jsonrpc":"2.0","id":2,"method":"flow.echo"}`, `"id":2`)
	send(`{"jsonrpc":"2.0","id":2,"method":"job.wait"}`, "")
	within(t, "the start of the call", func() { <-started })
	if err := ws.WriteMessage(websocket.BinaryMessage, end.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if got := readUntil(ws, "\x03"); got != "" { // the other side's End
		t.Fatal(got)
	}
	send(`{"jsonrpc":"2.0","id":3,"method":"rpc.ping"}`, `"id":3`)
	send(`{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":2}}`, "")
	within(t, "canceling the call", func() { wantReason(t, <-ended, wire.Canceled) })
}
