package tsidentity

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPatterns(t *testing.T) {
	for _, tc := range []struct {
		pattern, capability string
		want                bool
	}{
		{"terminal:write", "terminal:write", true},
		{"terminal:write", "terminal:read", false},
		{"terminal:*", "terminal:read", true},
		{"terminal:*", "terminals:read", false},
		{"terminal:*", "terminal:", false},
		{"*:*", "audit:read", true},
		{"*", "audit:read", false},
		{"*:read", "audit:read", false},
		{"audit:", "audit:", false},
		{"", "", false},
		{"*:*", "*:*", false},
		{"*:*", "", false},
		{"audit:r*", "audit:read", false},
	} {
		if got := matchCapability(tc.pattern, tc.capability); got != tc.want {
			t.Errorf("matchCapability(%q, %q) = %v, want %v", tc.pattern, tc.capability, got, tc.want)
		}
	}
}

func TestMachines(t *testing.T) {
	nas := Machine{Name: "nas", Tags: []string{"tag:homie-node"}}
	for _, tc := range []struct {
		entry string
		m     Machine
		want  bool
	}{
		{"nas", nas, true},
		{"homie-nas", nas, true}, // as the tailnet spells it
		{"na", nas, false},
		{"n*", nas, true},
		{"h*", nas, false}, // must not match the prefix that everyone has
		{"n?s", nas, true},
		{"??", nas, false},
		{"*", nas, true},
		{"tag:homie-node", nas, true},
		{"tag:homie", nas, false},
		{"*", Machine{Tags: []string{"tag:homie-node"}}, false}, // no name is no match
		{"mini-*", Machine{Name: "mini-"}, true},
		{"mini-*", Machine{Name: "mini"}, false},
		{"*-*-*", Machine{Name: "a-b-c"}, true},
		{"[a-z]*", nas, false},
	} {
		if got := matchMachine(tc.entry, tc.m); got != tc.want {
			t.Errorf("matchMachine(%q, %+v) = %v, want %v", tc.entry, tc.m, got, tc.want)
		}
	}
}

// The glob is the regular expression that one would write for it.
func TestGlobIsARegularExpression(t *testing.T) {
	letter := rapid.SampledFrom([]rune("ab*?-"))
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(letter, 0, 8, -1).Draw(t, "pattern")
		name := rapid.StringOfN(rapid.SampledFrom([]rune("ab-")), 0, 8, -1).Draw(t, "name")
		re := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".", "-", "-").Replace(pattern) + "$")
		if got, want := glob(pattern, name), re.MatchString(name); got != want {
			t.Fatalf("glob(%q, %q) = %v, want %v", pattern, name, got, want)
		}
	})
}

func TestAHostileGlobIsCheap(t *testing.T) {
	pattern := strings.Repeat("a*", 31) + "b"
	if glob(pattern, strings.Repeat("a", 63)) {
		t.Errorf("glob(%q) matched", pattern)
	}
}

func TestReservedCapabilitiesComeFromNoGrant(t *testing.T) {
	r := Rights{Values: []Value{{Role: RoleOwner, Allow: []string{"*:*", "presence:*", "node:register", "node:pairing", "identity:self", "presence:heartbeat"}}}}
	for _, c := range []string{CapSelf, CapRegister, CapHeartbeat, CapPairing} {
		if r.Can(c) || r.CanOn(c, Machine{Name: "nas"}) || r.MayRunAs(c, Machine{Name: "nas"}, "root") {
			t.Errorf("a grant gave %s", c)
		}
	}
	if !r.Can("presence:read") {
		t.Error("the owner may not read presence")
	}
}

func TestAccountsNeedOneValueOrBoth(t *testing.T) {
	nas, den := Machine{Name: "nas"}, Machine{Name: "den"}
	for _, tc := range []struct {
		name   string
		values []Value
		nas    []string // accounts for terminal:write there
		den    []string
	}{
		{"an owner without as", []Value{{Role: RoleOwner}}, nil, nil},
		{"one value", []Value{{Allow: []string{"terminal:*"}, Nodes: []string{"nas"}, As: []string{"media"}}}, []string{"media"}, nil},
		{"as of a value about something else", []Value{
			{Allow: []string{"terminal:write"}},
			{Allow: []string{"jobs:run"}, As: []string{"root"}},
		}, nil, nil},
		{"as of a value with a role that does not cover it", []Value{
			{Allow: []string{"terminal:write"}},
			{Role: RoleMember, As: []string{"root"}},
		}, nil, nil},
		{"as of a value about another machine", []Value{
			{Allow: []string{"terminal:write"}, Nodes: []string{"nas"}},
			{Allow: []string{"terminal:write"}, Nodes: []string{"den"}, As: []string{"root"}},
		}, nil, []string{"root"}},
		{"accounts alone add", []Value{
			{Allow: []string{"terminal:write"}},
			{As: []string{"media", "backup"}, Nodes: []string{"nas"}},
		}, []string{"backup", "media"}, nil},
		{"accounts alone give nothing", []Value{{As: []string{"media"}}}, nil, nil},
		{"accounts alone where the capability is not", []Value{
			{Allow: []string{"terminal:write"}, Nodes: []string{"nas"}},
			{As: []string{"media"}, Nodes: []string{"den"}},
		}, nil, nil},
		{"accounts alone with autoApprove", []Value{
			{Role: RoleOwner},
			{As: []string{"media"}, AutoApprove: []string{"terminal"}},
		}, []string{"media"}, []string{"media"}},
	} {
		r := Rights{Values: tc.values}
		if got := r.Accounts("terminal:write", nas); !cmp.Equal(got, tc.nas) {
			t.Errorf("%s: accounts on nas = %q, want %q", tc.name, got, tc.nas)
		}
		if got := r.Accounts("terminal:write", den); !cmp.Equal(got, tc.den) {
			t.Errorf("%s: accounts on den = %q, want %q", tc.name, got, tc.den)
		}
		for _, a := range []string{"media", "root", "backup", ""} {
			if got, want := r.MayRunAs("terminal:write", nas, a), slices.Contains(tc.nas, a); got != want {
				t.Errorf("%s: MayRunAs(%q) = %v, want %v", tc.name, a, got, want)
			}
		}
	}
}

