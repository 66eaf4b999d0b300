//go:build linux || darwin

package jobs

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"homie/node/jobs/runner"
)

// Supported says whether this system has what runs need: process groups, and
// locks that go with a process.
const Supported = true

// Program returns a Launch that starts a program, or this one for "", as 'homie
// runner', detached from this process: in a session of its own, without its
// terminal or its environment's secrets.
func Program(path string) Launch {
	return func(dir string, lock *os.File) (<-chan struct{}, error) {
		exe := path
		if exe == "" {
			var err error
			if exe, err = os.Executable(); err != nil {
				return nil, fmt.Errorf("finding this program: %w", err)
			}
		}
		alive, far, err := os.Pipe() // which closes when the runner ends
		if err != nil {
			return nil, err
		}
		log, err := os.OpenFile(filepath.Join(dir, "runner.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			alive.Close()
			far.Close()
			return nil, err
		}
		cmd := exec.Command(exe) //nolint:noctx // it outlives this process
		cmd.Args = []string{os.Args[0], runner.Command, dir}
		cmd.Dir, cmd.Env, cmd.Stderr = "/", inherited(), log
		cmd.ExtraFiles = []*os.File{lock, far} // the first becomes runner.LockFD
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		err = cmd.Start()
		log.Close()
		far.Close()
		if err != nil {
			alive.Close()
			return nil, err
		}
		ended := make(chan struct{})
		pid := cmd.Process.Pid
		_ = cmd.Process.Release() // it is collected below
		go func() {
			defer close(ended)
			defer alive.Close()
			_, _ = io.Copy(io.Discard, alive)   // nothing is said; it ends
			_, _ = unix.Wait4(pid, nil, 0, nil) // how it ended stands in its folder
		}()
		return ended, nil
	}
}

// inherited are the variables that a runner takes over: those by which a test
// finds itself, and nothing that a program would see.
func inherited() []string {
	env := []string{}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// onlyOurs refuses what others than this process's account and root may write.
func onlyOurs(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || (st.Uid != 0 && int(st.Uid) != os.Geteuid()) || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write %s, so that what stands there counts for nothing; on that machine, run: chmod go-w %s", path, path)
	}
	return nil
}
