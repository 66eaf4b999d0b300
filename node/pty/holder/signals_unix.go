//go:build linux || darwin

package holder

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// children are the programs of this process, of which the system tells without
// being asked to.
type children struct{}

func newChildren() *children { return &children{} }

// watch calls look whenever a child process may have ended, until ctx ends.
// Signals are merged, so that look must look at every child.
func (*children) watch(ctx context.Context, look func()) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)
	look() // those that ended before the signal was asked for
	for {
		select {
		case <-ended:
			look()
		case <-ctx.Done():
			return
		}
	}
}

// heedSignals keeps this process from handing ignored signals on to sessions:
// what was started with nohup, or in the background of a script, ignores some,
// and a shell that inherits that can't be interrupted or hung up. A signal with
// a handler is reset when a program starts; this handler does nothing.
func heedSignals() (restore func()) {
	none := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(s) {
			signal.Notify(none, s)
		}
	}
	return func() { signal.Stop(none) }
}
