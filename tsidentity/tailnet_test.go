package tsidentity_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tailscale.com/tsnet"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/tsidentity"
)

const (
	homieCap = `"homie.internal/cap/homie"`
	boundCap = `"homie.internal/cap/homie-node"`
)

// household is a tailnet with a device of each kind.
func household() tailbox.Options {
	return tailbox.Options{
		People: []tailbox.Person{
			{Login: "olivia@example.com", Name: "Olivia"},
			{Login: "max@example.com", Name: "Max"},
			{Login: "vera@example.com", Name: "Vera"},
			{Login: "sam@elsewhere.example", Name: "Sam"},
			{Login: "ghost@example.com", Name: "Ghost"},
		},
		Devices: []tailbox.Device{
			{Hostname: "homie", Tags: []string{"tag:homie"}},
			{Hostname: "olivia-laptop", Login: "olivia@example.com"},
			{Hostname: "max-tablet", Login: "max@example.com"},
			{Hostname: "vera-laptop", Login: "vera@example.com"},
			{Hostname: "wall", Tags: []string{"tag:kiosk"}},
			{Hostname: "printer", Tags: []string{"tag:iot"}},
			{Hostname: "homie-den", Tags: []string{"tag:homie-node"}},
			{Hostname: "homie-box", Login: "olivia@example.com"},
			{Hostname: "sam-phone", Login: "sam@elsewhere.example", Shared: "elsewhere.ts.net"},
			{Hostname: "ghost", Login: "ghost@example.com", Anonymous: true},
		},
		Policy: policy(``),
	}
}

