package rpc

import (
	"context"
	"testing"

	"homie/wire"
)

// Whoever subscribed and hung up at once stayed on the topic's list for ever,
// with the whole connection: the call was still being served when the
// connection had taken itself off. It could be repeated without end.
func TestSubscribingAndHangingUpLeavesNothing(t *testing.T) {
	topic := Event[int]("paper.printed", "paper:read")
	subs := newSubscriptions(nil)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	if err := subs.run(ctx); err != nil {
		t.Fatal(err)
	}
	subs.subscribe(topic.log, "epoch", wire.TopicCursor{Topic: "paper.printed"})
	if n := len(topic.log.watchers); n != 0 {
		t.Errorf("%d connections that ended are on the topic's list", n)
	}
}
