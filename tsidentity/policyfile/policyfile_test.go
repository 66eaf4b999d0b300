package policyfile

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// house is a policy file with most of what one can have.
const house = `// The house.
{
	"groups": {
		"group:parents": ["alice@example.com", "Bob@example.com"],
		"group:kids":    ["kid@example.com"],
	},
	"tagOwners": {"tag:homie": ["group:parents"], "tag:kiosk": [], "tag:tv": [], "tag:homie-node": []},
	"hosts":     {"gate": "100.64.0.1", "lan": "192.168.1.0/24", "desk": "100.64.0.9"},
	"ipsets":    {
		"ipset:desks": ["host:desk", "add 100.64.0.16/28", "remove 100.64.0.17"],
		"ipset:more":  ["ipset:desks", "fd7a:115c:a1e0::5"],
	},
	"grants": [
		{"src": ["group:parents"], "dst": ["tag:homie"], "ip": ["tcp:443"], // line 14
		 "app": {"homie.internal/cap/homie": [
			{"role": "owner"},
			{"as": ["media"], "nodes": ["nas"]},
			{"rol": "owner"},
		 ]}},
		{"src": ["group:kids", "tag:kiosk"], "dst": ["tag:homie"], "ip": ["443"],
		 "app": {"homie.internal/cap/homie": [{"role": "member"}, {"allow": ["terminal:*"], "nodes": ["mini-*"], "as": ["kid"]}]}},
		{"src": ["tag:tv"], "dst": ["tag:homie"], // no ip
		 "app": {"homie.internal/cap/homie": [{"role": "kiosk"}]}},
		{"src": ["autogroup:admin"], "dst": ["tag:homie"], "ip": ["*"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["audit:read"]}]}},
		{"src": ["autogroup:member"], "dst": ["gate"], "ip": ["22", "80-500"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["pairing:read"]}]}},
		{"src": ["autogroup:shared"], "dst": ["tag:homie"], "ip": ["tcp:443"],
		 "app": {"homie.internal/cap/homie": [{"role": "guest"}]}},
		{"src": ["kid@example.com"], "dst": ["tag:homie"], "srcPosture": ["posture:safe"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["sharing:write"]}]}},
		{"src": ["ipset:more"], "dst": ["tag:homie"], "ip": ["*"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["jobs:run"]}]}},
		{"src": ["lan"], "dst": ["*"], "ip": ["*"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["voice:use"]}]}},
		{"src": ["kid@example.com"], "dst": ["autogroup:self"], "ip": ["*"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["rooms:write"]}]}},
		{"src": ["kid@example.com"], "dst": ["tag:homie"], "via": ["tag:exit"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["memory:read"]}]}},
		{"src": ["group:kids"], "dst": ["tag:homie"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["screen:read"], "nodes": ["tag:lab"]}]}},
		{"src": ["user:*@example.com"], "dst": ["tag:homie"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["notify:send"]}]}},
		{"src": ["group:eng@idp.example"], "dst": ["tag:homie"],
		 "app": {"homie.internal/cap/homie": [{"allow": ["agent:use"]}]}},
	],
}`

// query is who@what/machine/account in the words of the command line.
func query(who, can, on string, adjust ...func(*Query)) Query {
	q := Query{Capability: can, Machine: on, Gateway: Gateway{Tags: []string{"tag:homie"}}}
	if strings.HasPrefix(who, "tag:") {
		q.Tags = []string{who}
	} else {
		q.Login = who
	}
	for _, f := range adjust {
		f(&q)
	}
	return q
}

func as(account string) func(*Query) { return func(q *Query) { q.Account = account } }
func member(q *Query)                { q.Member = true }
func shared(q *Query)                { q.Shared = true }
func machineTags(tags ...string) func(*Query) {
	return func(q *Query) { q.MachineTags = append([]string{}, tags...) }
}
func at(addr string) func(*Query) { return func(q *Query) { q.Addr = netip.MustParseAddr(addr) } }