// policy lets everybody reach the gateway and adds grants to what each holds.
func policy(more string) string {
	return `{"grants": [
		{"src": ["*"], "dst": ["tag:homie"], "ip": ["tcp:80"]},
		{"src": ["olivia@example.com"], "dst": ["tag:homie"], "app": {` + homieCap + `: [{"role": "owner"}]}},
		{"src": ["max@example.com"], "dst": ["tag:homie"], "app": {` + homieCap + `: [
			{"role": "member"}, {"role": "membre"}, {"allow": ["terminal:*"], "nodes": ["nas"], "as": ["media"]}, {"alow": ["*:*"]}]}},
		{"src": ["tag:kiosk"], "dst": ["tag:homie"], "app": {` + homieCap + `: [{"role": "kiosk"}]}},
		{"src": ["tag:homie-node"], "dst": ["tag:homie"], "app": {` + homieCap + `: [{"autoApprove": ["terminal"]}]}},
		` + more + `
	]}`
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// resolver is one on the gateway's device.
func resolver(t *testing.T, gateway *tsnet.Server, conf tsidentity.ResolverConfig) *tsidentity.Resolver {
	t.Helper()
	lc, err := gateway.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	conf.Tailnet = lc
	return tsidentity.NewResolver(conf)
}

// from resolves a device by the address that its connections come from.
func from(t *testing.T, r *tsidentity.Resolver, s *tsnet.Server) tsidentity.Caller {
	t.Helper()
	ip, _ := s.TailscaleIPs()
	who, err := r.Resolve(within(t), net.JoinHostPort(ip.String(), "40000"))
	if err != nil {
		t.Fatalf("%s: %v", s.Hostname, err)
	}
	return who
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := within(t); !ok(); {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestCallersOnARealTailnet(t *testing.T) {
	tn := tailboxtest.Start(t, household())
	names := []string{"homie", "olivia-laptop", "max-tablet", "vera-laptop", "wall", "printer", "homie-den", "homie-box", "sam-phone", "ghost"}
	servers := tailboxtest.Up(t, tn, names...)
	var nodes atomic.Value // []string of device ids
	nodes.Store([]string{})
	r := resolver(t, servers[0], tsidentity.ResolverConfig{IsNode: func(id string) bool { return slices.Contains(nodes.Load().([]string), id) }})
	nodes.Store([]string{from(t, r, servers[6]).Device.ID, from(t, r, servers[7]).Device.ID})

	nas, den := tsidentity.Machine{Name: "nas"}, tsidentity.Machine{Name: "den"}
	for i, want := range []struct {
		class    tsidentity.Class
		name     string
		visitor  bool
		can      []string
		problems int
	}{
		{tsidentity.ClassSelf, "homie", false, nil, 0},
		{tsidentity.ClassPerson, "Olivia", false, []string{"identity:self", "presence:read", "pairing:write", "terminal:write"}, 0},
		{tsidentity.ClassPerson, "Max", false, []string{"identity:self", "presence:read", "terminal:write"}, 2},
		{tsidentity.ClassPerson, "Vera", true, []string{"identity:self"}, 0},
		{tsidentity.ClassTagged, "wall", false, []string{"identity:self", "presence:read"}, 0},
		{tsidentity.ClassTagged, "printer", true, []string{"identity:self"}, 0},
		{tsidentity.ClassNode, "homie-den", false, []string{"identity:self", "presence:heartbeat"}, 0},
		{tsidentity.ClassNode, "homie-box", false, []string{"identity:self", "presence:heartbeat"}, 0},
		{tsidentity.ClassShared, "Sam", true, nil, 0},
		{tsidentity.ClassUnknown, "", false, nil, 0},
	} {
		who := from(t, r, servers[i])
		if want.name == "" { // nobody: named by address
			want.name = who.Device.Addr
		}
		if who.Class != want.class || who.Name() != want.name || who.Visitor() != want.visitor || len(who.Rights.Problems) != want.problems {
			t.Errorf("%s: class %s, name %q, visitor %v, problems %q; want %+v", names[i], who.Class, who.Name(), who.Visitor(), who.Rights.Problems, want)
		}
		for _, c := range []string{"identity:self", "presence:read", "pairing:write", "terminal:write", "presence:heartbeat"} {
			if got := who.Can(c); got != slices.Contains(want.can, c) {
				t.Errorf("%s: Can(%s) = %v", names[i], c, got)
			}
		}
	}
	max := from(t, r, servers[2])
	if !max.CanOn("terminal:write", nas) || max.CanOn("terminal:write", den) || !max.MayRunAs("terminal:write", nas, "media") || max.MayRunAs("terminal:write", nas, "root") {
		t.Errorf("Max's rights are %+v", max.Rights)
	}
	if max.Device.OS == "" || max.Device.Name != "max-tablet" || max.Person.Login != "max@example.com" {
		t.Errorf("Max is %+v", max)
	}
	if got := from(t, r, servers[6]).AutoApprove(); !slices.Equal(got, []string{"terminal"}) {
		t.Errorf("the tagged node's auto-approval = %q", got)
	}
	if a, b := from(t, r, servers[4]), from(t, r, servers[5]); a.Key() == b.Key() {
		t.Errorf("two tagged devices are one caller %s", a.Key())
	}
}

// A policy change reaches open connections by nothing but asking again: they go
// on, no event tells, and the answer has to change within a second.
func TestTakingAGrantAwayIsSeenWithinASecond(t *testing.T) {
	tn := tailboxtest.Start(t, household())
	s := tailboxtest.Up(t, tn, "homie", "vera-laptop")
	if err := tn.SetPolicy(policy(`{"src": ["vera@example.com"], "dst": ["tag:homie"], "app": {` + homieCap + `: [{"allow": ["terminal:*"]}]}}`)); err != nil {
		t.Fatal(err)
	}
	r := resolver(t, s[0], tsidentity.ResolverConfig{})
	eventually(t, "Vera may", func() bool { return from(t, r, s[1]).Can("terminal:write") })

	ln, err := s[0].Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := s[1].Dial(within(t), "tcp", tn.FQDN("homie")+":80")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	served, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	identify := r.For(served.RemoteAddr().String())
	if who, err := identify(within(t)); err != nil || !who.Can("terminal:write") {
		t.Fatalf("on the connection: %+v, %v", who, err)
	}

	if err := tn.SetPolicy(`{"grants": []}`); err != nil {
		t.Fatal(err)
	}
	taken := time.Now()
	eventually(t, "Vera may not any more", func() bool {
		who, err := identify(within(t))
		return err == nil && !who.Can("terminal:write") && who.Visitor()
	})
	if d := time.Since(taken); d > time.Second {
		t.Errorf("the right lasted %v after it was taken away", d)
	}
	// Here is why somebody has to look: the connection itself does not mind.
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(served, make([]byte, 5)); err != nil {
		t.Errorf("the established connection ended: %v", err)
	}
}

type pin struct{ tsidentity.Pinned }

func (p *pin) Load() (tsidentity.Pinned, error) { return p.Pinned, nil }
func (p *pin) Store(n tsidentity.Pinned) error  { p.Pinned = n; return nil }

func TestALoginThatIsRenamedOrReusedMovesNothing(t *testing.T) {
	o := household()
	o.Devices = append(o.Devices, tailbox.Device{Hostname: "mallory-laptop", Login: "vera@example.com"})
	o.Policy = `{"grants": [{"src": ["*"], "dst": ["tag:homie"], "ip": ["tcp:80"]}]}`
	tn := tailboxtest.Start(t, o)
	s := tailboxtest.Up(t, tn, "homie", "olivia-laptop", "mallory-laptop")
	kept := &pin{}
	r := resolver(t, s[0], tsidentity.ResolverConfig{Owner: "olivia@example.com", Pin: kept})
	before := from(t, r, s[1])
	if !before.Can("pairing:write") || from(t, r, s[2]).Can("pairing:write") || kept.Person != before.Person.ID {
		t.Fatalf("the configured owner holds %+v, pinned %+v", before.Rights, kept.Pinned)
	}
	if err := tn.Rename("olivia@example.com", "liv@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := tn.Rename("vera@example.com", "olivia@example.com"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new logins are known", func() bool {
		return from(t, r, s[1]).Person.Login == "liv@example.com" && from(t, r, s[2]).Person.Login == "olivia@example.com"
	})
	after := from(t, r, s[1])
	if !after.Can("pairing:write") || after.Key() != before.Key() {
		t.Errorf("after the rename the owner is %s with %+v, before %s", after.Key(), after.Rights, before.Key())
	}
	if who := from(t, r, s[2]); who.Can("pairing:write") {
		t.Errorf("whoever has the owner's former login is owner: %+v", who)
	}
}

func TestAnUntaggedGatewayBelongsToItsUser(t *testing.T) {
	o := household()
	o.Devices = []tailbox.Device{
		{Hostname: "homie", Login: "olivia@example.com"},
		{Hostname: "olivia-laptop", Login: "olivia@example.com"},
		{Hostname: "homie-den", Login: "olivia@example.com"},
		{Hostname: "max-tablet", Login: "max@example.com"},
		{Hostname: "wall", Tags: []string{"tag:kiosk"}},
	}
	o.Policy = `{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["tcp:80"]}]}`
	tn := tailboxtest.Start(t, o)
	s := tailboxtest.Up(t, tn, "homie", "olivia-laptop", "homie-den", "max-tablet", "wall")
	den := ""
	r := resolver(t, s[0], tsidentity.ResolverConfig{IsNode: func(id string) bool { return id == den }})
	den = from(t, r, s[2]).Device.ID
	for i, owner := range []bool{false, true, false, false, false} {
		if got := from(t, r, s[i]).Can("pairing:write"); got != owner {
			t.Errorf("%s: owner = %v, want %v", s[i].Hostname, got, owner)
		}
	}
	if who := from(t, r, s[2]); who.Class != tsidentity.ClassNode || who.Person.ID != "" || who.Device.Owner != "olivia@example.com" {
		t.Errorf("the owner's untagged node is %+v", who)
	}
}

func TestWhoLeavesTheTailnetIsUnknown(t *testing.T) {
	tn := tailboxtest.Start(t, household())
	s := tailboxtest.Up(t, tn, "homie", "max-tablet", "olivia-laptop")
	r := resolver(t, s[0], tsidentity.ResolverConfig{})
	if err := tn.SetExpiry("max-tablet", time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an expired device is nobody's", func() bool {
		who := from(t, r, s[1])
		return who.Class == tsidentity.ClassUnknown && !who.Can("identity:self")
	})
	if err := tn.Remove("olivia-laptop"); err != nil {
		t.Fatal(err)
	}
	ip, _ := s[2].TailscaleIPs()
	eventually(t, "a removed device is nobody's", func() bool {
		who, err := r.Resolve(within(t), ip.String())
		return err == nil && who.Class == tsidentity.ClassUnknown
	})
}

func TestTheGatewayIsBoundedOnANode(t *testing.T) {
	o := household()
	grant := func(values string) string {
		return fmt.Sprintf(`{"grants": [{"src": ["tag:homie"], "dst": ["tag:homie-node"], "app": {%s: %s}}]}`, boundCap, values)
	}
	tn := tailboxtest.Start(t, o)
	s := tailboxtest.Up(t, tn, "homie", "homie-den", "olivia-laptop")
	lc, err := s[1].LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	pinned := ""
	g := tsidentity.NewGateways(lc, func() string { return pinned }, func() []string { return []string{"jobs", "terminal"} })
	ip, _ := s[0].TailscaleIPs()
	gateway := net.JoinHostPort(ip.String(), "443")
	ask := func() tsidentity.Caller {
		t.Helper()
		who, err := g.Resolve(within(t), gateway)
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	if who := ask(); who.Class != tsidentity.ClassGateway || who.Device.Name != "homie" || !who.Can("terminal:write") || !who.Can("jobs:run") || who.Can("screen:read") {
		t.Errorf("without a bound: %+v", who)
	}
	pinned = ask().Device.ID
	for _, tc := range []struct {
		values         string
		terminal, jobs bool
		problems       int
	}{
		{`[{"allow": ["jobs"]}]`, false, true, 0},
		{`[{"allow": ["jobs"]}, {"allow": ["terminal"]}]`, true, true, 0},
		{`[{"allow": ["*"]}]`, false, false, 1},
		{`[{"allow": ["terminal"]}, "junk"]`, true, false, 1},
	} {
		if err := tn.SetPolicy(grant(tc.values)); err != nil {
			t.Fatal(err)
		}
		eventually(t, tc.values, func() bool {
			who := ask()
			return who.Can("terminal:write") == tc.terminal && who.Can("jobs:run") == tc.jobs &&
				len(who.Rights.Problems) == tc.problems && who.Can(tsidentity.CapPairing)
		})
	}
	laptop, _ := s[2].TailscaleIPs()
	if who, err := g.Resolve(within(t), net.JoinHostPort(laptop.String(), "443")); err == nil {
		t.Errorf("another device passes for the gateway: %+v", who)
	}
}
