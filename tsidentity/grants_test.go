package tsidentity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"tailscale.com/tailcfg"
)

func raws(values ...string) []tailcfg.RawMessage {
	var list []tailcfg.RawMessage
	for _, v := range values {
		list = append(list, tailcfg.RawMessage(v))
	}
	return list
}

func TestParseGrantsReadsGoodValues(t *testing.T) {
	got := ParseGrants(raws(
		`{"role": "member"}`,
		`{"allow": ["terminal:*", "jobs:run"], "nodes": ["nas", "mini-*", "tag:Lab-1"], "as": ["media", "EXAMPLE\\olivia"]}`,
		`{"autoApprove": ["terminal"]}`,
	))
	why := func(n int) string {
		return fmt.Sprintf("value %d of homie.internal/cap/homie in the tailnet policy file", n)
	}
	want := Rights{Values: []Value{
		{Role: RoleMember, Why: why(1)},
		{Allow: []string{"terminal:*", "jobs:run"}, Nodes: []string{"nas", "mini-*", "tag:Lab-1"}, As: []string{"media", `EXAMPLE\olivia`}, Why: why(2)},
		{AutoApprove: []string{"terminal"}, Why: why(3)},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseGrants (-want +got):\n%s", diff)
	}
}

// malformed are values of which nothing may count, with a word that the
// explanation has to have.
var malformed = map[string]string{
	``:                                   "not an object",
	`null`:                               "not an object",
	`[]`:                                 "not an object",
	`"owner"`:                            "not an object",
	`{`:                                  "well-formed",
	`{"role":"owner"} {}`:                "well-formed",
	`{"role":"owner",}`:                  "well-formed",
	"{\"role\":\"owner\xff\"}":           "well-formed",
	`{}`:                                 "gives nothing",
	`{"nodes":["nas"]}`:                  "gives nothing",
	`{"role":""}`:                        `unknown role ""`,
	`{"role":"Owner"}`:                   `unknown role "Owner"; the roles are owner, member, guest, kiosk`,
	`{"role":"node"}`:                    `unknown role "node"`,
	`{"role":null}`:                      `"role" must be text`,
	`{"role":["owner"]}`:                 `"role" must be text`,
	`{"role":1}`:                         `"role" must be text`,
	`{"Role":"owner"}`:                   `unknown field "Role"`,
	`{"role":"owner","role":"owner"}`:    `"role" stands in it twice`,
	`{"role":"owner","roles":[]}`:        `unknown field "roles"`,
	`{"role":"owner","nodes":null}`:      `"nodes" must be a list`,
	`{"role":"owner","nodes":"nas"}`:     `"nodes" must be a list`,
	`{"role":"owner","nodes":[]}`:        `"nodes" is empty`,
	`{"role":"owner","nodes":[null]}`:    `"nodes" must be text`,
	`{"role":"owner","nodes":[["nas"]]}`: `"nodes" must be text`,
	`{"role":"owner","nodes":["NAS"]}`:   `"NAS" is no machine`,
	`{"role":"owner","nodes":["nas.ts.net"]}`:  `"nas.ts.net" is no machine`,
	`{"role":"owner","nodes":["mini-[ab]"]}`:   `is no machine`,
	`{"role":"owner","nodes":[""]}`:            `"" is no machine`,
	`{"role":"owner","nodes":["tag:"]}`:        `is no tag`,
	`{"role":"owner","nodes":["tag:*"]}`:       `is no tag`,
	`{"allow":["*"]}`:                          "not of the form",
	`{"allow":["terminal"]}`:                   "not of the form",
	`{"allow":["*:read"]}`:                     "a service must be named",
	`{"allow":["terminal:"]}`:                  "no verb",
	`{"allow":["Terminal:read"]}`:              "no service name",
	`{"allow":["terminal:re*"]}`:               "no verb",
	`{"allow":["a:b:c"]}`:                      "no verb",
	`{"allow":["terminal:read","bad"]}`:        `"allow": "bad"`,
	`{"allow":["terminal:read "]}`:             "no verb",
	`{"role":"owner","as":["*"]}`:              "one by one",
	`{"role":"owner","as":["-oProxyCommand"]}`: "dash",
	`{"role":"owner","as":["a b"]}`:            "no OS account",
	`{"role":"owner","as":["a\u0000"]}`:        "no OS account",
	`{"role":"owner","as":["a\u202e"]}`:        "no OS account",
	`{"role":"owner","as":[""]}`:               "no OS account",
	`{"autoApprove":["*"]}`:                    "nothing that a node offers",
	`{"autoApprove":["terminal:*"]}`:           "nothing that a node offers",
}

func TestParseGrantsSkipsMalformedValuesAndSaysWhy(t *testing.T) {
	for raw, word := range malformed {
		r := ParseGrants(raws(`{"role":"guest"}`, raw, `{"allow":["jobs:run"]}`))
		if len(r.Values) != 2 || r.Values[0].Role != RoleGuest || r.Values[1].Allow[0] != "jobs:run" {
			t.Errorf("beside %s: values = %+v, want the good two", raw, r.Values)
		}
		if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], word) {
			t.Errorf("%s: problems = %q, want one with %q", raw, r.Problems, word)
			continue
		}
		if !strings.HasPrefix(r.Problems[0], "value 2 of homie.internal/cap/homie is skipped: ") {
			t.Errorf("%s: problem %q does not name the value", raw, r.Problems[0])
		}
	}
}

