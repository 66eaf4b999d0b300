package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// patience is how long a child may take to end when asked.
const patience = 10 * time.Second

// child is a process under measurement.
type child struct {
	name string
	cmd  *exec.Cmd
	log  string         // the file that has what it printed
	in   io.WriteCloser // nil without a pipe
	out  io.Reader
	done chan struct{} // closed when it has ended

	stopped bool // it was asked to end
}

// start runs a program that writes its log to a file in dir. With a pipe, its
// input and output are the caller's.
func start(ctx context.Context, dir, name string, env []string, pipe bool, argv ...string) (*child, error) {
	c := &child{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keeping the log of %s: %w", name, err)
	}
	defer log.Close()
	c.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.cmd.Env, c.cmd.Stderr = env, log
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = patience
	if pipe {
		if c.in, err = c.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		if c.out, err = c.cmd.StdoutPipe(); err != nil {
			return nil, err
		}
	} else {
		c.cmd.Stdout = log
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ended is in its state
	}()
	return c, nil
}

// stop ends the child and waits for it.
func (c *child) stop() {
	c.stopped = true
	if c.in != nil {
		c.in.Close()
	}
	_ = c.cmd.Cancel() // it may have ended
	overdue := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer overdue.Stop()
	<-c.done
}

// failure says how a child ended that was not asked to, and is nil while it
// runs.
func (c *child) failure() error {
	select {
	case <-c.done:
	default:
		return nil
	}
	if c.stopped {
		return nil
	}
	return fmt.Errorf("%s ended, %v: %s", c.name, c.cmd.ProcessState, c.tail())
}

// tail is the end of the child's log, for an error message.
func (c *child) tail() string {
	b, err := os.ReadFile(c.log)
	if err != nil {
		return ""
	}
	const lines = 12
	all := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