func gateway(list ...string) func(*Query) {
	return func(q *Query) {
		g, err := ParseGateway(list)
		if err != nil {
			panic(err)
		}
		q.Gateway = g
	}
}

const (
	alice    = "alice@example.com"
	bob      = "bob@example.com"
	kid      = "kid@example.com"
	stranger = "fred@other.example"
	cousin   = "cousin@example.com" // not named
)

func TestVerdicts(t *testing.T) {
	f, err := Parse([]byte(house))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		q     Query
		want  Verdict
		words string // in what is said with it
	}{
		// Roles, patterns and machines; several grants add up.
		{query(alice, "terminal:write", "nas"), Yes, "line 16"},
		{query(alice, "terminal:write", "homie-nas", as("media")), Yes, "line 17"},
		{query(alice, "terminal:write", "den", as("media")), No, ""},
		{query(alice, "terminal:write", "nas", as("root")), No, ""},
		{query(kid, "presence:read", ""), Yes, "line 21"},
		{query(kid, "terminal:write", "mini-1"), Yes, "line 21"},
		{query(kid, "terminal:write", "mini-1", as("kid")), Yes, ""},
		{query(kid, "terminal:write", "nas"), No, "does not cover it"},
		{query(kid, "pairing:write", ""), No, "line 16"},
		{query(stranger, "presence:read", "", member), No, "does not cover it"},
		{query("tag:homie-node", "presence:read", "", at("100.64.9.9")), No, "no grant is for them"},
		{query(kid, "identity:self", ""), Yes, "everybody"},
		{query(kid, "presence:heartbeat", ""), No, ""}, // no grant gives it
		{query(alice, "presence:heartbeat", ""), No, ""},

		// Devices with tags are nobody's.
		{query("tag:kiosk", "presence:read", ""), Yes, "line 21"},
		{query("tag:kiosk", "presence:read", "", func(q *Query) { q.Login = alice }), Yes, "nobody's"},
		{query("tag:kiosk", "pairing:write", "", func(q *Query) { q.Login = alice }), No, "nobody's"},
		{query("tag:homie-node", "presence:read", ""), No, ""},
		{query("tag:kiosk", "audit:read", ""), No, ""}, // a device has no role in the tailnet
		{query("tag:kiosk", "notify:send", ""), No, ""},

		// A capability without network is none.
		{query("tag:tv", "presence:read", ""), CannotTell, "has an address of ipset:more"},
		{query("tag:tv", "presence:read", "", at("100.64.9.9")), No, "nothing opens the gateway"},

		// What only Tailscale knows.
		{query(kid, "audit:read", ""), CannotTell, "has the role admin"},
		{query(kid, "sharing:write", ""), CannotTell, "posture"},
		{query(kid, "memory:read", ""), CannotTell, "tag:exit"},
		{query(kid, "agent:use", ""), CannotTell, "identity provider"},
		{query(bob, "pairing:write", ""), CannotTell, "takes bob@example.com for Bob@example.com"},
		{query(kid, "screen:read", "nas"), CannotTell, "--on-tags"},
		{query(kid, "screen:read", "nas", machineTags("tag:lab")), Yes, ""},
		{query(kid, "screen:read", "nas", machineTags()), No, ""},

		// Addresses.
		{query(kid, "jobs:run", ""), CannotTell, "--ip"},
		{query(kid, "jobs:run", "", at("100.64.0.9")), Yes, ""},
		{query(kid, "jobs:run", "", at("100.64.0.16")), Yes, ""},
		{query(kid, "jobs:run", "", at("100.64.0.17")), No, ""},
		{query(kid, "jobs:run", "", at("fd7a:115c:a1e0::5")), Yes, ""},
		{query(kid, "jobs:run", "", at("100.64.9.9")), No, ""},
		{query("tag:tv", "jobs:run", "", at("100.64.0.9")), Yes, ""},
		{query(kid, "voice:use", ""), No, ""}, // behind a router nobody is anybody
		{query(kid, "pairing:read", ""), CannotTell, "--gateway"},
		{query(kid, "pairing:read", "", gateway("tag:homie", "100.64.0.1")), Yes, ""},
		{query(kid, "pairing:read", "", gateway("tag:homie", "100.64.0.2")), No, ""},

		// Members, and users of other tailnets.
		{query(cousin, "pairing:read", "", gateway("100.64.0.1")), CannotTell, "--member"},
		{query(cousin, "pairing:read", "", gateway("100.64.0.1"), member), Yes, ""},
		{query(cousin, "pairing:read", "", gateway("100.64.0.1"), shared), No, ""},
		{query(cousin, "notify:send", "", member), CannotTell, "role admin"}, // only admins get through the network
		{query(kid, "notify:send", ""), Yes, ""},
		{query(stranger, "presence:read", ""), CannotTell, "--shared"},
		{query(stranger, "presence:read", "", shared), Yes, "shared with them"},
		{query(alice, "pairing:write", "", shared), CannotTell, "another tailnet"},
		{query(alice, "presence:read", "", shared), Yes, ""},

		// A gateway without tags is its owner's, and autogroup:self reaches it.
		{query(kid, "rooms:write", ""), No, ""},
		{query(kid, "rooms:write", "", gateway(kid)), Yes, "owner without a grant"},
		{query(kid, "pairing:write", "", gateway(kid)), Yes, "owner without a grant"},
		{query(kid, "pairing:write", "", gateway(alice)), No, ""},
	} {
		if err := tt.q.Validate(); err != nil {
			t.Errorf("%s, %s: %v", tt.q.subject(), tt.q.object(), err)
			continue
		}
		a := f.Test(tt.q)
		if said := said(a); a.Verdict != tt.want || !strings.Contains(said, tt.words) {
			t.Errorf("%s, %s: %s, want %s with %q. It says:\n%s", tt.q.subject(), tt.q.object(), a.Verdict, tt.want, tt.words, said)
		}
		if (a.Verdict == CannotTell) != (len(a.Hangs) > 0) {
			t.Errorf("%s, %s: %s hangs on %q", tt.q.subject(), tt.q.object(), a.Verdict, a.Hangs)
		}
	}
}

