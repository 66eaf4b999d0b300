//go:build !unix

package main

import (
	"context"
	"time"
)

// resizes tells when to look at the terminal's size, until ctx ends: nothing
// announces a change here.
func (t *tty) resizes(ctx context.Context) <-chan time.Time {
	if t.fd < 0 {
		return nil
	}
	ticker := time.NewTicker(time.Second)
	context.AfterFunc(ctx, ticker.Stop)
	return ticker.C
}

// signalNumber is 0: signals have no numbers here.
func signalNumber(string) int { return 0 }
