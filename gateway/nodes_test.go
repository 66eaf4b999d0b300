package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"homie/gateway/presence"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
)

// machine returns a machine as the list has it, false if it is not there for
// this caller.
func machine(t *testing.T, c *rpc.Conn, name wire.NodeName) (presence.Machine, bool) {
	t.Helper()
	var list presence.Machines
	if err := c.Call(t.Context(), "presence.list", wire.Nothing{}, &list); err != nil {
		return presence.Machine{}, false
	}
	i := slices.IndexFunc(list.Machines, func(m presence.Machine) bool { return m.Name == name })
	if i < 0 {
		return presence.Machine{}, false
	}
	return list.Machines[i], true
}

// waitOnline waits until a machine is online, whether it says how it is or not.
func waitOnline(t *testing.T, c *rpc.Conn, name wire.NodeName) presence.Machine {
	t.Helper()
	var m presence.Machine
	homietest.Eventually(t, string(name)+" comes online", func() error {
		if m, _ = machine(t, c, name); !m.Online {
			return fmt.Errorf("it is %+v", m)
		}
		return nil
	})
	return m
}

// A machine that was linked before it had taken in its first pairing refused
// the gateway's subscription, so that changes of its terminals reached nobody
// until it connected again.
func TestMachineIsLinkedAfterItTookItsPairing(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	told, taken := make(chan nodes.Registered, 1), make(chan struct{})
	c := h.Machine(tailbox.NodeNAS, rpc.Serve(nodes.PairingChanged,
		func(_ context.Context, _ tsidentity.Caller, p nodes.Registered) (wire.Nothing, error) {
			told <- p
			<-taken
			return wire.Nothing{}, nil
		}))
	h.Register(c, homietest.Offer("terminal"))
	if p := next(t, "word of the pairing", told); p.State != nodes.Paired || !slices.Equal(p.Approved, []string{"terminal"}) {
		t.Errorf("the machine is told %+v, want that it is paired for terminals", p)
	}
	if m, ok := machine(t, owner, "nas"); !ok || m.Online {
		t.Errorf("the machine is online = %v before it took its pairing", m.Online)
	}
	events, err := listen(t, owner, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	close(taken)
	next(t, "the machine's coming", events)
	if m, _ := machine(t, owner, "nas"); !m.Online {
		t.Error("the machine is offline after it took its pairing")
	}
}
