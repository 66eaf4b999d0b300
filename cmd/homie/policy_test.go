package main

import (
	"slices"
	"testing"

	"tailscale.com/tailcfg"

	"homie/internal/tailbox"
	"homie/tsidentity"
)

// The example is a policy file, and what it grants is what Homie knows.
func TestExamplePolicy(t *testing.T) {
	p, err := tailbox.ParsePolicy(examplePolicy)
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	for _, g := range p.Grants {
		for name, raw := range g.App {
			if name != string(tsidentity.GrantCap) && name != string(tsidentity.BoundCap) {
				t.Errorf("it grants %q, which is nothing of Homie's", name)
			}
			var list []tailcfg.RawMessage
			for _, v := range raw {
				list = append(list, tailcfg.RawMessage(v))
			}
			values += len(list)
			if r := tsidentity.ParseGrants(list); len(r.Problems) > 0 {
				t.Errorf("grant values that Homie skips: %v", r.Problems)
			}
		}
	}
	if values == 0 {
		t.Error("it grants nothing")
	}
}

func TestDescribePolicy(t *testing.T) {
	all, err := describePolicy()
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Roles) != len(tsidentity.Bundles()) {
		t.Errorf("%d roles, want %d", len(all.Roles), len(tsidentity.Bundles()))
	}
	var names []string
	for _, c := range all.Capabilities {
		names = append(names, c.Name)
		if len(c.Methods)+len(c.Topics) == 0 && c.For == "" {
			t.Errorf("%s is good for nothing", c.Name)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "terminal:write") || !slices.Contains(names, "rpc:use") || !slices.Contains(names, "sharing:write") {
		t.Errorf("capabilities: %v", names)
	}
	// Nobody can be granted to be a machine, or oneself.
	for _, never := range []string{tsidentity.CapRegister, tsidentity.CapHeartbeat, tsidentity.CapPairing, tsidentity.CapSelf} {
		if slices.Contains(names, never) {
			t.Errorf("%s is listed, and no grant gives it", never)
		}
	}
}
