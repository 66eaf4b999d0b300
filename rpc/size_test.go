package rpc_test

import (
	"context"
	"strings"
	"testing"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// An answer over the limit of a message ended the connection of whoever had
// asked, and with it everything else on it.
func TestAnswersThatAreTooLarge(t *testing.T) {
	long := strings.Repeat("x", wire.MaxMessage)
	topic := rpc.Event[string]("paper.printed", "paper:read")
	b := newBench(t, rpc.Options{}, topic, rpc.Call("paper.read", "paper:read", func(context.Context, tsidentity.Caller, wire.Nothing) (string, error) {
		return long, nil
	}))
	c := b.dial(t)
	events := make(chan wire.Event, 1)
	if err := rpc.Subscribe(t.Context(), c, wire.Topic[string]{Name: "paper.printed"}, func(_ string, e wire.Event) { events <- e }); err != nil {
		t.Fatal(err)
	}
	err := c.Call(t.Context(), "paper.read", nil, nil)
	wantReason(t, err, wire.TooLarge)
	if !strings.Contains(err.Error(), "ask for less") {
		t.Errorf("no words: %v", err)
	}
	wantReason(t, c.Call(t.Context(), "rpc.subscribe", map[string]string{"long": long}, nil), wire.TooLarge)
	topic.Publish(long)
	within(t, "the event", func() {
		if e := <-events; !e.Reset || e.Seq != 1 {
			t.Errorf("an event that is too large: %+v, want a reset", e)
		}
	})
	if err := c.Call(t.Context(), "rpc.ping", nil, nil); err != nil {
		t.Errorf("the connection: %v", err)
	}
}

// A machine's one connection had as few streams as a client's.
func TestLinksHaveMoreStreams(t *testing.T) {
	opened := make(chan error, 1)
	b := newBench(t, rpc.Options{}, rpc.Call("paper.open", "paper:read", func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
		var err error
		for range wire.MaxLinkStreams + 1 {
			if _, err = rpc.ConnFrom(ctx).Open(ctx, "flow.idle", nil, nil); err != nil {
				break
			}
			opened <- nil
		}
		close(opened)
		return wire.Nothing{}, err
	}))
	r, err := rpc.NewRegistry(rpc.Options{TrustMeta: true, Rate: rpc.Rate{PerSecond: 1000, Burst: 1000}}, flow("flow.idle", func(ctx context.Context, _ *rpc.Stream) error {
		<-ctx.Done()
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	c := b.open(t, rpc.Dialer{Registry: r, Identify: func(context.Context) (tsidentity.Caller, error) { return member("gateway", "*:*"), nil }})
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "node"}); err != nil {
		t.Fatal(err)
	}
	n := make(chan int, 1)
	go func() {
		count := 0
		for range opened {
			count++
		}
		n <- count
	}()
	wantReason(t, c.Call(t.Context(), "paper.open", nil, nil), wire.Busy)
	if got := <-n; got != wire.MaxLinkStreams {
		t.Errorf("%d streams were open, want %d", got, wire.MaxLinkStreams)
	}
}
