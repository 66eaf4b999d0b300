package main

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childAttributes gives a child a process group of its own, so that Ctrl-C in
// the terminal reaches this process only, and lets the kernel kill it when the
// thread that started it is gone.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// adoptOrphans makes this process the parent of whatever its children leave
// behind, such as a shell's background jobs, so that killOrphans finds them.
func adoptOrphans() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killOrphans kills what became ours, round by round, as each may leave others,
// for at most the given time. It must be called after all children have ended.
func killOrphans(most time.Duration) {
	deadline := time.Now().Add(most)
	for time.Now().Before(deadline) {
		pids := childrenOf(os.Getpid())
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
			_, _ = syscall.Wait4(pid, nil, 0, nil)
		}
	}
}

// reapOrphans takes leave of the dead that became ours while everything runs,
// such as the shells of a machine that was killed, until ctx ends. The living
// stay: they may be meant to.
func reapOrphans(ctx context.Context, reap func(func(own func(pid int) bool))) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	for {
		select {
		case <-ctx.Done():
			return
		case <-died:
		}
		reap(func(own func(pid int) bool) {
			for _, pid := range childrenOf(os.Getpid()) {
				if !own(pid) {
					_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // it may live
				}
			}
		})
	}
}

// childrenOf lists the processes whose parent is ppid.
func childrenOf(ppid int) []int {
	var pids []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …; the name may hold anything.
		rest := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && len(rest) > 1 && rest[1] == strconv.Itoa(ppid) {
			pids = append(pids, pid)
		}
	}
	return pids
}
