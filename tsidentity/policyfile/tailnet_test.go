package policyfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"tailscale.com/tsnet"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/tsidentity"
	"homie/tsidentity/policyfile"
)

// callers are devices of each kind that a policy file can tell apart.
var callers = []struct {
	tailbox.Device
	ask policyfile.Query
}{
	{tailbox.Device{Hostname: "ann-laptop", Login: "ann@example.com"}, policyfile.Query{Login: "ann@example.com", Member: true}},
	{tailbox.Device{Hostname: "ben-phone", Login: "ben@example.com"}, policyfile.Query{Login: "ben@example.com", Member: true}},
	{tailbox.Device{Hostname: "wall", Tags: []string{"tag:kiosk"}}, policyfile.Query{Tags: []string{"tag:kiosk"}}},
	{tailbox.Device{Hostname: "tv", Tags: []string{"tag:kiosk", "tag:tv"}}, policyfile.Query{Tags: []string{"tag:kiosk", "tag:tv"}}},
	{tailbox.Device{Hostname: "sam-phone", Login: "sam@elsewhere.example", Shared: "elsewhere.ts.net"}, policyfile.Query{Login: "sam@elsewhere.example", Shared: true}},
}

// TestAsOnARealTailnet compares answers with what the gateway's own device says
// of real devices, under policies made at random.
func TestAsOnARealTailnet(t *testing.T) {
	o := tailbox.Options{
		People: []tailbox.Person{{Login: "ann@example.com"}, {Login: "ben@example.com"}, {Login: "sam@elsewhere.example"}},
		Policy: policyOf(rand.New(rand.NewPCG(0, 0))),
	}
	o.Devices = append(o.Devices, tailbox.Device{Hostname: "homie", Tags: []string{"tag:homie"}})
	names := []string{"homie"}
	for _, c := range callers {
		o.Devices = append(o.Devices, c.Device)
		names = append(names, c.Hostname)
	}
	tn := tailboxtest.Start(t, o)
	servers := tailboxtest.Up(t, tn, names...)
	lc, err := servers[0].LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[policyfile.Verdict]int{}
	for n := range 12 {
		text := policyOf(rand.New(rand.NewPCG(7, uint64(n))))
		if err := tn.SetPolicy(marked(text, n)); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		file, err := policyfile.Parse([]byte(marked(text, n)))
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		r := tsidentity.NewResolver(tsidentity.ResolverConfig{Tailnet: lc}) // remembers nothing
		for i, c := range callers {
			who := settled(t, r, servers[i+1], n)
			for _, v := range compare(t, file, c.ask, who, text) {
				verdicts[v]++
			}
		}
	}
	if verdicts[policyfile.Yes] < 200 || verdicts[policyfile.No] < 200 {
		t.Errorf("the policies made at random are too much alike: %v", verdicts)
	}
	t.Logf("compared: %v", verdicts)
}

// marked adds a grant by which a device's rights show that the policy is in
// force.
func marked(text string, n int) string {
	mark := fmt.Sprintf(`{"src": ["*"], "dst": ["*"], "ip": ["tcp:443"], "app": {"homie.internal/cap/homie": [{"as": ["mark-%d"]}]}}`, n)
	return strings.Replace(text, `"grants": [`, `"grants": [`+mark+`, `, 1)
}

// settled waits until the policy is in force for a device, and returns it.
func settled(t *testing.T, r *tsidentity.Resolver, s *tsnet.Server, n int) tsidentity.Caller {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ip, _ := s.TailscaleIPs()
	for {
		who, err := r.Resolve(ctx, net.JoinHostPort(ip.String(), "40000"))
		if err != nil {
			t.Fatal(err)
		}
		if len(who.Rights.Values) > 0 && len(who.Rights.Values[0].As) == 1 && who.Rights.Values[0].As[0] == fmt.Sprintf("mark-%d", n) {
			return who
		}
		select {
		case <-ctx.Done():
			t.Fatalf("policy %d never came into force for %s", n, s.Hostname)
		case <-tick.C:
		}
	}
}

// compare asks the file what the caller may do, and wants what they may.
func compare(t *testing.T, file *policyfile.File, ask policyfile.Query, who tsidentity.Caller, text string) []policyfile.Verdict {
	t.Helper()
	ask.Gateway = policyfile.Gateway{Tags: []string{"tag:homie"}}
	var got []policyfile.Verdict
	for _, machine := range []string{"", "nas", "mini-1"} {
		for _, can := range []string{"presence:read", "terminal:write", "pairing:write", "rpc:use"} {
			for _, account := range []string{"", "media"} {
				if machine == "" && account != "" {
					continue
				}
				m := tsidentity.Machine{Name: machine, Tags: []string{"tag:lab"}}
				may := who.Can(can)
				if machine != "" {
					may = who.CanOn(can, m)
				}
				if account != "" {
					may = who.MayRunAs(can, m, account)
				}
				ask.Capability, ask.Machine, ask.MachineTags, ask.Account = can, machine, m.Tags, account
				want := policyfile.No
				if may {
					want = policyfile.Yes
				}
				a := file.Test(ask)
				if a.Verdict != want {
					t.Errorf("%s, %s on %q as %q: the file says %s (%s), the gateway %s. Policy:\n%s", who.Device.Name, can, machine, account, a.Verdict, a.Why, want, text)
				}
				got = append(got, a.Verdict)
			}
		}
	}
	return got
}

// policyOf makes a policy file of what the box understands.
func policyOf(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	some := func(from ...string) string {
		out := []string{}
		for range 1 + r.IntN(2) {
			out = append(out, fmt.Sprintf("%q", pick(from...)))
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	value := func() string {
		switch r.IntN(6) {
		case 0:
			return fmt.Sprintf(`{"role": %q}`, pick("owner", "member", "guest", "kiosk"))
		case 1:
			return pick(`{"role": "boss"}`, `{}`, `7`, `{"rol": "owner"}`, `{"allow": ["*"]}`, `{"role": "owner", "nodes": []}`)
		case 2:
			return `{"as": ["media"], "nodes": ` + some("nas", "mini-*", "tag:lab", "tag:other") + `}`
		}
		return `{"allow": ` + some("terminal:*", "presence:read", "pairing:write", "*:*") + `, "nodes": ` +
			some("nas", "homie-nas", "mini-?", "x*", "tag:lab", "tag:other") + pick("", `, "as": ["media"]`) + `}`
	}
	var grants []string
	for range 1 + r.IntN(5) {
		values := []string{value()}
		for range r.IntN(3) {
			values = append(values, value())
		}
		grants = append(grants, `{"src": `+some("ann@example.com", "ben@example.com", "group:a", "tag:kiosk", "tag:tv", "autogroup:member",
			"autogroup:tagged", "autogroup:shared", "*")+`, "dst": `+some("tag:homie", "*", "tag:other", "autogroup:tagged", "autogroup:member")+
			`, "app": {"homie.internal/cap/homie": [`+strings.Join(values, ", ")+`]}}`)
	}
	return `{"groups": {"group:a": ["ben@example.com"]}, "grants": [` + strings.Join(grants, ",\n\t") + `]}`
}