func TestRolesAndPatterns(t *testing.T) {
	r := Rights{Values: []Value{{Role: RoleGuest}, {Allow: []string{"terminal:*"}}, {Role: RoleMember}, {Role: RoleGuest}}}
	if got, want := r.Roles(), []string{"member", "guest"}; !cmp.Equal(got, want) {
		t.Errorf("Roles = %q, want %q", got, want)
	}
	if got, want := r.Patterns(), []string{"jobs:press", "jobs:read", "notifications:use", "presence:read", "rpc:use", "terminal:*"}; !cmp.Equal(got, want) {
		t.Errorf("Patterns = %q, want %q", got, want)
	}
	if got, want := (Rights{Values: []Value{{Role: RoleOwner}}}).Patterns(), []string{"*:*"}; !cmp.Equal(got, want) {
		t.Errorf("Patterns of an owner = %q, want %q", got, want)
	}
	var none Rights
	if none.Can(CapUse) || none.LetIn() || none.Patterns() != nil || none.Roles() != nil || none.AutoApprove() != nil {
		t.Error("the zero Rights give something")
	}
	if only := (Rights{Values: []Value{{Allow: []string{"terminal:read"}, Nodes: []string{"nas"}}}}); !only.Can(CapUse) {
		t.Error("a right for one machine does not let its holder connect")
	}
}

func TestEqual(t *testing.T) {
	a := ParseGrants(raws(`{"role":"member"}`, `{"allow":["a:b"],"nodes":["x"],"as":["y"]}`, `{}`))
	b := ParseGrants(raws(`{"role":"member"}`, `{"allow":["a:b"],"nodes":["x"],"as":["y"]}`, `{}`))
	if !a.Equal(b) || !b.Equal(a) {
		t.Error("the same grants are not Equal")
	}
	every, none := Rights{Values: []Value{{Role: RoleOwner}}}, Rights{Values: []Value{{Role: RoleOwner, Nodes: []string{}}}}
	if every.Equal(none) {
		t.Error("every machine equals no machine")
	}
	if every.Can("a:b") != none.Can("a:b") || none.CanOn("a:b", Machine{Name: "nas"}) {
		t.Error("an empty list of nodes reaches a machine")
	}
}

// Rights only grow with more values, whatever their order: each is judged by
// itself.
func TestValuesAddUp(t *testing.T) {
	pattern := rapid.SampledFrom([]string{"terminal:write", "terminal:*", "jobs:run", "*:*", "bad"})
	value := rapid.Custom(func(t *rapid.T) Value {
		v := Value{
			Role:  rapid.SampledFrom([]Role{"", "", RoleOwner, RoleMember, RoleGuest, "odd"}).Draw(t, "role"),
			Allow: rapid.SliceOfN(pattern, 0, 2).Draw(t, "allow"),
			As:    rapid.SliceOfN(rapid.SampledFrom([]string{"root", "media"}), 0, 2).Draw(t, "as"),
		}
		if rapid.Bool().Draw(t, "some") {
			v.Nodes = rapid.SliceOfN(rapid.SampledFrom([]string{"nas", "n*", "tag:lab", "den"}), 0, 2).Draw(t, "nodes")
		}
		return v
	})
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(value, 0, 5).Draw(t, "values")
		more := append(slices.Clone(values), value.Draw(t, "extra"))
		shuffled := Rights{Values: rapid.Permutation(values).Draw(t, "shuffled")}
		r, grown := Rights{Values: values}, Rights{Values: more}
		m := rapid.SampledFrom([]Machine{{Name: "nas"}, {Name: "den"}, {Name: "z", Tags: []string{"tag:lab"}}}).Draw(t, "m")
		for _, c := range []string{"terminal:write", "jobs:run", "presence:read", CapUse} {
			if r.CanOn(c, m) != shuffled.CanOn(c, m) || !cmp.Equal(r.Accounts(c, m), shuffled.Accounts(c, m)) {
				t.Fatalf("order matters for %s on %v", c, m)
			}
			if r.CanOn(c, m) && !grown.CanOn(c, m) {
				t.Fatalf("one more value took %s away", c)
			}
			if r.CanOn(c, m) && !r.Can(c) {
				t.Fatalf("%s is held on %v and not at all", c, m)
			}
			// The model: some value gives it alone, or the capability is
			// there by one value and the account by one of accounts only.
			for _, a := range []string{"root", "media"} {
				want := slices.ContainsFunc(values, func(v Value) bool {
					one := Rights{Values: []Value{v}}
					return slices.Contains(v.As, a) && (one.CanOn(c, m) ||
						(v.Role == "" && len(v.Allow) == 0 && v.reaches(m) && r.CanOn(c, m)))
				})
				if got := r.MayRunAs(c, m, a); got != want {
					t.Fatalf("MayRunAs(%s, %v, %s) = %v, want %v", c, m, a, got, want)
				}
			}
		}
	})
}
