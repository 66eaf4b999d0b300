package rpc_test

import (
	"context"
	"testing"

	"homie/rpc"
	"homie/wire"
)

// Frames that do not continue each other cost next to no credit. One viewer of
// one terminal, who may only watch, sent some thousands of them, and the gateway
// and the machine cut their connection, for everybody: "reads too slowly" said
// one, "protocol violation" the other.
func TestScatteredFramesEndTheirStreamAlone(t *testing.T) {
	s, toNode, ended := relayed(t, func(ctx context.Context, _ *rpc.Stream) error {
		<-ctx.Done() // a program that does not read what is typed
		return nil
	})
	within(t, "the stream ends", func() {
		for offset := uint64(1); ; offset += 2 {
			if err := s.Send(t.Context(), offset, []byte("x")); err != nil {
				return
			}
		}
	})
	wantReason(t, s.Err(), wire.Protocol)
	within(t, "the relay ends", func() { wantReason(t, <-ended, wire.Protocol) })
	if _, err := toNode.Hello(t.Context(), wire.ClientInfo{Kind: "test"}); err != nil {
		t.Errorf("the connection to the machine has ended too: %v", err)
	}
}
