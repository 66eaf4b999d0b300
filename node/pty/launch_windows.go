package pty

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"

	"homie/node/pty/holder"
)

// Program returns a Launch that starts a program, or this one for "", as 'homie
// holder', detached from this process: without its console, its environment's
// secrets, or a pipe that would break when it ends.
func Program(path string) Launch {
	return func(_ context.Context, stateDir string) error {
		if err := holder.Supported(); err != nil {
			return err
		}
		return start(path, stateDir)
	}
}

// detached keeps the node's console, and the Ctrl-C that is typed there, from the
// holder. It is not put into a process group of its own: that would make whatever
// runs in a session ignore Ctrl-C.
const detached = windows.DETACHED_PROCESS

// start runs the holder of a state directory. What started the node may have put
// it into a job that ends with it, as schedulers and terminals do: the holder
// leaves it if it may.
func start(path, stateDir string) (err error) {
	if path == "" {
		if path, err = os.Executable(); err != nil {
			return fmt.Errorf("finding this program: %w", err)
		}
	}
	dir, err := filepath.Abs(stateDir)
	if err != nil {
		return fmt.Errorf("finding the state directory: %w", err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	// What a program says that can't even start goes there.
	log, err := os.OpenFile(filepath.Join(dir, holder.LogName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of the terminals: %w", err)
	}
	defer log.Close()
	attr := &os.ProcAttr{
		Dir:   filepath.VolumeName(path) + `\`, // nobody minds that it is in use
		Env:   holder.Inherited(os.Environ()),
		Files: []*os.File{null, null, log},
	}
	var p *os.Process
	for _, flags := range []uint32{detached | windows.CREATE_BREAKAWAY_FROM_JOB, detached} {
		attr.Sys = &syscall.SysProcAttr{CreationFlags: flags}
		p, err = os.StartProcess(path, []string{os.Args[0], holder.Command, "--state-dir", dir}, attr)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("starting the process that holds the terminals: %w", err)
	}
	return p.Release() // it outlives this process, and nobody waits for it
}
