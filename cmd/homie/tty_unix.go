//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// resizes tells of changes of the terminal's size until ctx ends.
func (t *tty) resizes(ctx context.Context) <-chan os.Signal {
	c := make(chan os.Signal, 1)
	if t.fd >= 0 {
		signal.Notify(c, unix.SIGWINCH)
		context.AfterFunc(ctx, func() { signal.Stop(c) })
	}
	return c
}

// signalNumber is the number of a signal such as "SIGTERM", 0 if it is unknown.
func signalNumber(name string) int { return int(unix.SignalNum(name)) }
