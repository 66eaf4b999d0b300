package rpc_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// A subscriber that reads nothing costs neither the publisher's time nor the
// server's memory. When it reads again, it is told what it missed.
func TestSlowSubscriber(t *testing.T) {
	type news struct {
		N    int    `json:"n"`
		Text string `json:"text"`
	}
	topic := rpc.Event[news]("paper.printed", "paper:read")
	b := newBench(t, rpc.Options{}, topic)
	quick := b.dial(t)
	last := make(chan uint64, 100_000)
	if err := rpc.Subscribe(t.Context(), quick, wire.Topic[news]{Name: "paper.printed"}, func(_ news, e wire.Event) { last <- e.Seq }); err != nil {
		t.Fatal(err)
	}
	slow := raw(t, b)
	for _, line := range []string{helloLine, `{"jsonrpc":"2.0","id":2,"method":"rpc.subscribe","params":{"topics":[{"topic":"paper.printed"}]}}`} {
		if err := slow.WriteMessage(websocket.TextMessage, []byte(line)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := slow.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
	const events = 20_000 // twenty times the log, and more than sockets buffer
	text := strings.Repeat("x", 1000)
	before := heap()
	within(t, "publishing to a subscriber that reads nothing", func() {
		for n := range events {
			topic.Publish(news{n + 1, text})
		}
	})
	within(t, "the quick subscriber has the last event", func() {
		for <-last != events {
		}
	})
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	_ = slow.SetReadDeadline(time.Now().Add(15 * time.Second)) // a failure shows in the read
	var seen, missed, resets uint64
	for seen < events {
		e := nextEvent(t, slow)
		switch {
		case e.Seq <= seen:
			t.Fatalf("event %d came after %d", e.Seq, seen)
		case e.Reset:
			resets++
			missed += e.Seq - seen
		case e.Seq != seen+1:
			t.Fatalf("event %d came after %d, and nothing said that some were missed", e.Seq, seen)
		}
		seen = e.Seq
	}
	if resets == 0 || missed == 0 {
		t.Error("the slow subscriber missed nothing: the test is too gentle")
	}
}

// A client that did not read the refusal of a subscription kept its other
// rights for as long: they were looked at only after it had been told.
func TestSlowReaderLosesRightsAllTheSame(t *testing.T) {
	var rendered, looks atomic.Int64
	topic := rpc.Event[string]("paper.printed", "paper:read").View(func(_ tsidentity.Caller, v string) (string, bool) {
		rendered.Add(1)
		return v, true
	})
	ended := make(chan error, 1)
	b := newBench(t, rpc.Options{}, topic, flow("flow.watched", func(ctx context.Context, s *rpc.Stream) error {
		s.Guard(func(tsidentity.Caller) error {
			looks.Add(1)
			return nil
		})
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil
	}))
	slow := raw(t, b)
	for _, line := range []string{
		helloLine,
		`{"jsonrpc":"2.0","id":2,"method":"flow.watched"}`,
		`{"jsonrpc":"2.0","id":3,"method":"rpc.subscribe","params":{"topics":[{"topic":"paper.printed"}]}}`,
	} {
		if err := slow.WriteMessage(websocket.TextMessage, []byte(line)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := slow.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
	// It reads nothing more. Events are short, so that they leave no room for a
	// refusal either.
	for published := int64(0); soon(time.Second, func() bool { return rendered.Load() >= published }); {
		for range 1000 {
			topic.Publish("x")
			published++
		}
	}
	b.SetCaller(member("ada", "flow:use"))
	before := looks.Load()
	if !soon(10*time.Second, func() bool { return looks.Load() >= before+3 }) {
		t.Fatal("its rights are not looked at while it reads nothing")
	}
	b.SetCaller(member("ada", "other:use"))
	within(t, "the end of the stream", func() { wantReason(t, <-ended, wire.Forbidden) })
}

// soon reports whether ok comes true in time.
func soon(limit time.Duration, ok func() bool) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			return false
		case <-poll.C:
		}
	}
	return true
}

// nextEvent reads one event off a bare socket.
func nextEvent(t *testing.T, ws *websocket.Conn) wire.Event {
	t.Helper()
	_, text, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	var m wire.Message
	var e wire.Event
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(m.Params, &e); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return e
}
