package rpc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

type tick struct {
	N   int    `json:"n"`
	For string `json:"for,omitzero"`
}

var ticks = wire.Topic[tick]{Name: "clock.ticked", Capability: "clock:read"}

// listen subscribes and collects what comes.
func listen(t testing.TB, c *rpc.Conn) <-chan wire.Event {
	t.Helper()
	ch := make(chan wire.Event, 10_000)
	if err := rpc.Subscribe(t.Context(), c, ticks, func(_ tick, e wire.Event) { ch <- e }); err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestEventsArriveInOrder(t *testing.T) {
	topic := rpc.Events(ticks)
	b := newBench(t, rpc.Options{}, topic)
	ch := listen(t, b.dial(t))
	for i := range 500 {
		topic.Publish(tick{N: i})
	}
	within(t, "500 events", func() {
		for i := range 500 {
			e := <-ch
			if e.Seq != uint64(i+1) || string(e.Data) != fmt.Sprintf(`{"n":%d}`, i) {
				t.Errorf("event %d = %d %s", i, e.Seq, e.Data)
			}
		}
	})
}

func subscribe(t testing.TB, c *rpc.Conn, cur wire.TopicCursor) wire.TopicState {
	t.Helper()
	var got wire.Subscribed
	if err := c.Call(t.Context(), "rpc.subscribe", wire.SubscribeParams{Topics: []wire.TopicCursor{cur}}, &got); err != nil {
		t.Fatal(err)
	}
	return got.Topics[0]
}

func TestResume(t *testing.T) {
	topic := rpc.Events(ticks)
	b := newBench(t, rpc.Options{}, topic)
	first := subscribe(t, b.dial(t), wire.TopicCursor{Topic: ticks.Name})
	for i := range 10 {
		topic.Publish(tick{N: i})
	}
	c := b.dial(t)
	ch := listen(t, c) // sets the listener; the cursor is moved next
	got := subscribe(t, c, wire.TopicCursor{Topic: ticks.Name, Epoch: first.Epoch, After: 4})
	if got.Reset || got.Seq != 4 {
		t.Fatalf("resume after 4 = %+v", got)
	}
	within(t, "the replay", func() {
		for want := uint64(5); want <= 10; want++ {
			if e := <-ch; e.Seq != want {
				t.Errorf("replayed %d, want %d", e.Seq, want)
			}
		}
	})
	for name, cur := range map[string]wire.TopicCursor{
		"another life":    {Topic: ticks.Name, Epoch: "before", After: 4},
		"from the future": {Topic: ticks.Name, Epoch: first.Epoch, After: 400},
		"out of the log":  {Topic: ticks.Name, Epoch: first.Epoch, After: 1},
	} {
		if name == "out of the log" {
			for i := range 2000 {
				topic.Publish(tick{N: i})
			}
		}
		if got := subscribe(t, c, cur); !got.Reset {
			t.Errorf("%s: no reset: %+v", name, got)
		}
	}
}

// Each caller sees an event as their rights at that moment allow.
func TestView(t *testing.T) {
	topic := rpc.Events(ticks).View(func(who tsidentity.Caller, v tick) (tick, bool) {
		v.For = who.Name()
		return v, v.N%2 == 0
	})
	b := newBench(t, rpc.Options{}, topic)
	ch := listen(t, b.dial(t))
	for i := range 4 {
		topic.Publish(tick{N: i})
	}
	within(t, "two events", func() {
		for _, want := range []string{`{"n":0,"for":"ada"}`, `{"n":2,"for":"ada"}`} {
			if e := <-ch; string(e.Data) != want {
				t.Errorf("event = %s, want %s", e.Data, want)
			}
		}
	})
}

func TestRevocationEndsSubscriptions(t *testing.T) {
	topic := rpc.Events(ticks)
	b := newBench(t, rpc.Options{}, topic)
	ch := listen(t, b.dial(t))
	b.SetCaller(member("ada", "other:use"))
	topic.Publish(tick{N: 1}) // not for her any more
	within(t, "the end of the subscription", func() {
		e := <-ch
		if e.Error == nil || e.Error.Data.Reason != wire.Forbidden {
			t.Errorf("got %+v, want a refusal", e)
		}
	})
}

func TestSubscribeRefusals(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.Events(ticks))
	c := b.dial(t)
	try := func(names ...string) error {
		var p wire.SubscribeParams
		for _, n := range names {
			p.Topics = append(p.Topics, wire.TopicCursor{Topic: n})
		}
		return c.Call(t.Context(), "rpc.subscribe", p, nil)
	}
	wantReason(t, try(), wire.InvalidParams)
	wantReason(t, try("clock.stopped"), wire.NotFound)
	wantReason(t, try(slices.Repeat([]string{ticks.Name}, 65)...), wire.InvalidParams)
	b.SetCaller(member("bob", "other:use"))
	wantReason(t, try(ticks.Name), wire.Forbidden)
}

// Whatever is published and whenever the client was away, the numbers it sees
// only grow, nothing between two of them is missing, and a reset stands for
// every gap.
func TestResumeProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		topic := rpc.Events(ticks)
		b := newBench(t, rpc.Options{}, topic)
		var cur wire.TopicCursor
		cur.Topic = ticks.Name
		published := 0
		for range rapid.IntRange(1, 4).Draw(rt, "visits") {
			away := rapid.SampledFrom([]int{0, 1, 30, 1023, 1024, 1025, 1500}).Draw(rt, "away")
			for range away {
				published++
				topic.Publish(tick{N: published})
			}
			c := b.dial(t)
			ch := make(chan wire.Event, 4096)
			_ = rpc.Subscribe(t.Context(), c, ticks, func(_ tick, e wire.Event) { ch <- e })
			got := subscribe(t, c, cur)
			wantReset := cur.Epoch != "" && away > 1024
			if got.Reset != wantReset {
				rt.Fatalf("after %d events away: reset %v, want %v", away, got.Reset, wantReset)
			}
			next := got.Seq
			for next < uint64(published) {
				e, ok := nextTick(rt, c, ch)
				if !ok {
					break // a machine that stood still has ended the visit early
				}
				if e.Seq <= next {
					continue // from the first of the two subscriptions above
				}
				var v tick
				if err := json.Unmarshal(e.Data, &v); err != nil || e.Seq != next+1 || v.N != int(e.Seq) {
					rt.Fatalf("event %d %s after %d", e.Seq, e.Data, next)
				}
				next = e.Seq
			}
			cur = wire.TopicCursor{Topic: ticks.Name, Epoch: got.Epoch, After: next}
			c.Close(errors.New("away"))
		}
	})
}

// nextTick waits for an event; there is none when the connection has ended.
func nextTick(t *rapid.T, c *rpc.Conn, ch <-chan wire.Event) (e wire.Event, ok bool) {
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	select {
	case e = <-ch:
		return e, true
	case <-c.Done():
		select {
		case e = <-ch:
			return e, e.Error == nil
		default:
			return e, false
		}
	case <-late.C:
		t.Fatal("no event within 20 s, though there are some and the connection is open")
		return e, false
	}
}