func TestParseGrantsIsBounded(t *testing.T) {
	many := make([]string, maxValues+10)
	for i := range many {
		many[i] = `{"role":"guest"}`
	}
	if r := ParseGrants(raws(many...)); len(r.Values) != maxValues || len(r.Problems) != 1 {
		t.Errorf("%d values: %d read, problems %q", len(many), len(r.Values), r.Problems)
	}
	entries := `"terminal:read"` + strings.Repeat(`,"terminal:read"`, maxEntries)
	for name, raw := range map[string]string{
		"long list": `{"allow":[` + entries + `]}`,
		"long text": `{"role":"` + strings.Repeat("x", maxValueBytes) + `"}`,
		"deep":      `{"role":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000) + `}`,
	} {
		r := ParseGrants(raws(raw))
		if len(r.Values) != 0 || len(r.Problems) != 1 || len(r.Problems[0]) > 400 {
			t.Errorf("%s: got %d values and problems %.500q", name, len(r.Values), r.Problems)
		}
	}
}

// A malformed value beside good ones changes what is reported and no answer.
func TestMalformedValuesNeitherWidenNorBlock(t *testing.T) {
	var bad []string
	for raw := range malformed {
		bad = append(bad, raw)
	}
	rapid.Check(t, func(t *rapid.T) {
		good := rapid.SliceOfN(rapid.SampledFrom([]string{
			`{"role":"owner","nodes":["nas"]}`, `{"role":"member"}`, `{"allow":["terminal:*"],"as":["media"]}`,
			`{"as":["root"],"nodes":["tag:lab"]}`, `{"allow":["jobs:run"],"nodes":["m*"]}`,
		}), 0, 5).Draw(t, "good")
		mixed := append([]string{}, good...)
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			at := rapid.IntRange(0, len(mixed)).Draw(t, "at")
			mixed = append(mixed[:at], append([]string{rapid.SampledFrom(bad).Draw(t, "bad")}, mixed[at:]...)...)
		}
		a, b := ParseGrants(raws(good...)), ParseGrants(raws(mixed...))
		for _, c := range []string{"terminal:write", "jobs:run", "presence:read", "pairing:write", CapUse, CapSelf, CapHeartbeat} {
			for _, m := range []Machine{{Name: "nas"}, {Name: "mini"}, {Name: "x", Tags: []string{"tag:lab"}}} {
				if a.CanOn(c, m) != b.CanOn(c, m) || a.MayRunAs(c, m, "media") != b.MayRunAs(c, m, "media") || a.MayRunAs(c, m, "root") != b.MayRunAs(c, m, "root") {
					t.Fatalf("%s on %v differs between %q and %q", c, m, good, mixed)
				}
			}
		}
		if len(b.Values) != len(a.Values) || len(b.Problems) != len(mixed)-len(good) {
			t.Fatalf("%q: %d values and problems %q", mixed, len(b.Values), b.Problems)
		}
	})
}

func TestParseBound(t *testing.T) {
	caps := func(values ...string) tailcfg.PeerCapMap {
		return tailcfg.PeerCapMap{BoundCap: raws(values...), GrantCap: raws(`{"role":"owner"}`)}
	}
	all := []string{"jobs:run", "jobs:write", "terminal:read", "terminal:write"}
	for _, tc := range []struct {
		name     string
		caps     tailcfg.PeerCapMap
		can      []string // as media; of all
		problems int
	}{
		{"absent", tailcfg.PeerCapMap{GrantCap: raws(`{"role":"owner"}`)}, all, 0},
		{"no caps at all", nil, all, 0},
		{"no values", caps(), nil, 0},
		{"one", caps(`{"allow":["terminal"]}`), all[2:], 0},
		{"a part of one", caps(`{"allow":["terminal:read"]}`), all[2:3], 0},
		{"all parts", caps(`{"allow":["terminal:*"]}`), all[2:], 0},
		{"two add up", caps(`{"allow":["jobs"]}`, `{"allow":["terminal","screen"]}`), all, 0},
		{"what was not approved", caps(`{"allow":["screen", "screen:read"]}`), nil, 0},
		{"nothing allowed", caps(`{"allow":[]}`), nil, 0},
		{"as the account", caps(`{"allow":["terminal"],"as":["media"]}`), all[2:], 0},
		{"as another one", caps(`{"allow":["terminal"],"as":["root"]}`), nil, 0},
		{"as nobody", caps(`{"allow":["terminal"],"as":[]}`), nil, 0},
		{"accounts of another value", caps(`{"allow":["terminal"],"as":["root"]}`, `{"allow":["jobs"],"as":["media"]}`), all[:2], 0},
		{"malformed alone", caps(`{"allow":["*"]}`), nil, 1},
		{"a glob", caps(`{"allow":["*:*"]}`), nil, 1},
		{"a malformed verb", caps(`{"allow":["terminal:"]}`), nil, 1},
		{"malformed accounts", caps(`{"allow":["terminal"],"as":["*"]}`), nil, 1},
		{"accounts that are null", caps(`{"allow":["terminal"],"as":null}`), nil, 1},
		{"null", caps(`{"allow":null}`), nil, 1},
		{"empty", caps(`{}`), nil, 1},
		{"accounts alone", caps(`{"as":["media"]}`), nil, 1},
		{"malformed beside good", caps(`{"alow":["terminal"]}`, `{"allow":["jobs"]}`), all[:2], 1},
	} {
		b := ParseBound(tc.caps)
		if len(b.Problems) != tc.problems {
			t.Errorf("%s: ParseBound = %+v", tc.name, b)
		}
		who := asGateway(Device{ID: "gw"}, []string{"terminal", "jobs"}, b)
		var can []string
		for _, c := range all {
			if who.MayUse(c, "media") {
				can = append(can, c)
			}
		}
		if !slices.Equal(can, tc.can) {
			t.Errorf("%s: as media it may %q, want %q", tc.name, can, tc.can)
		}
	}
}

// FuzzParseGrants feeds foreign bytes to the decoders of both capabilities:
// whatever is accepted must be well-formed in every part.
func FuzzParseGrants(f *testing.F) {
	for raw := range malformed {
		f.Add(raw)
	}
	f.Add(`{"role":"member","allow":["terminal:*"],"nodes":["nas","tag:x"],"as":["media"],"autoApprove":["terminal"]}`)
	f.Fuzz(func(t *testing.T, raw string) {
		r := ParseGrants(raws(raw))
		if len(r.Values)+len(r.Problems) != 1 {
			t.Fatalf("one value became %d and problems %q", len(r.Values), r.Problems)
		}
		for _, v := range r.Values {
			err := firstProblem(check{"allow", v.Allow, ValidPattern}, check{"nodes", v.Nodes, ValidNode},
				check{"as", v.As, ValidAccount}, check{"autoApprove", v.AutoApprove, ValidOffer})
			if err != nil || (v.Role != "" && ValidRole(v.Role) != nil) || (v.Nodes != nil && len(v.Nodes) == 0) {
				t.Errorf("%q was read as %+v (%v)", raw, v, err)
			}
			if v.Nodes == nil && strings.Contains(raw, `"nodes"`) {
				t.Errorf("%q has nodes and was read as reaching every machine", raw)
			}
		}
		for _, p := range r.Problems {
			if len(p) > 1000 || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x202e }) {
				t.Errorf("problem %q is not fit to be shown", p)
			}
		}
		b := ParseBound(tailcfg.PeerCapMap{BoundCap: raws(raw)})
		if !b.Present || len(b.Values)+len(b.Problems) != 1 {
			t.Errorf("%q was read as bound %+v", raw, b)
		}
		for _, v := range b.Values {
			if err := firstProblem(check{"allow", v.Allow, validBound}, check{"as", v.As, ValidAccount}); err != nil || (v.As == nil && strings.Contains(raw, `"as"`)) {
				t.Errorf("%q was read as bound %+v (%v)", raw, b, err)
			}
		}
	})
}
