package main

import (
	"context"
	"os"
	"syscall"
	"time"
)

// childAttributes keeps Ctrl-C in the console from a child.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// interrupt ends a process; Windows has no gentler way from outside.
func interrupt(p *os.Process) error { return p.Kill() }

func killGroup(int) {}

func adoptOrphans() {}

func killOrphans(time.Duration) {}

func reapOrphans(context.Context, func(func(own func(pid int) bool))) {}

// tryLock has no equal here: leftovers stay.
func tryLock(*os.File) error { return nil }
