package pty

import (
	"context"
	"os"
	"os/user"

	"homie/node/pty/holder"
	"homie/node/pty/multiplexer"
	"homie/tsidentity"
	"homie/wire/terminal"
)

// multiplexers lists what tmux and zellij keep running for the node's account.
// It is the node that asks them, not the holder, which does nothing but hold. For
// another account it is a process of that account, which the holder has started.
func (s *Service) multiplexers(ctx context.Context, who tsidentity.Caller, p terminal.MultiplexerParams) (terminal.MultiplexerList, error) {
	if p.Account != "" && p.Account != ownAccount() {
		return passOn(s, terminal.Multiplexers, again)(ctx, who, p)
	}
	if _, err := s.mayCall(ctx, who, terminal.Multiplexers.Capability, p); err != nil {
		return terminal.MultiplexerList{}, err
	}
	f := multiplexer.Finder{Environ: holder.Inherited(os.Environ())}
	return terminal.MultiplexerList{Sessions: f.List(ctx)}, nil
}

// ownAccount is what the account is called that the node runs as, "" if that is
// not to be known.
func ownAccount() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
