package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// grace is how long a child may take to end by itself.
	grace = 2 * time.Second
	// A child that ended is started again after minPause, then twice as long
	// each time until maxPause; one that ran for steady starts at minPause.
	minPause = 200 * time.Millisecond
	maxPause = 10 * time.Second
	steady   = 10 * time.Second
	// tailBytes of a log are read, and tailLines of them shown.
	tailBytes = 8 << 10
	tailLines = 5
)

// child is a process of ours that is started again when it ends.
type child struct {
	name  string // how people call it: "the gateway"
	argv  []string
	env   []string
	state string // directory
	log   string // file

	// ended is told of an end that nobody asked for. If it returns an error,
	// the child is given up.
	ended func(c *child, how error) error

	own *own         // knows the processes that are waited for here
	pid atomic.Int64 // of the process that runs now, or of the last one
}

// run keeps the child running until ctx ends, then ends it.
func (c *child) run(ctx context.Context) error {
	// The thread that starts a child has to live as long as the child does: see
	// childAttributes. It ends with this goroutine.
	runtime.LockOSThread()
	pause := minPause
	for {
		started := time.Now()
		how := c.once(ctx)
		if ctx.Err() != nil {
			c.endHolder()
			return nil
		}
		if err := c.ended(c, how); err != nil {
			return err
		}
		if time.Since(started) > steady {
			pause = minPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		pause = min(2*pause, maxPause)
	}
}

// once runs the process and says how it ended. Its process group does not
// outlive it.
func (c *child) once(ctx context.Context) error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", c.name, err)
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Env = c.env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = grace
	if err := c.own.start(cmd); err != nil {
		return &startError{err}
	}
	c.pid.Store(int64(cmd.Process.Pid))
	err = cmd.Wait()
	c.own.ended(cmd.Process.Pid)
	killGroup(cmd.Process.Pid)
	if err == nil {
		return errors.New("it ended by itself")
	}
	return err
}

// own are the processes that somebody waits for. The zero own are none.
type own struct {
	mu   sync.Mutex
	pids map[int]bool
}

// start starts a process; nobody looks at what is ours meanwhile.
func (o *own) start(cmd *exec.Cmd) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	if o.pids == nil {
		o.pids = map[int]bool{}
	}
	o.pids[cmd.Process.Pid] = true
	return nil
}

func (o *own) ended(pid int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.pids, pid)
}

// around calls f with what tells whether a process is waited for.
func (o *own) around(f func(own func(pid int) bool)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(func(pid int) bool { return o.pids[pid] })
}

// startError says that a process could not even be started.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// tail returns the last lines of the child's log, indented.
func (c *child) tail() string {
	f, err := os.Open(c.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		_, _ = f.Seek(-tailBytes, io.SeekEnd) // from the start if this fails
	}
	text, err := io.ReadAll(io.LimitReader(f, 2*tailBytes))
	if err != nil || len(text) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-tailLines):], "\n    ") + "\n"
}
