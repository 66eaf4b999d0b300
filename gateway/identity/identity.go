// Package identity tells callers who Homie thinks they are and what they may
// do, and which grant to ask for if the answer is nothing. Owners also hear what
// is wrong with the home.
package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// Service describes callers.
type Service struct {
	gateway  func() tsidentity.Device
	home     func() string
	degraded func() error
	peers    func(context.Context) ([]Peer, error)
	warns    []func(tsidentity.Caller) string
}

// New returns the service. gateway returns the gateway's own device, which the
// grants it suggests have as their destination; home, the address that people
// open; degraded, why the state is older than this program, nil if it is not;
// peers, who there is on the tailnet.
func New(gateway func() tsidentity.Device, home func() string, degraded func() error, peers func(context.Context) ([]Peer, error)) *Service {
	return &Service{gateway: gateway, home: home, degraded: degraded, peers: peers}
}

// Warn adds a function that tells an owner what is wrong, in words; "" for
// nothing. Call before Run.
func (s *Service) Warn(f func(tsidentity.Caller) string) { s.warns = append(s.warns, f) }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("identity.whoami", tsidentity.CapSelf, s.whoami),
		rpc.Call("identity.people.list", readCapability, s.people, rpc.Limit(rpc.Expensive)),
	}
}

// Run does nothing until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// whoami says who the tailnet says the caller is, and what they may do here.
func (s *Service) whoami(_ context.Context, who tsidentity.Caller, p wire.WhoamiParams) (wire.Whoami, error) {
	out := s.Describe(who)
	if p.Needs != nil {
		out.AskFor = s.askFor(who, p.Needs)
	}
	return out, nil
}

// Describe returns a caller in the words of the wire.
func (s *Service) Describe(who tsidentity.Caller) wire.Whoami {
	out := wire.Whoami{
		Class: string(who.Class), Name: who.Name(),
		Roles:        append([]string{}, who.Rights.Roles()...),
		Capabilities: append([]string{}, who.Rights.Patterns()...),
		Grants:       []wire.GrantInfo{},
		Problems:     append([]string{}, who.Rights.Problems...),
		Warnings:     s.warnings(who),
		Home:         s.home(),
	}
	if who.Person.ID != "" {
		out.Person = &wire.Person{
			ID: wire.PersonID(who.Person.ID), Login: who.Person.Login,
			Name: who.Person.Name, Picture: who.Person.Picture,
		}
	}
	if who.Device.ID != "" {
		out.Device = &wire.Device{
			ID: wire.DeviceID(who.Device.ID), Name: who.Device.Name,
			OS: who.Device.OS, Tags: append([]string{}, who.Device.Tags...),
		}
	}
	for _, v := range who.Rights.Values {
		out.Grants = append(out.Grants, wire.GrantInfo{Role: string(v.Role), Allow: v.Allow, Nodes: v.Nodes, As: v.As, Why: v.Why})
	}
	if who.Visitor() {
		out.AskFor = s.askFor(who, nil)
	}
	return out
}

// warnings are for owners. Why something broke is in the log.
func (s *Service) warnings(who tsidentity.Caller) []string {
	out := []string{}
	if !slices.Contains(who.Rights.Roles(), string(tsidentity.RoleOwner)) {
		return out
	}
	for _, f := range s.warns {
		if words := f(who); words != "" {
			out = append(out, words)
		}
	}
	if s.degraded() != nil {
		out = append(out, "The last update could not bring Homie's data into its new form. Nothing is lost: the data is as it was before, "+
			"and what is new in this version may not work. The gateway's log says why, at \"migration failed\"; "+
			"see to that and restart the gateway, or install the version from before.")
	}
	return out
}

// askFor is the grant that would make a visitor a member, and give a caller a
// right, as it stands in a policy file.
func (s *Service) askFor(who tsidentity.Caller, needs *wire.Needs) string {
	src := who.Person.Login
	if src == "" && len(who.Device.Tags) > 0 {
		src = who.Device.Tags[0]
	}
	if src == "" {
		return ""
	}
	dst := strings.Join(s.gateway().Tags, `", "`)
	if dst == "" {
		dst = s.gateway().Addr
	}
	return fmt.Sprintf(`{
  "src": [%q],
  "dst": ["%s"],
  "ip": ["tcp:443"],
  "app": {%q: [%s]}
}`, src, dst, string(tsidentity.GrantCap), strings.Join(values(who, needs), ", "))
}

// values are what a grant has to say of a caller.
func values(who tsidentity.Caller, needs *wire.Needs) []string {
	var out []string
	if who.Visitor() {
		out = append(out, `{"role": "member"}`)
	}
	if needs == nil {
		return out
	}
	right := fmt.Sprintf(`"allow": [%q]`, needs.Capability)
	if needs.Node != "" {
		right += fmt.Sprintf(`, "nodes": [%q]`, needs.Node)
	}
	if needs.Account != "" {
		right += fmt.Sprintf(`, "as": [%q]`, needs.Account)
	}
	return append(out, "{"+right+"}")
}
