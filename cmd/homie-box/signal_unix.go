//go:build unix

package main

import (
	"os"
	"syscall"
)

// interrupt asks a process to end.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

// killGroup kills what is left of a child's process group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // none is the usual case

// tryLock locks a file against other processes until it is closed, or fails at
// once. Children do not inherit it.
func tryLock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