// said is all the words of an answer.
func said(a Answer) string {
	words := []string{a.Why}
	for _, list := range [][]Reason{a.Grants, a.Elsewhere} {
		for _, r := range list {
			words = append(words, Problem{r.Line, r.Value}.String())
		}
	}
	words = append(append(words, a.Hangs...), a.Assumed...)
	return strings.Join(words, "\n")
}

func TestProblems(t *testing.T) {
	f, err := Parse([]byte(`{
	"groups": {"group:a": ["group:b", "a@example.com"]},
	"GRANTS": [
		{"src": ["group:a", "group:gone", "nobody"], "DST": ["tag:homie"], "ip": ["*"], "app": {
			"homie.internal/cap/homie": [{"role": "boss"}, {"role": "member", "role": "owner"}, 7,
				{"role": "guest"}],
			"homie.internal/cap/homei": [{}],
			"homie.internal/cap/homie-node": [{"allow": ["Terminal"]}],
			"example.com/cap/other": [7]}},
		{"src": ["*"], "dst": ["tag:homie"], "app": {"homie.internal/cap/homie": [{"role": "guest"}]}},
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	a := f.Test(query("a@example.com", "presence:read", ""))
	if a.Verdict != Yes {
		t.Errorf("malformed values beside good ones: %s, want yes", a.Verdict)
	}
	want := []string{
		`line 5: a value of homie.internal/cap/homie in grant 1 is skipped: unknown role "boss"; the roles are owner, member, guest, kiosk`,
		`line 5: a value of homie.internal/cap/homie in grant 1 is skipped: the field "role" stands in it twice`,
		`line 5: a value of homie.internal/cap/homie in grant 1 is skipped: it is not an object in braces`,
		`line 8: a value of homie.internal/cap/homie-node in grant 1 is skipped: "allow": "Terminal" is nothing that a node offers; one looks like "terminal"`,
		`line 7: homie.internal/cap/homei is nothing of Homie's, which reads homie.internal/cap/homie and homie.internal/cap/homie-node`,
		`line 2: group:a has group:b in it, and groups do not nest: Tailscale refuses that`,
		`line 4: group:gone is not defined under "groups": Tailscale refuses that`,
		`line 4: "nobody" is nobody that Tailscale knows of`,
		`line 4: tag:homie is not defined under "tagOwners": Tailscale refuses that`,
		`line 10: tag:homie is not defined under "tagOwners": Tailscale refuses that`,
		`line 10: "src": ["*"] is everybody who can reach the gateway, users of other tailnets included; name groups, logins or autogroup:member`,
	}
	var got []string
	for _, p := range append(a.Problems, a.Warnings...) {
		got = append(got, p.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems and warnings (-want +got):\n%s", diff)
	}
}

// Rules of the older kind open ports, and give nothing else.
func TestACLsOpenPorts(t *testing.T) {
	for acl, want := range map[string]Verdict{
		`{"action": "accept", "src": ["group:g"], "dst": ["tag:homie:443"]}`:                           Yes,
		`{"action": "accept", "users": ["group:g"], "ports": ["tag:homie:22,400-500"]}`:                Yes,
		`{"action": "accept", "src": ["*"], "dst": ["*:*"]}`:                                           Yes,
		`{"action": "accept", "src": ["g@example.com"], "proto": "tcp", "dst": ["tag:homie:*"]}`:       Yes,
		`{"action": "accept", "src": ["g@example.com"], "proto": 6, "dst": ["tag:homie:*"]}`:           Yes,
		`{"action": "accept", "src": ["group:g"], "proto": "udp", "dst": ["tag:homie:443"]}`:           No,
		`{"action": "accept", "src": ["group:g"], "proto": 17, "dst": ["tag:homie:443"]}`:              No,
		`{"action": "accept", "src": ["group:g"], "dst": ["tag:homie:80"]}`:                            No,
		`{"action": "accept", "src": ["group:g"], "dst": ["tag:homie"]}`:                               No,
		`{"action": "drop", "src": ["group:g"], "dst": ["tag:homie:443"]}`:                             No,
		`{"action": "accept", "src": ["tag:homie"], "dst": ["tag:homie:443"]}`:                         No,
		`{"action": "accept", "src": ["group:g"], "dst": ["100.64.0.1:443"]}`:                          CannotTell,
		`{"action": "accept", "src": ["group:g"], "dst": ["[fd7a:115c:a1e0::1]:443"]}`:                 CannotTell,
		`{"action": "accept", "src": ["group:g"], "srcPosture": ["posture:x"], "dst": ["*:*"]}`:        CannotTell,
		`{"action": "accept", "src": ["autogroup:it-admin"], "dst": ["tag:homie:443"]}`:                CannotTell,
		`{"action": "accept", "src": ["autogroup:new"], "dst": ["tag:homie:443"]}`:                     CannotTell,
		`{"action": "accept", "src": ["autogroup:danger-all"], "dst": ["autogroup:tagged:443"]}`:       Yes,
		`{"action": "accept", "src": ["group:g"], "dst": ["autogroup:internet:443", "svc:homie:443"]}`: No,
	} {
		f, err := Parse([]byte(`{"groups": {"group:g": ["g@example.com"]}, "acls": [` + acl + `], "grants": [
			{"src": ["group:g"], "dst": ["tag:homie"], "app": {"homie.internal/cap/homie": [{"role": "member"}]}}]}`))
		if err != nil {
			t.Errorf("%s: %v", acl, err)
			continue
		}
		if a := f.Test(query("g@example.com", "presence:read", "")); a.Verdict != want {
			t.Errorf("%s: %s, want %s", acl, a.Verdict, want)
		}
	}
}

// The gateway reads so many values and no more, and the file's order is theirs.
func TestValuesBeyondTheBound(t *testing.T) {
	fill := strings.Repeat(`{"role": "guest"},`, maxRead)
	file := func(before, src string) string {
		return `{"grants": [
			{"src": ["` + src + `"], "dst": ["*"], "ip": ["*"], "app": {"homie.internal/cap/homie": [` + before + `]}},
			{"src": ["a@example.com"], "dst": ["*"], "ip": ["*"], "app": {"homie.internal/cap/homie": [{"role": "owner"}]}}]}`
	}
	for _, tt := range []struct {
		text string
		want Verdict
	}{
		{file(fill, "b@example.com"), Yes},
		{file(fill, "a@example.com"), No},
		{file(fill, "autogroup:admin"), CannotTell},
		{file(fill[:len(fill)/2], "a@example.com"), Yes},
	} {
		f, err := Parse([]byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if a := f.Test(query("a@example.com", "pairing:write", "")); a.Verdict != tt.want {
			t.Errorf("%.60s…: %s, want %s", tt.text, a.Verdict, tt.want)
		}
	}
}

func TestDefaultPosture(t *testing.T) {
	f, err := Parse([]byte(`{"defaultSrcPosture": ["posture:safe"], "grants": [
		{"src": ["*"], "dst": ["*"], "ip": ["*"], "app": {"homie.internal/cap/homie": [{"role": "owner"}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if a := f.Test(query(alice, "pairing:write", "")); a.Verdict != CannotTell {
		t.Errorf("under a posture for all: %s, want cannot tell", a.Verdict)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, words := range map[string]string{
		``:                                     "line 1",
		`[]`:                                   "the file must be an object",
		`{"grants": [}`:                        "line 1",
		`{"grants": {}}`:                       "grants must be a list",
		`{"grants": [[]]}`:                     "an entry of grants must be an object",
		"{\n\"grants\": [\n{\"src\": \"*\"}]}": "line 3: src must be a list",
		`{"grants": [{"src": [1]}]}`:           "an entry of src must be text",
		`{"grants": [{"app": []}]}`:            "app must be an object",
		`{"groups": []}`:                       "groups must be an object",
		`{"hosts": {"a": 1}}`:                  "a host must be an address",
		strings.Repeat("[", 100_000):           "nested deeper",
		`"` + strings.Repeat("x", maxBytes) + `"`: "longer than",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Parse(%.40q) fails with %v, want words with %q", text, err, words)
		}
	}
	// A grant value of Homie's that is no list is a file that Tailscale refuses.
	if _, err := Parse([]byte(`{"grants": [{"app": {"homie.internal/cap/homie": {"role": "owner"}}}]}`)); err == nil {
		t.Error("an app capability that is no list was read")
	}
}

func TestValidate(t *testing.T) {
	good := query(alice, "terminal:write", "nas")
	for what, spoil := range map[string]func(*Query){
		"nobody":                func(q *Query) { q.Login = "" },
		"a login without an @":  func(q *Query) { q.Login = "alice" },
		"a group":               func(q *Query) { q.Login = "group:a@example.com" },
		"both kinds":            func(q *Query) { q.Member, q.Shared = true, true },
		"a pattern":             func(q *Query) { q.Capability = "terminal:*" },
		"no capability":         func(q *Query) { q.Capability = "" },
		"machines":              func(q *Query) { q.Machine = "mini-*" },
		"a tag for a machine":   func(q *Query) { q.Machine = "tag:nas" },
		"an account of nowhere": func(q *Query) { q.Machine, q.Account = "", "media" },
		"a bad account":         func(q *Query) { q.Account = "-x" },
		"a bad tag":             func(q *Query) { q.Tags = []string{"kiosk"} },
	} {
		q := good
		spoil(&q)
		if err := q.Validate(); err == nil {
			t.Errorf("%s: no complaint", what)
		}
	}
	for _, list := range [][]string{{"homie"}, {"tag:homie", alice}, {alice, bob}} {
		if _, err := ParseGateway(list); err == nil {
			t.Errorf("ParseGateway(%q) has no complaint", list)
		}
	}
}
