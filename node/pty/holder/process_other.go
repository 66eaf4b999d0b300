//go:build !linux && !darwin

package holder

import (
	"context"

	"homie/wire"
)

// start always fails: the pseudo-terminals of this system need another
// mechanism behind the process interface.
func start(program, *children) (process, error) {
	return nil, wire.Errorf(wire.Unsupported, "terminals on Windows machines come later; this machine has none yet")
}

func inherit(int, int) (process, error) { return start(program{}, nil) }

type children struct{}

func newChildren() *children { return &children{} }

func (*children) watch(ctx context.Context, _ func()) { <-ctx.Done() }

func heedSignals() (restore func()) { return func() {} }
