//go:build linux || darwin

package pty

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"homie/node/pty/holder"
)

// Program returns a Launch that starts a program, or this one for "", as 'homie
// holder', detached from this process: in a session of its own, without its
// terminal, its environment's secrets, or a pipe that would break when it ends.
func Program(path string) Launch {
	last := 0 // process id of the holder that was started here, while it is our child
	return func(_ context.Context, stateDir string) error {
		if last != 0 { // it does not answer: if it has ended, nobody else collects it
			_, _ = unix.Wait4(last, nil, unix.WNOHANG, nil)
		}
		pid, err := start(path, stateDir)
		last = pid
		return err
	}
}

// start runs the holder of a state directory.
func start(path, stateDir string) (pid int, err error) {
	if path == "" {
		if path, err = os.Executable(); err != nil {
			return 0, fmt.Errorf("finding this program: %w", err)
		}
	}
	dir, err := filepath.Abs(stateDir)
	if err != nil {
		return 0, fmt.Errorf("finding the state directory: %w", err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	// What a program says that can't even start goes there.
	log, err := os.OpenFile(filepath.Join(dir, holder.LogName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fmt.Errorf("opening the log of the terminals: %w", err)
	}
	defer log.Close()
	p, err := os.StartProcess(path, []string{os.Args[0], holder.Command, "--state-dir", dir}, &os.ProcAttr{
		Dir:   "/",
		Env:   holder.Inherited(os.Environ()),
		Files: []*os.File{null, null, log},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("starting the process that holds the terminals: %w", err)
	}
	pid = p.Pid
	return pid, p.Release() // it outlives this process, and nobody waits for it
}
