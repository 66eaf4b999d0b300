package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// nobody is an OS account that owns nothing.
const nobody = 65534

// asNobody runs homie under another OS account than the story's, which must be
// root's, and wants an exit code: "asnobody CODE ARGS...". The folders of the
// story are opened to it, so that nothing but homie itself keeps it out.
func (s *stage) asNobody(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	work := ts.Getenv("WORK")
	ts.Check(os.Chmod(filepath.Dir(work), 0o755))
	ts.Check(filepath.WalkDir(work, func(path string, d os.DirEntry, err error) error {
		if err != nil || (!d.IsDir() && d.Type() != os.ModeSocket) {
			return err
		}
		return os.Chmod(path, 0o777)
	}))
	exe, err := os.Open(s.exe) // its folder stays closed
	ts.Check(err)
	defer exe.Close()
	cmd := exec.Command("/proc/self/fd/3", args[1:]...)
	cmd.Args[0] = "homie"
	cmd.ExtraFiles = []*os.File{exe}
	cmd.Env, cmd.Dir = environ(ts), work
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	err = cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		ts.Fatalf("running homie as nobody: %v", err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("homie as nobody ended with exit code %d, want %d", got, want)
	}
}
