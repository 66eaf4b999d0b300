package main

import (
	"bytes"
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The shells of a machine that was killed stayed as zombies for as long as the
// box ran.
func TestTheDeadAreReaped(t *testing.T) {
	adoptOrphans()
	ctx, cancel := context.WithCancel(t.Context())
	var o own
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reapOrphans(ctx, o.around)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", "setsid sh -c 'exec >/dev/null; sleep 0.3' & echo $!")
	cmd.Stdout = &out
	if err := o.start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("a child of ours was reaped: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the orphan is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

// TestKillOrphans leaves a process behind that has left its parent, its group
// and its session, as a shell's job may, and wants it gone.
func TestKillOrphans(t *testing.T) {
	adoptOrphans()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!").Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	killOrphans(10 * time.Second)
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d is still there", pid)
	}
}
