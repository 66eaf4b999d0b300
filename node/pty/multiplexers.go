package pty

import (
	"context"
	"os"

	"homie/node/pty/holder"
	"homie/node/pty/multiplexer"
	"homie/tsidentity"
	"homie/wire/terminal"
)

// multiplexers lists what tmux and zellij keep running for the node's account.
// It is the node that asks them, not the holder, which does nothing but hold.
func (s *Service) multiplexers(ctx context.Context, _ tsidentity.Caller, _ terminal.MultiplexerParams) (terminal.MultiplexerList, error) {
	f := multiplexer.Finder{Environ: holder.Inherited(os.Environ())}
	return terminal.MultiplexerList{Sessions: f.List(ctx)}, nil
}
