package rpc_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// The words of an error that a machine chose went as they were to whoever asked,
// and into the audit log: sequences that a terminal obeys, and up to a megabyte.
func TestWordsFromElsewhereArePlain(t *testing.T) {
	evil := wire.Errorf(wire.Conflict, "no\x1b]52;c;aGk=\x07\u009b31m\u202e\r\n%s", strings.Repeat("x", 100_000)).
		Missing(wire.Needs{Account: "\x1b[2J"})
	b := newBench(t, rpc.Options{},
		rpc.Call("math.add", "math:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
			return wire.Nothing{}, evil
		}),
		flow("flow.evil", func(context.Context, *rpc.Stream) error { return wire.Errorf(wire.Conflict, "%s", evil.Message[:500]) }))
	c := b.dial(t)
	called := c.Call(t.Context(), "math.add", wire.Nothing{}, nil)
	_, streamed := open(t, c, "flow.evil").Recv(t.Context())
	for what, err := range map[string]error{"a call": called, "a stream": streamed} {
		wantReason(t, err, wire.Conflict)
		got := err.Error()
		if len(got) > 1100 || !strings.HasPrefix(got, "no]52;c;aGk=31m  xxx") {
			t.Errorf("the error of %s says %d bytes, %.60q", what, len(got), got)
		}
	}
	if e, ok := errors.AsType[*wire.Error](called); !ok || e.Data.Needs.Account != "[2J" {
		t.Errorf("the account missing is in %#v", called)
	}
}

// A machine that never answered an attach held its caller's call for ever.
func TestStreamMustOpenInTime(t *testing.T) {
	b := newBench(t, rpc.Options{}, rpc.StreamCall("flow.never", "flow:use",
		func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, rpc.Pump, error) {
			<-ctx.Done()
			return wire.Nothing{}, nil, ctx.Err()
		}, rpc.Timeout(10*time.Millisecond)))
	c := b.dial(t)
	within(t, "the answer", func() {
		_, err := c.Open(t.Context(), "flow.never", wire.Nothing{}, nil)
		wantReason(t, err, wire.Timeout)
	})
}

// Whoever may act on terminals ended one that is not there a hundred times a
// second: after a quarter of an hour the audit log held nothing else.
func TestFailuresDoNotFillTheAuditLog(t *testing.T) {
	var recorded atomic.Int64
	b := newBench(t, rpc.Options{Rate: boundless.Rate, Audit: func(context.Context, rpc.Audit) { recorded.Add(1) }},
		rpc.Call("math.kill", "math:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
			return wire.Nothing{}, wire.Errorf(wire.NotFound, "no such thing")
		}, rpc.Audited()))
	c := b.dial(t)
	for range 300 {
		wantReason(t, c.Call(t.Context(), "math.kill", wire.Nothing{}, nil), wire.NotFound)
	}
	if n := recorded.Load(); n == 0 || n > 60 {
		t.Errorf("%d of 300 failures are on record, want the first few", n)
	}
}
