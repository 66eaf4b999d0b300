package rpc_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

type roomParams struct {
	Room string `json:"room"`
}

func (p roomParams) Target() string { return p.Room }

func (p roomParams) Validate() error {
	if p.Room == "" {
		return errors.New("room is missing")
	}
	return nil
}

// What is sensitive is asked about after the caller's right and the params' shape,
// and before anything is done.
func TestSensitive(t *testing.T) {
	var (
		done    []string
		asked   []rpc.Act
		record  []string
		refused = wire.Errorf(wire.ConfirmationRequired, "confirm it").ToConfirm(wire.Confirm{ID: "c1", Words: "Light the hall"})
	)
	light := func(_ context.Context, _ tsidentity.Caller, p roomParams) (wire.Nothing, error) {
		done = append(done, p.Room)
		return wire.Nothing{}, nil
	}
	ask := func(_ context.Context, who tsidentity.Caller, p roomParams) (rpc.Question, error) {
		return rpc.Question{Words: who.Name() + " lights the " + p.Room}, nil
	}
	yes := false
	b := newBench(t, rpc.Options{
		Confirm: func(_ context.Context, _ tsidentity.Caller, a rpc.Act) error {
			asked = append(asked, a)
			if yes {
				return nil
			}
			return refused
		},
		Audit: func(_ context.Context, a rpc.Audit) { record = append(record, a.Method+" "+a.Decision) },
	},
		rpc.Call("lamp.light", "lamp:write", light, rpc.Sensitive(ask)),
		rpc.Call("lamp.look", "lamp:write", light),
		rpc.Call("lamp.relay", "lamp:write", func(context.Context, tsidentity.Caller, roomParams) (wire.Nothing, error) {
			return wire.Nothing{}, refused
		}),
	)
	b.SetCaller(member("max", "lamp:write"))
	c := b.dial(t)
	call := func(method, room string) error { return c.Call(t.Context(), method, roomParams{room}, nil) }

	if err := call("lamp.light", ""); wire.ReasonOf(err) != wire.InvalidParams || len(asked) != 0 {
		t.Errorf("params of no shape: %v, and %d questions", err, len(asked))
	}
	err := call("lamp.light", "hall")
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Data.Confirm == nil || *e.Data.Confirm != *refused.Data.Confirm {
		t.Errorf("lighting: %v, want what is to be confirmed", err)
	}
	q, err := asked[0].Ask(t.Context())
	if err != nil || q.Words != "max lights the hall" || asked[0].Target != "hall" || asked[0].Params != (roomParams{"hall"}) {
		t.Errorf("asked is %+v, %+v, %v", asked[0], q, err)
	}
	yes = true
	if err := errors.Join(call("lamp.light", "hall"), call("lamp.look", "attic")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(done, []string{"hall", "attic"}) || len(asked) != 2 {
		t.Errorf("done are %v, after %d questions", done, len(asked))
	}
	if err := call("lamp.relay", "hall"); wire.ReasonOf(err) != wire.Protocol {
		t.Errorf("a machine that asks for a confirmation itself: %v", err)
	}
	b.SetCaller(member("gus", "other:read"))
	if err := call("lamp.light", "hall"); wire.ReasonOf(err) != wire.Forbidden || len(asked) != 2 {
		t.Errorf("without the right: %v, and %d questions", err, len(asked))
	}
	if want := []string{"lamp.light asked", "lamp.light denied"}; !slices.Equal(record, want) {
		t.Errorf("on record are %q, want %q", record, want)
	}
}

func TestSensitiveKnowsItsParams(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a question about other params is taken")
		}
	}()
	rpc.Call("lamp.light", "lamp:write",
		func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
			return wire.Nothing{}, nil
		},
		rpc.Sensitive(func(context.Context, tsidentity.Caller, roomParams) (rpc.Question, error) { return rpc.Question{}, nil }))
}
