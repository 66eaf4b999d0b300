package rpc_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// flow declares a stream method with a pump and nothing else.
func flow(name string, pump rpc.Pump) *rpc.Method {
	return rpc.StreamCall(name, "flow:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, rpc.Pump, error) {
		return wire.Nothing{}, pump, nil
	})
}

// echo sends back what it gets until the peer ends.
func echo(ctx context.Context, s *rpc.Stream) error {
	for {
		c, err := s.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(ctx, c.Offset, c.Data); err != nil {
			return err
		}
	}
}

func open(t testing.TB, c *rpc.Conn, method string) *rpc.Stream {
	t.Helper()
	s, err := c.Open(t.Context(), method, wire.Nothing{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pour sends n pseudo-random bytes in pieces of odd sizes and returns their hash.
func pour(ctx context.Context, t testing.TB, s *rpc.Stream, n int) [32]byte {
	t.Helper()
	src := rand.New(rand.NewSource(1))
	h := sha256.New()
	var offset uint64
	for n > 0 {
		p := make([]byte, min(n, 1+src.Intn(100_000)))
		src.Read(p)
		h.Write(p)
		if err := s.Send(ctx, offset, p); err != nil {
			t.Errorf("Send at %d: %v", offset, err)
			return [32]byte{}
		}
		offset += uint64(len(p))
		n -= len(p)
	}
	return [32]byte(h.Sum(nil))
}

// drain reads to the end of n bytes and returns their hash.
func drain(ctx context.Context, t testing.TB, s *rpc.Stream, n int) [32]byte {
	t.Helper()
	h := sha256.New()
	var next uint64
	for next < uint64(n) {
		c, err := s.Recv(ctx)
		if err != nil {
			t.Errorf("Recv at %d: %v", next, err)
			return [32]byte{}
		}
		if c.Offset != next {
			t.Errorf("chunk at %d, want %d", c.Offset, next)
		}
		h.Write(c.Data)
		next += uint64(len(c.Data))
	}
	return [32]byte(h.Sum(nil))
}

func TestStreamBothWays(t *testing.T) {
	b := newBench(t, rpc.Options{}, flow("flow.echo", echo))
	c := b.dial(t)
	s := open(t, c, "flow.echo")
	const n = 20 << 20
	sent := make(chan [32]byte, 1)
	go func() {
		sent <- pour(t.Context(), t, s, n)
		s.CloseSend()
	}()
	got := drain(t.Context(), t, s, n)
	if want := <-sent; got != want {
		t.Error("what came back differs from what was sent")
	}
	if _, err := s.Recv(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v, want EOF", err)
	}
}

// relayed opens a stream through a gateway to a method of a node: two hops. It
// returns the gateway's connection to the node too, and what Relay returns.
func relayed(t testing.TB, far rpc.Pump) (s *rpc.Stream, toNode *rpc.Conn, ended <-chan error) {
	t.Helper()
	toNode = newBench(t, rpc.Options{}, flow("flow.far", far)).dial(t)
	result := make(chan error, 1)
	near := newBench(t, rpc.Options{}, flow("flow.relay", func(ctx context.Context, s *rpc.Stream) error {
		f, err := toNode.Open(ctx, "flow.far", wire.Nothing{}, nil)
		if err != nil {
			return err
		}
		err = rpc.Relay(ctx, s, f)
		result <- err
		return err
	}))
	return open(t, near.dial(t), "flow.relay"), toNode, result
}

// A relay passes every byte and every credit through, and ends both sides.
func TestRelay(t *testing.T) {
	s, _, ended := relayed(t, echo)
	const n = 10 << 20
	sent := make(chan [32]byte, 1)
	go func() {
		sent <- pour(t.Context(), t, s, n)
		s.CloseSend()
	}()
	got := drain(t.Context(), t, s, n)
	if want := <-sent; got != want {
		t.Error("what came back differs from what was sent")
	}
	if _, err := s.Recv(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v, want EOF", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Relay = %v, want nil", err)
	}
}

func TestRelayTellsThatTheFarSideIsGone(t *testing.T) {
	s, toNode, _ := relayed(t, echo)
	if err := s.Send(t.Context(), 0, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recv(t.Context()); err != nil {
		t.Fatal(err)
	}
	toNode.Close(errors.New("the test pulls the plug"))
	_, err := s.Recv(t.Context())
	wantReason(t, err, wire.Canceled)
}

// The words of a far side that had ended before Relay joined the two were lost:
// the near side was told of an orderly end.
func TestRelayPassesOnAnEarlierError(t *testing.T) {
	toNode := newBench(t, rpc.Options{}, flow("flow.far", func(context.Context, *rpc.Stream) error {
		return wire.Errorf(wire.Conflict, "the session is over")
	})).dial(t)
	near := newBench(t, rpc.Options{}, flow("flow.relay", func(ctx context.Context, s *rpc.Stream) error {
		f, err := toNode.Open(ctx, "flow.far", wire.Nothing{}, nil)
		if err != nil {
			return err
		}
		<-f.Done()
		return rpc.Relay(ctx, s, f)
	}))
	s := open(t, near.dial(t), "flow.relay")
	_, err := s.Recv(t.Context())
	wantReason(t, err, wire.Conflict)
}

// A receiver that does not read holds back the sender, and nobody's memory.
func TestStalledReaderBoundsMemory(t *testing.T) {
	var pushed atomic.Int64
	b := newBench(t, rpc.Options{}, flow("flow.flood", func(ctx context.Context, s *rpc.Stream) error {
		p := make([]byte, 32<<10)
		for offset := uint64(0); ; offset += uint64(len(p)) {
			if err := s.Send(ctx, offset, p); err != nil {
				return err
			}
			pushed.Add(int64(len(p)))
		}
	}), rpc.Call("math.add", "math:use", add))
	c := b.dial(t)
	s := open(t, c, "flow.flood")
	before := heap()
	last := int64(-1)
	for pushed.Load() != last { // until it stands still
		last = pushed.Load()
		time.Sleep(100 * time.Millisecond)
	}
	if last > wire.Window {
		t.Errorf("%d bytes were sent to a reader that reads nothing, want at most %d", last, wire.Window)
	}
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if err := c.Call(t.Context(), "math.add", addParams{1, 1}, nil); err != nil {
		t.Errorf("calls beside a stalled stream fail: %v", err)
	}
	s.Close(nil)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Keystrokes sent while the socket is busy travel together, not one by one.
func TestSmallWritesJoin(t *testing.T) {
	gate := make(chan struct{})
	b := newBench(t, rpc.Options{}, flow("flow.slow", func(ctx context.Context, s *rpc.Stream) error {
		<-gate
		return echo(ctx, s)
	}))
	s := open(t, b.dial(t), "flow.slow")
	var want []byte
	for i := range 10_000 {
		b := []byte{byte(i)}
		want = append(want, b...)
		if err := s.Send(t.Context(), uint64(i), b); err != nil {
			t.Fatal(err)
		}
	}
	close(gate)
	var got []byte
	for len(got) < len(want) {
		c, err := s.Recv(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c.Data...)
	}
	if !bytes.Equal(got, want) {
		t.Error("bytes were lost, doubled or reordered")
	}
}

// Whoever sends learns why the other side ended the stream, whether it waits for
// credit at that moment or sends again later.
func TestSendSaysWhyTheStreamEnded(t *testing.T) {
	full := make(chan struct{})
	b := newBench(t, rpc.Options{}, flow("flow.over", func(context.Context, *rpc.Stream) error {
		<-full
		return wire.Errorf(wire.Conflict, "the session is over")
	}))
	s := open(t, b.dial(t), "flow.over")
	if err := s.Send(t.Context(), 0, make([]byte, wire.Window)); err != nil {
		t.Fatal(err)
	}
	close(full)
	for range 2 {
		wantReason(t, s.Send(t.Context(), wire.Window, []byte("x")), wire.Conflict)
	}
}

// Taking a right away closes the open stream within about a second.
func TestRevocationClosesStreams(t *testing.T) {
	b := newBench(t, rpc.Options{}, flow("flow.echo", echo))
	s := open(t, b.dial(t), "flow.echo")
	b.SetCaller(member("ada", "other:use"))
	within(t, "closing a revoked stream", func() {
		_, err := s.Recv(t.Context())
		wantReason(t, err, wire.Forbidden)
	})
}

func TestGuardClosesStreams(t *testing.T) {
	b := newBench(t, rpc.Options{}, flow("flow.guarded", func(ctx context.Context, s *rpc.Stream) error {
		s.Guard(func(who tsidentity.Caller) error {
			return wire.Errorf(wire.Forbidden, "not for %s", who.Name())
		})
		<-ctx.Done()
		return context.Cause(ctx)
	}))
	s := open(t, b.dial(t), "flow.guarded")
	within(t, "closing a guarded stream", func() {
		_, err := s.Recv(t.Context())
		wantReason(t, err, wire.Forbidden)
		if err.Error() != "not for ada" {
			t.Errorf("the words are %q", err)
		}
	})
}

func TestStreamsAreCounted(t *testing.T) {
	b := newBench(t, rpc.Options{}, flow("flow.echo", echo))
	c := b.dial(t)
	for range wire.MaxStreams {
		open(t, c, "flow.echo")
	}
	_, err := c.Open(t.Context(), "flow.echo", wire.Nothing{}, nil)
	wantReason(t, err, wire.Busy)
}
