package rpc_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/rpc"
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
