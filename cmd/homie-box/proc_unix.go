//go:build unix && !linux

package main

import (
	"context"
	"syscall"
	"time"
)

// childAttributes gives a child a process group of its own, so that Ctrl-C in
// the terminal reaches this process only.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// adoptOrphans has no equal here; a shell's jobs end by losing their terminal.
func adoptOrphans() {}

func killOrphans(time.Duration) {}

func reapOrphans(context.Context, func(func(own func(pid int) bool))) {}
