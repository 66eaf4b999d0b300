package homietest

import (
	"encoding/json"
	"fmt"

	"homie/internal/tailbox"
	"homie/tsidentity"
)

// The devices that Everybody adds to the box's household, one of each kind of
// caller that is not in it.
const (
	MiaPhone   = "mia-phone"   // a member without terminals
	GusPhone   = "gus-phone"   // a guest
	WallTablet = "wall-tablet" // tagged, with the role kiosk
	Printer    = "printer"     // tagged, without a grant
	FredPhone  = "fred-phone"  // shared in from another tailnet, without a grant
	Nobody     = "nobody"      // on the network, but unknown to WhoIs
	NodeAttic  = "homie-attic" // Olivia's own, untagged
	NodeLoft   = "homie-loft"  // Olivia's own, untagged
)

// Logins of the people whom Everybody adds.
const (
	Mia   = "mia@example.com"
	Gus   = "gus@example.com"
	Fred  = "fred@other.example"
	Ghost = "ghost@example.com" // whom WhoIs does not know
)

// Everybody adds a device of each kind of caller to the household, and reach to
// those who have no grant.
func Everybody(o *tailbox.Options) {
	o.People = append(o.People,
		tailbox.Person{Login: Mia, Name: "Mia"},
		tailbox.Person{Login: Gus, Name: "Gus"},
		tailbox.Person{Login: Fred, Name: "Fred"},
		tailbox.Person{Login: Ghost, Name: "Ghost"})
	o.Devices = append(o.Devices,
		tailbox.Device{Hostname: MiaPhone, Login: Mia},
		tailbox.Device{Hostname: GusPhone, Login: Gus},
		tailbox.Device{Hostname: WallTablet, Tags: []string{"tag:kiosk"}},
		tailbox.Device{Hostname: Printer, Tags: []string{"tag:printer"}},
		tailbox.Device{Hostname: FredPhone, Login: Fred, Shared: "other.ts.net"},
		tailbox.Device{Hostname: Nobody, Login: Ghost, Anonymous: true},
		tailbox.Device{Hostname: NodeAttic, Login: tailbox.Olivia},
		tailbox.Device{Hostname: NodeLoft, Login: tailbox.Olivia})
	o.Policy = Policy(o.Policy,
		Grant(Mia, `{"role": "member"}`),
		Grant(Gus, `{"role": "guest"}`),
		Grant("tag:kiosk", `{"role": "kiosk"}`),
		Grant("tag:printer"),
		Grant("autogroup:shared"),
		Grant(Ghost),
	)
}

// Grant lets a source reach the gateway, with values of the app capability.
func Grant(src string, values ...string) tailbox.Grant {
	g := tailbox.Grant{Src: []string{src}, Dst: []string{"tag:homie"}, IP: []string{"tcp:443", "tcp:80"}}
	for _, v := range values {
		if g.App == nil {
			g.App = map[string][]json.RawMessage{}
		}
		name := string(tsidentity.GrantCap)
		g.App[name] = append(g.App[name], json.RawMessage(v))
	}
	return g
}

// Bound bounds what the machines do for the gateway, with values of the app
// capability for that.
func Bound(values ...string) tailbox.Grant {
	list := []json.RawMessage{}
	for _, v := range values {
		list = append(list, json.RawMessage(v))
	}
	return tailbox.Grant{
		Src: []string{"tag:homie"}, Dst: []string{"tag:homie-node"},
		App: map[string][]json.RawMessage{string(tsidentity.BoundCap): list},
	}
}

// Policy is the policy file text with the given grants in place of those that
// it has for the same sources.
func Policy(text string, grants ...tailbox.Grant) string {
	p, err := tailbox.ParsePolicy(text)
	if err != nil {
		panic(fmt.Sprintf("homietest: %v", err))
	}
	replaced := map[string]bool{}
	for _, g := range grants {
		replaced[g.Src[0]] = true
	}
	kept := []tailbox.Grant{}
	for _, g := range p.Grants {
		if len(g.Src) != 1 || !replaced[g.Src[0]] {
			kept = append(kept, g)
		}
	}
	p.Grants = append(kept, grants...)
	p.TagOwners = json.RawMessage("{}")
	out, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("homietest: %v", err))
	}
	return string(out)
}

// Policy is the house's policy file of the moment.
func (h *House) Policy() string { return *h.policy }

// SetPolicy changes the policy file.
func (h *House) SetPolicy(text string) error {
	*h.policy = text
	return h.Tailnet.SetPolicy(text)
}
