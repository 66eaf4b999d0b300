package terminal

import (
	"context"
	"slices"

	"homie/rpc"
	"homie/tsidentity"
	wireterminal "homie/wire/terminal"
)

// control says whose keys a terminal takes: everybody's who may type, or those of
// one viewer. The machine sees to it.
func (s *Service) control(ctx context.Context, who tsidentity.Caller, p wireterminal.ControlParams) (wireterminal.Session, error) {
	conn, session, err := s.session(ctx, who, p.Node, p.Session, wireterminal.Control.Capability)
	if err != nil {
		return wireterminal.Session{}, err
	}
	owner := slices.Contains(who.Rights.Roles(), string(tsidentity.RoleOwner))
	p.Override = owner || session.Starter == rpc.BehalfOf(who).Key()
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Control, p)
	if err != nil {
		return wireterminal.Session{}, offline(p.Node, err)
	}
	out = out.Shown()
	out.Node = p.Node
	return out, nil
}
