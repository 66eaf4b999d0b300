package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"homie/gateway/identity"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/wire"
)

// An owner sees who can reach the home, what they may do, and why.
func TestPeople(t *testing.T) {
	h := homietest.New(t, homietest.Everybody, func(o *tailbox.Options) {
		o.Policy = homietest.Policy(o.Policy, homietest.Grant(homietest.Gus, `{"role": "guest"}`, `{"terminel": true}`))
	})
	h.StartNode(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	for _, device := range []string{tailbox.OliviaPhone, homietest.WallTablet, homietest.GusPhone} {
		h.Connect(device)
	}
	member, _ := h.Connect(tailbox.MaxTablet)

	var all identity.People
	if err := owner.Call(t.Context(), "identity.people.list", struct{}{}, &all); err != nil {
		t.Fatal(err)
	}
	olivia := principal(t, all, tailbox.OliviaLaptop)
	if olivia.Class != "person" || !slices.Equal(olivia.Roles, []string{"owner"}) || olivia.Person.Login != tailbox.Olivia {
		t.Errorf("the owner is shown as %+v", olivia)
	}
	if !slices.ContainsFunc(olivia.Devices, func(d identity.PrincipalDevice) bool { return d.Name == tailbox.OliviaPhone }) {
		t.Errorf("Olivia's devices are %+v, want her phone beside the laptop", olivia.Devices)
	}
	if len(olivia.Grants) == 0 || olivia.Grants[0].Why == "" {
		t.Errorf("nothing says why Olivia is owner: %+v", olivia.Grants)
	}
	if den := principal(t, all, tailbox.NodeDen); den.Class != "node" || den.Person != nil || len(den.Capabilities) != 0 {
		t.Errorf("a machine is shown as %+v, want a node without rights", den)
	}
	if wall := principal(t, all, homietest.WallTablet); wall.Class != "tagged" || !slices.Equal(wall.Roles, []string{"kiosk"}) {
		t.Errorf("the tablet is shown as %+v", wall)
	}
	gus := principal(t, all, homietest.GusPhone)
	if max := principal(t, all, tailbox.MaxTablet); max.Class != "person" || slices.Contains(max.Roles, "owner") || len(max.Capabilities) == 0 {
		t.Errorf("a member is shown as %+v", max)
	}
	if len(gus.Problems) == 0 || !strings.Contains(strings.Join(gus.Problems, " "), "terminel") || !slices.Contains(gus.Roles, "guest") {
		t.Errorf("a value that can't be read beside a good one is shown as %+v", gus)
	}

	wantReason(t, "the list for a member", member.Call(t.Context(), "identity.people.list", struct{}{}, nil), wire.Forbidden)
}

func principal(t *testing.T, all identity.People, device string) identity.Principal {
	t.Helper()
	for _, h := range all.People {
		if slices.ContainsFunc(h.Devices, func(d identity.PrincipalDevice) bool { return d.Name == device }) {
			return h
		}
	}
	t.Fatalf("%s is not in the list", device)
	return identity.Principal{}
}
