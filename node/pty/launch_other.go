//go:build !linux && !darwin

package pty

import (
	"context"

	"homie/wire"
)

// Program returns a Launch that says why there is nothing to start.
func Program(string) Launch {
	return func(context.Context, string) error {
		return wire.Errorf(wire.Unsupported, "terminals on Windows machines come later; this machine has none yet")
	}
}
