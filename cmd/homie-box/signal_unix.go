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
