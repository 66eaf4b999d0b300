package tailbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"tailscale.com/tailcfg"
)

func TestParsePolicyErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"not JSON", `{`, "reading the policy"},
		{"unknown section", `{"acls": []}`, `unknown field "acls"`},
		{"unknown grant field", `{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["*"], "via": ["tag:x"]}]}`, `unknown field "via"`},
		{"no src", `{"grants": [{"dst": ["*"], "ip": ["*"]}]}`, "src and dst can not be empty"},
		{"neither ip nor app", `{"grants": [{"src": ["*"], "dst": ["*"]}]}`, "ip and app can not both be empty"},
		{"bad port", `{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["tcp:70000"]}]}`, "not a port"},
		{"backward range", `{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["90-80"]}]}`, "not a port"},
		{"bad protocol", `{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["sctp:1"]}]}`, "unknown protocol"},
		{"capability as an address", `{"grants": [{"src": ["*"], "dst": ["*"], "app": {"https://x/y": []}}]}`, "{domain}/{path}"},
		{"unknown group", `{"grants": [{"src": ["group:x"], "dst": ["*"], "ip": ["*"]}]}`, `"group:x" is not defined`},
		{"unknown autogroup", `{"grants": [{"src": ["*"], "dst": ["autogroup:self"], "ip": ["*"]}]}`, "more than the box understands"},
		{"not a selector", `{"grants": [{"src": ["olivia"], "dst": ["*"], "ip": ["*"]}]}`, "not a selector"},
		{"nested group", `{"groups": {"group:a": ["group:b"]}}`, "groups do not nest"},
		{"bad group name", `{"groups": {"a": []}}`, "does not start with group:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParsePolicy(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParsePolicy(%s) = %v, want an error with %q", tt.text, err, tt.want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	p, err := ParsePolicy(`{
		// Comments and trailing commas are fine.
		"groups": {"group:owners": ["olivia@example.com"]},
		"tagOwners": {"tag:homie": ["autogroup:admin"]},
	}`)
	if err != nil {
		t.Fatal(err)
	}
	devices := []Device{
		{Hostname: "laptop", Login: "olivia@example.com"},
		{Hostname: "tablet", Login: "max@example.com"},
		{Hostname: "homie", Login: "olivia@example.com", Tags: []string{"tag:homie"}},
		{Hostname: "friend", Login: "fred@other.example", Shared: "other.ts.net"},
	}
	want := map[string][]string{
		"*":                  {"laptop", "tablet", "homie", "friend"},
		"olivia@example.com": {"laptop"},
		"group:owners":       {"laptop"},
		"tag:homie":          {"homie"},
		"autogroup:member":   {"laptop", "tablet"},
		"autogroup:tagged":   {"homie"},
		"autogroup:shared":   {"friend"},
		"fred@other.example": {"friend"},
		"tag:nas":            nil,
	}
	got := map[string][]string{}
	for selector := range want {
		got[selector] = nil
		for _, d := range devices {
			if p.matches(selector, d) {
				got[selector] = append(got[selector], d.Hostname)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who a selector covers (-want +got):\n%s", diff)
	}
}

func TestCompile(t *testing.T) {
	p, err := ParsePolicy(`{"grants": [
		{"src": ["olivia@example.com"], "dst": ["tag:homie"], "ip": ["tcp:443", "udp:*"], "app": {"x.example/cap": [{"a": 1}, "odd"]}},
		{"src": ["olivia@example.com"], "dst": ["tag:other"], "ip": ["*"]},
		{"src": ["tag:nobody"], "dst": ["tag:homie"], "ip": ["*"]},
	]}`)
	if err != nil {
		t.Fatal(err)
	}
	homie := &device{Device: Device{Hostname: "homie", Tags: []string{"tag:homie"}}, number: 1}
	laptop := &device{Device: Device{Hostname: "laptop", Login: "olivia@example.com"}, number: 258}
	from := []string{"100.64.1.2", "fd7a:115c:a1e0::6640:102"}
	if got := []string{laptop.addresses()[0].Addr().String(), laptop.addresses()[1].Addr().String()}; !cmp.Equal(got[0], from[0]) {
		t.Fatalf("addresses = %v, want %v", got, from)
	}
	from[1] = laptop.addresses()[1].Addr().String()
	ports := func(first, last uint16) []tailcfg.NetPortRange {
		r := tailcfg.PortRange{First: first, Last: last}
		return []tailcfg.NetPortRange{
			{IP: "100.64.0.1", Ports: r},
			{IP: homie.addresses()[1].Addr().String(), Ports: r},
		}
	}
	want := []tailcfg.FilterRule{
		{SrcIPs: from, IPProto: []int{6}, DstPorts: ports(443, 443)},
		{SrcIPs: from, IPProto: []int{17}, DstPorts: ports(0, 65535)},
		{SrcIPs: from, CapGrant: []tailcfg.CapGrant{{
			Dsts:   homie.addresses(),
			CapMap: tailcfg.PeerCapMap{"x.example/cap": {`{"a": 1}`, `"odd"`}},
		}}},
	}
	if diff := cmp.Diff(want, p.compile(homie, []peer{{device: laptop}}), cmp.Comparer(func(a, b tailcfg.FilterRule) bool {
		return cmp.Equal(a.SrcIPs, b.SrcIPs) && cmp.Equal(a.IPProto, b.IPProto) && cmp.Equal(a.DstPorts, b.DstPorts) &&
			len(a.CapGrant) == len(b.CapGrant) && (len(a.CapGrant) == 0 || cmp.Equal(a.CapGrant[0].CapMap, b.CapGrant[0].CapMap))
	})); diff != "" {
		t.Errorf("filter (-want +got):\n%s", diff)
	}
	if got := (Policy{}).compile(homie, []peer{{device: laptop}}); got == nil || len(got) != 0 {
		t.Errorf("compiling an empty policy = %#v, want a list that is empty and not nil", got)
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(`{"groups": {"group:a": ["x@y"]}, "grants": [{"src": ["group:a"], "dst": ["tag:b"], "ip": ["tcp:1-2"], "app": {"d/c": [{}]}}]}`)
	f.Add("{ // comment\n}")
	homie := &device{Device: Device{Tags: []string{"tag:b"}}, number: 1}
	laptop := &device{Device: Device{Login: "x@y"}, number: 2}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParsePolicy(text); err == nil && p.compile(homie, []peer{{device: laptop}}) == nil {
			t.Error("a policy compiled to nil, which means unchanged")
		}
	})
}
