package gateway_test

import (
	"errors"
	"testing"

	"homie/gateway/presence"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// until returns the next event of a machine that ok accepts.
func until(t *testing.T, what string, events <-chan wire.Event, ok func(presence.Machine) bool) presence.Machine {
	t.Helper()
	for {
		var m presence.Machine
		decode(t, next(t, what, events).Data, &m)
		if ok(m) {
			return m
		}
	}
}

// A machine that was revoked, or forgotten while it was away, stayed on every
// screen: its last event said that it was offline, or there was none. One that
// was let in while it was away was not shown.
func TestRemovalIsAnnounced(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	h.Register(h.Machine(tailbox.NodeNAS), homietest.Offer("terminal"))
	nas := waitOnline(t, owner, "nas")
	guest, _ := h.Connect(homietest.GusPhone)
	events, err := listen(t, guest, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	removed := func(m presence.Machine) bool { return m.Removed }
	back := func(m presence.Machine) bool { return !m.Removed }
	for _, step := range []struct {
		method string
		want   func(presence.Machine) bool
		there  bool
	}{
		{"pairing.revoke", removed, false}, // while it is connected
		{"pairing.approve", back, true},    // and from here on it is away
		{"pairing.revoke", removed, false},
		{"pairing.approve", back, true},
		{"pairing.forget", removed, false},
	} {
		decide(t, owner, step.method, nas.Device)
		m := until(t, "word of "+step.method, events, step.want)
		if m.Name != "nas" || m.Device != nas.Device || m.Online || m.MayOpenTerminal {
			t.Errorf("after %s the event is %+v, want nas, and that it is away", step.method, m)
		}
		if _, there := machine(t, guest, "nas"); there != step.there {
			t.Errorf("after %s, nas is in the list: %v", step.method, there)
		}
	}
	select {
	case e := <-events:
		t.Errorf("after its last event nas is announced again: %s", e.Data)
	default:
	}
}

// Whoever sees a machine for its tags must let go of it when it loses them: what
// it is then is not told to them any more.
func TestMachineThatLosesItsTagsLeavesTheLists(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	if err := h.SetTags(tailbox.NodeNAS, "tag:homie-node", "tag:printer"); err != nil {
		t.Fatal(err)
	}
	grantMax(t, h, `{"allow": ["presence:read"], "nodes": ["tag:printer"]}`)
	c := h.Machine(tailbox.NodeNAS)
	h.Register(c, homietest.Offer("terminal"))
	max, _ := h.Connect(tailbox.MaxTablet)
	waitOnline(t, max, "nas")
	events, err := listen(t, max, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetTags(tailbox.NodeNAS, "tag:homie-node"); err != nil {
		t.Fatal(err)
	}
	homietest.Eventually(t, "the machine registers with its new tags", func() error {
		h.Register(c, homietest.Offer("terminal"))
		if _, there := machine(t, max, "nas"); there {
			return errors.New("Max sees it")
		}
		return nil
	})
	until(t, "word that nas is gone", events, func(m presence.Machine) bool { return m.Removed && m.Name == "nas" })
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	if m, there := machine(t, owner, "nas"); !there || !m.Online {
		t.Errorf("nas is %+v for the owner, want it online", m)
	}
}

// A terminal that somebody takes off the list leaves everybody's.
func TestRemovedTerminalIsAnnounced(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	max, _ := h.Connect(tailbox.MaxTablet)
	online(t, max, "den")
	s := start(t, max, "den")
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	events, err := listen(t, owner, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []terminal.State{terminal.Exited, terminal.Removed} {
		if _, err := rpc.Invoke(t.Context(), max, terminal.Kill, terminal.KillParams{Node: "den", Session: s.ID}); err != nil {
			t.Fatal(err)
		}
		for got := (terminal.Session{}); got.State != want || got.ID != s.ID || got.Node != "den"; {
			decode(t, next(t, "word that it is "+string(want), events).Data, &got)
		}
	}
	if got, err := rpc.Invoke(t.Context(), owner, terminal.List, terminal.ListParams{}); err != nil || len(got.Sessions) != 0 {
		t.Errorf("the list of terminals = %+v, %v, want nothing", got.Sessions, err)
	}
}
