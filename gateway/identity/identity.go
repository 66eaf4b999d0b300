// Package identity tells callers who Homie thinks they are and what they may
// do, and which grant to ask for if the answer is nothing.
package identity

import (
	"context"
	"fmt"
	"strings"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// Service describes callers.
type Service struct {
	gateway func() tsidentity.Device
}

// New returns the service. gateway returns the gateway's own device, which the
// grants it suggests have as their destination.
func New(gateway func() tsidentity.Device) *Service { return &Service{gateway: gateway} }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("identity.whoami", tsidentity.CapSelf, s.whoami),
	}
}

// Run does nothing until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// whoami says who the tailnet says the caller is, and what they may do here.
func (s *Service) whoami(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (wire.Whoami, error) {
	return s.Describe(who), nil
}

// Describe returns a caller in the words of the wire.
func (s *Service) Describe(who tsidentity.Caller) wire.Whoami {
	out := wire.Whoami{
		Class: string(who.Class), Name: who.Name(),
		Roles:        append([]string{}, who.Rights.Roles()...),
		Capabilities: append([]string{}, who.Rights.Patterns()...),
		Grants:       []wire.GrantInfo{},
		Problems:     append([]string{}, who.Rights.Problems...),
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
		out.AskFor = s.askFor(who)
	}
	return out
}

// askFor is the grant that would make the caller a member, as it stands in a
// policy file.
func (s *Service) askFor(who tsidentity.Caller) string {
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
  "app": {%q: [{"role": "member"}]}
}`, src, dst, string(tsidentity.GrantCap))
}
