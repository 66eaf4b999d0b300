package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// closeProcess keeps other programs of this account out of this process. The
// environment that it was started with has the auth key in it, which makes
// devices, and a person's shell on a node is a program of the node's account:
// without this it reads the key in /proc. It also writes no core dumps.
//
// Programs that the process starts are not closed; root gets in anyway.
func closeProcess() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("closing this process to others: %w", err)
	}
	return nil
}
