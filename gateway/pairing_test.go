package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homie/gateway"
	"homie/gateway/pairing"
	"homie/gateway/stepup"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
	"homie/wire/terminal"
)

// pairings returns who waits and who is paired.
func pairings(t *testing.T, owner *rpc.Conn) pairing.Pairings {
	t.Helper()
	var out pairing.Pairings
	if err := owner.Call(t.Context(), "pairing.list", nil, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// request returns the request of a machine once there is one.
func request(t *testing.T, owner *rpc.Conn, name wire.NodeName) pairing.Request {
	t.Helper()
	var r pairing.Request
	homietest.Eventually(t, "the request of "+string(name), func() error {
		all := pairings(t, owner)
		i := slices.IndexFunc(all.Requests, func(r pairing.Request) bool { return r.Name == name })
		if i < 0 {
			return fmt.Errorf("requests: %+v", all.Requests)
		}
		r = all.Requests[i]
		return nil
	})
	return r
}

// decide lets the owner decide on a machine.
func decide(t *testing.T, owner *rpc.Conn, method string, id wire.DeviceID) {
	t.Helper()
	if err := owner.Call(t.Context(), method, pairing.DeviceParams{Device: id}, nil); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

// ends waits until a connection has ended.
func ends(t *testing.T, what string, c *rpc.Conn, limit time.Duration) {
	t.Helper()
	since := time.Now()
	next(t, what, c.Done())
	if took := time.Since(since); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
}

// A device of the owner's that asks to be a node holds a node's rights and no
// others, on every connection, before and after it asked, until it is forgotten.
func TestNodeNeverInheritsItsOwner(t *testing.T) {
	h := homietest.WithoutGateway(t, homietest.Everybody)
	h.StartGateway(func(c *gateway.Config) { c.Limits.All = rpc.Rate{PerSecond: 1e4, Burst: 1e4} }) // everything is tried, many times
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")

	before, hello := h.Connect(homietest.NodeAttic)
	if !slices.Equal(hello.Caller.Roles, []string{"owner"}) {
		t.Fatalf("the owner's device starts as %+v, want the owner", hello.Caller)
	}
	st := attached(t, before, start(t, before, "den"))
	events, err := listen(t, before, "pairing.changed")
	if err != nil {
		t.Fatal(err)
	}
	local := h.Machine(homietest.NodeAttic)
	since := time.Now()
	if got := h.Register(local, homietest.Offer("terminal")); got.State != nodes.Pending || len(got.Approved) != 0 || got.Name != "attic" {
		t.Errorf("an untagged machine registers as %+v, want it to wait as attic", got)
	}
	wantClosed(t, st, since, "terminal:read")
	for e := next(t, "the end of its subscription", events); e.Error == nil; {
		e = next(t, "the end of its subscription", events)
	}
	after, hello := h.Connect(homietest.NodeAttic)
	if who := hello.Caller; who.Class != "node" || who.Person != nil || len(who.Roles)+len(who.Capabilities) != 0 {
		t.Errorf("a waiting machine is %+v, want a node without its owner's person and rights", who)
	}
	for _, c := range []*rpc.Conn{before, local, after} {
		wantOnlyNodeRights(t, c)
	}
	r := request(t, owner, "attic")
	if r.Owner != tailbox.Olivia || len(r.Tags) != 0 {
		t.Errorf("the request is %+v, want one of Olivia's device", r)
	}
	decide(t, owner, "pairing.approve", r.Device)
	for _, c := range []*rpc.Conn{before, local, after} {
		wantOnlyNodeRights(t, c)
	}
	decide(t, owner, "pairing.revoke", r.Device)
	wantOnlyNodeRights(t, after)
	decide(t, owner, "pairing.forget", r.Device)
	again, hello := h.Connect(homietest.NodeAttic)
	if !slices.Equal(hello.Caller.Roles, []string{"owner"}) {
		t.Errorf("the forgotten machine's device is %+v, want the owner's again", hello.Caller)
	}
	if err := again.Call(t.Context(), "pairing.list", nil, nil); err != nil {
		t.Errorf("the owner's device again: %v", err)
	}
}

// wantOnlyNodeRights tries every method and topic.
func wantOnlyNodeRights(t *testing.T, c *rpc.Conn) {
	t.Helper()
	own := []string{"rpc.hello", "rpc.ping", "rpc.subscribe", "rpc.unsubscribe", "rpc.discover", "identity.whoami", "presence.heartbeat", "node.register"}
	for _, m := range offered(t).Methods() {
		switch {
		case slices.Contains(own, m.Name):
		case m.Name == "stepup.get" || m.Name == "stepup.confirmation.list":
			wantNobody(t, c)
		case strings.HasPrefix(m.Name, "stepup."):
			if err := c.Call(t.Context(), m.Name, seed(t, m.Name), nil); err == nil {
				t.Errorf("%s as a node is done", m.Name)
			}
		default:
			wantReason(t, m.Name+" as a node", c.Call(t.Context(), m.Name, seed(t, m.Name), nil), wire.Forbidden)
		}
	}
	for _, topic := range offered(t).Topics() {
		if topic.Name == "stepup.changed" {
			continue // a person is told of their own; a node is none
		}
		_, err := listen(t, c, topic.Name)
		wantReason(t, topic.Name+" as a node", err, wire.Forbidden)
	}
}

// wantNobody asks how confirmations stand for who is no person: there are none,
// whoever owns the device.
func wantNobody(t *testing.T, c *rpc.Conn) {
	t.Helper()
	var status stepup.Status
	var list stepup.Confirmations
	err := errors.Join(c.Call(t.Context(), "stepup.get", nil, &status), c.Call(t.Context(), "stepup.confirmation.list", nil, &list))
	if err != nil || status.Personal || len(status.Passkeys)+len(list.Confirmations) != 0 {
		t.Errorf("for a node confirmations stand as %+v, %+v, %v, want nobody's", status, list, err)
	}
}

// A machine waits, is approved while it waits, is cut off, stays out, and is let
// in again.
func TestPairingOfARealNode(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	changes, err := listen(t, owner, "pairing.changed")
	if err != nil {
		t.Fatal(err)
	}
	h.StartNode(homietest.NodeLoft, sharing)
	next(t, "word of the request", changes)
	r := request(t, owner, "loft")
	if m, ok := machine(t, owner, "loft"); ok {
		t.Errorf("a waiting machine is in the list: %+v", m)
	}
	decide(t, owner, "pairing.approve", r.Device)
	online(t, owner, "loft")
	st := attached(t, owner, start(t, owner, "loft"))

	since := time.Now()
	decide(t, owner, "pairing.revoke", r.Device)
	err = ending(t, st)
	if took := time.Since(since); took > promptly {
		t.Errorf("the terminal of a revoked machine was open for %v", took)
	}
	if reason := wire.ReasonOf(err); reason != wire.Unavailable && reason != wire.Forbidden {
		t.Errorf("the terminal of a revoked machine ended with %v", err)
	}
	if m, ok := machine(t, owner, "loft"); ok {
		t.Errorf("a revoked machine is in the list: %+v", m)
	}
	homietest.Eventually(t, "the machine tries again and is refused", func() error {
		if len(h.Said.Lines("part=homie-loft", "no link to the gateway", "removed from the household")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
	decide(t, owner, "pairing.approve", r.Device)
	online(t, owner, "loft")
	attached(t, owner, start(t, owner, "loft"))
}

// An owner says no: the machine is told, cut off, and stays out.
func TestRejectedMachineStaysOut(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	c := h.Machine(homietest.NodeAttic)
	h.Register(c, homietest.Offer("terminal"))
	decide(t, owner, "pairing.reject", request(t, owner, "attic").Device)
	ends(t, "cutting off the rejected machine", c, promptly)
	c = h.Machine(homietest.NodeAttic)
	_, err := rpc.Invoke(t.Context(), c, nodes.Register, homietest.Offer("terminal"))
	wantReason(t, "registering after the rejection", err, wire.Forbidden)
	if all := pairings(t, owner); len(all.Requests) != 0 {
		t.Errorf("a rejected machine asks again: %+v", all.Requests)
	}
}

// What a machine is called and who it is comes from the tailnet.
func TestMachineCantClaimToBeAnother(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	h.Register(h.Machine(tailbox.NodeDen), homietest.Offer("terminal"))
	den, ok := machine(t, owner, "den")
	if !ok {
		t.Fatal("den is not there")
	}
	evil := h.Machine(tailbox.NodeNAS)
	for _, claim := range []string{
		`{"name":"den","capabilities":["terminal"]}`,
		`{"device":"` + string(den.Device) + `","capabilities":["terminal"]}`,
		`{"tags":["tag:homie"],"capabilities":["terminal"]}`,
	} {
		err := evil.Call(t.Context(), nodes.Register.Name, rawJSON(claim), nil)
		wantReason(t, claim, err, wire.InvalidParams)
	}
	if got := h.Register(evil, homietest.Offer("terminal")); got.Name != "nas" {
		t.Errorf("the machine is called %q, want nas", got.Name)
	}
	beat := `{"device":"` + string(den.Device) + `","sessions":99}`
	wantReason(t, "a heartbeat in another's name", evil.Call(t.Context(), "presence.heartbeat", rawJSON(beat), nil), wire.InvalidParams)
	if err := evil.Call(t.Context(), "presence.heartbeat", rawJSON(`{"sessions":99}`), nil); err != nil {
		t.Fatal(err)
	}
	if m, _ := machine(t, owner, "den"); m.Health != nil {
		t.Errorf("den is said to be %+v by another", m.Health)
	}
	if m, _ := machine(t, owner, "nas"); m.Health == nil || m.Health.Sessions != 99 {
		t.Errorf("nas said that it is %+v", m.Health)
	}
	// On whose behalf a call is made is for nodes to believe, of their gateway.
	ws := h.Socket(tailbox.VeraLaptop)
	say(t, ws, helloLine)
	hear(ws, `"id":1`)
	say(t, ws, `{"jsonrpc":"2.0","id":2,"method":"presence.list","meta":{"onBehalf":{"person":"1001","name":"Olivia"}}}`)
	if got := hear(ws, `"id":2`); !strings.Contains(got, `"forbidden"`) {
		t.Errorf("a visitor on behalf of Olivia: %s", got)
	}
}

// A machine that offers more than was approved goes on with what it has, and
// asks for the rest.
func TestWideningAsksAgain(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	told := make(chan nodes.Registered, 8)
	c := h.Machine(tailbox.NodeNAS, pairingTo(told))
	h.Register(c, homietest.Offer("terminal"))
	got := h.Register(c, homietest.Offer("screen", "terminal", "voice"))
	if got.State != nodes.Paired || !slices.Equal(got.Approved, []string{"terminal"}) {
		t.Errorf("widening answers %+v, want terminals as before", got)
	}
	r := request(t, owner, "nas")
	if !slices.Equal(r.Capabilities, []string{"screen", "terminal", "voice"}) {
		t.Errorf("it asks for %v", r.Capabilities)
	}
	err := owner.Call(t.Context(), "pairing.approve", pairing.ApproveParams{Device: r.Device, Capabilities: []string{"voice", "terminal", "unasked"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for p := (nodes.Registered{}); !slices.Equal(p.Approved, []string{"terminal", "voice"}); {
		p = next(t, "word that what was asked for and approved is paired", told)
	}
	if got := h.Register(c, homietest.Offer("screen", "terminal", "voice")); !slices.Equal(got.Approved, []string{"terminal", "voice"}) {
		t.Errorf("it comes back with %v", got.Approved)
	}
	decide(t, owner, "pairing.reject", request(t, owner, "nas").Device) // of screen, once more
	if m, ok := machine(t, owner, "nas"); !ok || !slices.Equal(m.Capabilities, []string{"terminal", "voice"}) {
		t.Errorf("after the rejection of more, nas has %v, want what it had", m.Capabilities)
	}
	wider := homietest.Offer("terminal", "voice")
	wider.Account = "root"
	h.Register(c, wider)
	if r := request(t, owner, "nas"); r.Account != "root" {
		t.Errorf("another account asks as %q", r.Account)
	}
	if m, _ := machine(t, owner, "nas"); m.Account != "pi" {
		t.Errorf("the account is %q before anybody approved it", m.Account)
	}
}

// Only tags carry autoApprove: an untagged device shows its owner's grants.
func TestAutoApproveIsForTaggedMachines(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant("autogroup:member", `{"role": "owner"}`, `{"autoApprove": ["terminal"]}`))); err != nil {
		t.Fatal(err)
	}
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	homietest.Eventually(t, "the grant is in force", func() error {
		var who wire.Whoami
		if err := owner.Call(t.Context(), "identity.whoami", nil, &who); err != nil || len(who.Grants) < 3 {
			return fmt.Errorf("grants: %+v, %v", who.Grants, err)
		}
		return nil
	})
	if got := h.Register(h.Machine(homietest.NodeAttic), homietest.Offer("terminal")); got.State != nodes.Pending {
		t.Errorf("an untagged machine registers as %+v, want it to wait", got)
	}
	if got := h.Register(h.Machine(tailbox.NodeNAS), homietest.Offer("terminal")); got.State != nodes.Paired {
		t.Errorf("a tagged machine registers as %+v, want it to be paired", got)
	}
}

// A node belongs to its gateway's device, not to whoever bears its name.
func TestNodePinsItsGateway(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	h.Stop(tailbox.Gateway)
	if err := h.Remove(tailbox.Gateway); err != nil {
		t.Fatal(err)
	}
	if err := h.AddDevice(tailbox.Device{Hostname: tailbox.Gateway, Tags: []string{"tag:homie"}}); err != nil {
		t.Fatal(err)
	}
	h.Forget(tailbox.Gateway)
	h.StartGateway()
	owner, _ = h.Connect(tailbox.OliviaPhone)
	homietest.Eventually(t, "the node says that this is another gateway", func() error {
		if len(h.Said.Lines("part=homie-den", "the gateway that this machine is paired with is not visible")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
	if all := pairings(t, owner); len(all.Requests)+len(all.Paired) != 0 {
		t.Errorf("the node went to another gateway: %+v", all)
	}
	if said := h.Said.Lines("level=WARN", "part=homie-den", "no link to the gateway"); len(said) > 3 {
		t.Errorf("it is said %d times: %s", len(said), said)
	}
}

// The account of a machine that runs as a plain user was named at its pairing
// and needs no "as"; root, and the gateway's own account, always do.
func TestPlainAccountNeedsNoAs(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	grantMax(t, h, `{"role": "member"}`, `{"allow": ["terminal:*"]}`)
	c, _ := h.Connect(tailbox.MaxTablet)
	node := h.Machine(tailbox.NodeNAS)
	for _, tt := range []struct {
		what              string
		root, withGateway bool
		want              []string
	}{
		{"a plain user", false, false, []string{"pi"}},
		{"root", true, false, []string{}},
		{"the gateway's account", false, true, []string{}},
	} {
		p := homietest.Offer("terminal")
		p.Root, p.WithGateway = tt.root, tt.withGateway
		h.Register(node, p)
		homietest.Eventually(t, tt.what, func() error {
			m, _ := machine(t, c, "nas")
			if !slices.Equal(m.Accounts, tt.want) || m.MayOpenTerminal != (len(tt.want) > 0) {
				return fmt.Errorf("accounts %v, may open a terminal %v, want %v", m.Accounts, m.MayOpenTerminal, tt.want)
			}
			return nil
		})
	}
	_, err := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "nas", Cols: 80, Rows: 24})
	wantReason(t, "a terminal under the gateway's account", err, wire.Forbidden)
}

// pairingTo takes pairings and tells of them.
func pairingTo(told chan<- nodes.Registered) *rpc.Method {
	return rpc.Serve(nodes.PairingChanged, func(_ context.Context, _ tsidentity.Caller, p nodes.Registered) (wire.Nothing, error) {
		told <- p
		return wire.Nothing{}, nil
	})
}
