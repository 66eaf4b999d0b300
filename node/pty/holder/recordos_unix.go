//go:build linux || darwin

package holder

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// isFull reports whether an error says that a disk has no room, or not for this
// account.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// signalNumber is the number of a signal, as in the exit status of a shell.
func signalNumber(name string) int { return int(unix.SignalNum(name)) }
