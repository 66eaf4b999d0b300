package terminal

import (
	"context"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// update gives a terminal another name, or another group in lists. Everybody
// who sees the terminal sees it so.
func (s *Service) update(ctx context.Context, who tsidentity.Caller, p wireterminal.UpdateParams) (wireterminal.Session, error) {
	conn, _, err := s.session(ctx, who, p.Node, p.Session, wireterminal.Update.Capability)
	if err != nil {
		return wireterminal.Session{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Update, p)
	if err != nil {
		return wireterminal.Session{}, offline(p.Node, err)
	}
	out = out.Shown()
	out.Node = p.Node
	return out, nil
}

// multiplexers lists what tmux and zellij keep running on a machine, for those
// who may open a terminal there as the account that they run under.
func (s *Service) multiplexers(ctx context.Context, who tsidentity.Caller, p wireterminal.MultiplexerParams) (wireterminal.MultiplexerList, error) {
	n, conn, err := s.reach(who, p.Node, wireterminal.Multiplexers.Capability)
	if err != nil {
		return wireterminal.MultiplexerList{}, err
	}
	account, err := settle(who, n, p.Account)
	if err != nil {
		return wireterminal.MultiplexerList{}, err
	}
	if !access.MayRunAs(who, wireterminal.Multiplexers.Capability, n, account) {
		return wireterminal.MultiplexerList{}, wire.Errorf(wire.Forbidden,
			"You may not open a terminal as %q on %s, and so not see what runs there.", account, p.Node).
			Missing(wire.Needs{Capability: wireterminal.Multiplexers.Capability, Node: p.Node, Account: account})
	}
	if p.Account = account; account == n.Account {
		p.Account = "" // as older nodes know it
	}
	got, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Multiplexers, p)
	if wire.ReasonOf(err) == wire.UnknownMethod { // a node of an older version
		return wireterminal.MultiplexerList{Sessions: []wireterminal.Multiplexer{}}, nil
	}
	out := wireterminal.MultiplexerList{Sessions: []wireterminal.Multiplexer{}}
	for _, m := range got.Sessions[:min(len(got.Sessions), wireterminal.MaxMultiplexers)] {
		out.Sessions = append(out.Sessions, m.Shown())
	}
	return out, offline(p.Node, err)
}
