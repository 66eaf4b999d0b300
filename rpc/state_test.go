package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"homie/rpc"
	"homie/wire"
)

// part is what a receiver makes of the chunks between two kinds of them.
type part struct {
	kind   wire.Kind
	offset uint64
	data   []byte
}

// parts reads a stream to its end. Data that continues is one part, and so is
// a description from its first chunk to its last.
func parts(ctx context.Context, t *testing.T, s *rpc.Stream) []part {
	t.Helper()
	var got []part
	for open := false; ; {
		c, err := s.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		n := len(got)
		continues := n > 0 && got[n-1].kind == c.Kind
		switch c.Kind {
		case wire.State:
			continues = continues && open && got[n-1].offset == c.Offset
			open = !c.Last
		case wire.Note:
			continues = false
		default:
			continues = continues && got[n-1].offset+uint64(len(got[n-1].data)) == c.Offset
		}
		if continues {
			got[n-1].data = append(got[n-1].data, c.Data...)
			continue
		}
		got = append(got, part{c.Kind, c.Offset, bytes.Clone(c.Data)})
	}
}

// A description travels whole, larger than the window too, and it and notes
// keep their place between the bytes before and after them, directly and over a gateway.
func TestStateKeepsItsPlace(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), wire.Window/8) // twice the window
	want := []part{
		{wire.Data, 0, []byte("before")},
		{wire.State, 6, large},
		{wire.Data, 6, []byte("after")},
		{wire.Note, 11, []byte(`{"a":1}`)},
		{wire.Note, 11, []byte(`{"b":1}`)},
		{wire.Data, 11, []byte("more")},
		{wire.State, 5000, []byte("small")},
		{wire.State, 5000, []byte("another")},
		{wire.Data, 5000, []byte("end")},
	}
	far := newBench(t, rpc.Options{}, flow("flow.far", func(ctx context.Context, s *rpc.Stream) error {
		for _, p := range want {
			send := map[wire.Kind]func(context.Context, uint64, []byte) error{
				wire.Data: s.Send, wire.State: s.SendState, wire.Note: s.SendNote,
			}
			if err := send[p.kind](ctx, p.offset, p.data); err != nil {
				return err
			}
		}
		return nil
	}))
	farConn := far.dial(t)
	near := newBench(t, rpc.Options{}, flow("flow.relay", func(ctx context.Context, s *rpc.Stream) error {
		f, err := farConn.Open(ctx, "flow.far", wire.Nothing{}, nil)
		if err != nil {
			return err
		}
		return rpc.Relay(ctx, s, f)
	}))
	for how, s := range map[string]*rpc.Stream{
		"directly": open(t, farConn, "flow.far"),
		"relayed":  open(t, near.dial(t), "flow.relay"),
	} {
		got := parts(t.Context(), t, s)
		if len(got) != len(want) {
			t.Fatalf("%s: %d pieces, want %d", how, len(got), len(want))
		}
		for i, w := range want {
			if got[i].kind != w.kind || got[i].offset != w.offset || !bytes.Equal(got[i].data, w.data) {
				t.Errorf("%s: piece %d is of kind %d at %d with %d bytes, want %d at %d with %d",
					how, i, got[i].kind, got[i].offset, len(got[i].data), w.kind, w.offset, len(w.data))
			}
		}
	}
}
