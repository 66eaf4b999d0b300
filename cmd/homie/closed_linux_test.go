package main

import (
	"log/slog"
	"testing"

	"golang.org/x/sys/unix"

	"homie/tsidentity/up"
)

// A shell on a node read the auth key of the node that had started it in
// /proc/PID/environ.
func TestProcessIsClosedToItsOwnShells(t *testing.T) {
	open, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(open), 0, 0, 0); err != nil {
			t.Error(err)
		}
	})
	// The configuration is refused, which is late enough.
	if err := onTailnet(t.Context(), up.Config{Log: slog.New(slog.DiscardHandler)}, nil); err == nil {
		t.Fatal("joined a tailnet without a name")
	}
	if got, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || got != 0 {
		t.Errorf("PR_GET_DUMPABLE is %d (%v), want 0", got, err)
	}
}
