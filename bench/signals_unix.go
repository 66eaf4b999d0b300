//go:build linux || darwin

package main

import "syscall"

// hangUp asks a process to end, or with force ends it. It may have ended.
func hangUp(pid int, force bool) {
	s := syscall.SIGTERM
	if force {
		s = syscall.SIGKILL
	}
	_ = syscall.Kill(pid, s)
}

// askFigures has a process of Homie's log what it has.
func askFigures(pid int) error { return syscall.Kill(pid, syscall.SIGUSR1) }

// ended reports whether a child, which nobody else waits for, has ended.
func ended(pid int) bool {
	_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
	return syscall.Kill(pid, 0) != nil
}
