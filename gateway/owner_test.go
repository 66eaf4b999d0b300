package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"homie/gateway"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/wire"
)

// Who owns the gateway's untagged device owns the house, without any grant, and
// nobody else does. The device itself holds nothing over the tailnet.
func TestOwnerOfAnUntaggedGateway(t *testing.T) {
	h := homietest.New(t, func(o *tailbox.Options) {
		for i, d := range o.Devices {
			if d.Hostname == tailbox.Gateway {
				o.Devices[i] = tailbox.Device{Hostname: tailbox.Gateway, Login: tailbox.Olivia}
			}
		}
		o.Policy = `{"grants": [{"src": ["autogroup:member"], "dst": ["autogroup:member"], "ip": ["tcp:443"]}]}`
	})
	_, hello := h.Connect(tailbox.OliviaPhone)
	if who := hello.Caller; !slices.Equal(who.Roles, []string{"owner"}) || !slices.Equal(who.Capabilities, []string{"*:*"}) || who.AskFor != "" {
		t.Errorf("the owner of the gateway's device is %+v, want the owner", who)
	}
	_, hello = h.Connect(tailbox.MaxTablet)
	if who := hello.Caller; len(who.Roles)+len(who.Capabilities) != 0 || !strings.Contains(who.AskFor, "100.64.") {
		t.Errorf("another person is %+v, want a visitor who may ask for a grant to the gateway's address", who)
	}
	got := send(t, h.Client(tailbox.Gateway), "POST", h.Address()+"/rpc", whoami, program())
	if got.status != http.StatusForbidden {
		t.Errorf("the gateway's own device: %d %s, want 403", got.status, got.body)
	}
}

// HOMIE_OWNER is the person who bears the login when they are first seen, and
// not who bears it later.
func TestOwnerOfATaggedGateway(t *testing.T) {
	h := homietest.WithoutGateway(t, homietest.Everybody)
	own := func(c *gateway.Config) { c.Owner = tailbox.Vera }
	h.StartGateway(own)
	_, hello := h.Connect(tailbox.VeraLaptop)
	if who := hello.Caller; !slices.Equal(who.Roles, []string{"owner"}) {
		t.Fatalf("HOMIE_OWNER is %+v, want the owner", who)
	}
	if err := h.Rename(tailbox.Vera, "vera@elsewhere.example"); err != nil {
		t.Fatal(err)
	}
	if err := h.AddPerson(tailbox.Person{Login: tailbox.Vera, Name: "Another Vera"}); err != nil {
		t.Fatal(err)
	}
	if err := h.AddDevice(tailbox.Device{Hostname: "other-laptop", Login: tailbox.Vera}); err != nil {
		t.Fatal(err)
	}
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant("vera@elsewhere.example"))); err != nil {
		t.Fatal(err)
	}
	h.Stop(tailbox.Gateway) // who it was is remembered
	h.StartGateway(own)
	_, hello = h.Connect("other-laptop")
	if who := hello.Caller; who.Person.Login != tailbox.Vera || len(who.Roles)+len(who.Capabilities) != 0 {
		t.Errorf("who got the login later is %+v, want a visitor", who)
	}
	_, hello = h.Connect(tailbox.VeraLaptop)
	if who := hello.Caller; !slices.Equal(who.Roles, []string{"owner"}) {
		t.Errorf("the owner under another login is %+v, want the owner", who)
	}
}

// A value that names nothing but accounts lets nobody in, and its holder was not
// told what to ask for.
func TestAccountsAloneLetNobodyIn(t *testing.T) {
	h := homietest.New(t)
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant(tailbox.Vera, `{"as": ["vera"]}`, `{"role": "queen"}`))); err != nil {
		t.Fatal(err)
	}
	c, hello := h.Connect(tailbox.VeraLaptop)
	who := hello.Caller
	if who.AskFor == "" || len(who.Capabilities) != 0 || len(who.Grants) != 1 {
		t.Errorf("Vera is %+v, want a visitor who may ask for a grant", who)
	}
	if len(who.Problems) != 1 || !strings.Contains(who.Problems[0], `"queen"`) {
		t.Errorf("the problems are %q, want the role that there is not", who.Problems)
	}
	wantReason(t, "the machines", c.Call(t.Context(), "presence.list", nil, nil), wire.Forbidden)
}
