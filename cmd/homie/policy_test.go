package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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
			if name == string(tsidentity.BoundCap) {
				if b := tsidentity.ParseBound(tailcfg.PeerCapMap{tsidentity.BoundCap: list}); len(b.Problems) > 0 {
					t.Errorf("grant values that Homie skips: %v", b.Problems)
				}
				continue
			}
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
	for _, want := range []string{"terminal:write", "rpc:use", "sharing:write"} {
		if !slices.Contains(names, want) || !slices.IsSorted(names) {
			t.Errorf("capabilities: %v, want %s among them", names, want)
		}
	}
	// Nobody can be granted to be a machine, or oneself.
	for _, never := range []string{tsidentity.CapRegister, tsidentity.CapHeartbeat, tsidentity.CapPairing, tsidentity.CapSelf} {
		if slices.Contains(names, never) {
			t.Errorf("%s is listed, and no grant gives it", never)
		}
	}
}

// Each capability that the gateway's source names is one that is printed, or
// one that no grant gives.
func TestDescribePolicyIsComplete(t *testing.T) {
	all, err := describePolicy()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range all.Capabilities {
		names = append(names, c.Name)
	}
	capability := regexp.MustCompile(`"([a-z]+:[a-z]+)"`)
	found := 0
	for _, root := range []string{"gateway", "wire", "tsidentity"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range capability.FindAllSubmatch(text, -1) {
				name := string(m[1]) // holder:write is between a node and its holder
				if name == "service:verb" || name == "holder:write" || slices.ContainsFunc([]string{"group:", "tag:", "autogroup:", "local:", "unknown:"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
					continue
				}
				found++
				everything := tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleOwner}}}
				if everything.Can(name) && !slices.Contains(names, name) {
					t.Errorf("%s names the capability %s, and 'homie policy print' does not: say what it is for in gateway.Shares", path, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 20 {
		t.Errorf("only %d capabilities were found in the source", found)
	}
}

// The fields that are explained are those that are read, and their examples are
// good.
func TestFieldsAreThoseRead(t *testing.T) {
	all, err := describePolicy()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all.Fields {
		value := fmt.Sprintf("{%q: %s}", f.Name, f.Example)
		if f.Name == "nodes" { // alone it gives nothing
			value = fmt.Sprintf(`{"role": "member", %q: %s}`, f.Name, f.Example)
		}
		if _, err := tsidentity.ParseGrant(value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, f := range all.BoundFields {
		value := fmt.Sprintf("{%q: %s}", f.Name, f.Example)
		if f.Name == "as" { // alone it allows nothing
			value = fmt.Sprintf(`{"allow": ["terminal"], %q: %s}`, f.Name, f.Example)
		}
		if _, err := tsidentity.ParseBoundValue(value); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	// What is said of a field that is not there lists all those that are.
	_, err = tsidentity.ParseGrant(`{"x": 1}`)
	if err == nil {
		t.Fatal("an unknown field was read")
	}
	for _, f := range all.Fields {
		if !strings.Contains(err.Error(), `"`+f.Name+`"`) {
			t.Errorf("%q does not name the field %s", err, f.Name)
		}
	}
}
