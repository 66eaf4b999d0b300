package holder

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"homie/wire"
)

// startDir returns the folder that a session starts in: wanted, which may begin
// with ~ and is otherwise relative to base, or base itself.
func startDir(wanted, base, home string) (string, error) {
	dir := filepath.Clean(folder(wanted, base, home))
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		_, err = os.Stat(dir + "/.") // may it be entered?
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", wire.Errorf(wire.NotFound, "there is no folder %s on this machine", dir).Because(err)
	case errors.Is(err, fs.ErrPermission):
		return "", wire.Errorf(wire.Forbidden, "this account may not open the folder %s", dir).Because(err)
	case err != nil:
		return "", wire.Errorf(wire.InvalidParams, "the folder %s can't be used", dir).Because(err)
	case !info.IsDir():
		return "", wire.Errorf(wire.InvalidParams, "%s is not a folder", dir)
	}
	return dir, nil
}

// resolve returns the program for a command, which is the account's shell if it
// names none.
//
// The shell is an interactive one; on macOS also a login shell. That is what
// terminal programs do on each system, and so where people's start-up files
// expect it: .bashrc on Linux, .zprofile on macOS.
func resolve(command []string, a account, env []string, dir string) (path string, argv []string, err error) {
	if len(command) > 0 && command[0] != "" {
		path, err = findProgram(command[0], lookup(env, "PATH"), dir)
		return path, command, err
	}
	if len(command) > 0 {
		return "", nil, wire.Errorf(wire.InvalidParams, "the command has no program name")
	}
	path, err = findProgram(a.shell, lookup(env, "PATH"), dir)
	return path, shellCommand(path), err
}

// findProgram finds name as a shell would that has this search path and stands
// in dir.
func findProgram(name, searchPath, dir string) (string, error) {
	if isPath(name) {
		path := name
		if !filepath.IsAbs(path) {
			path = folder(path, dir, dir)
		}
		found, err := exec.LookPath(path)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return "", wire.Errorf(wire.Forbidden, "%s is not a program that this account may run", name).Because(err)
		case err != nil:
			return "", noProgram(name).Because(err)
		}
		return found, nil
	}
	for _, in := range filepath.SplitList(searchPath) {
		if !filepath.IsAbs(in) {
			continue // a program from wherever one stands is a trap, not a wish
		}
		if found, err := exec.LookPath(filepath.Join(in, name)); err == nil {
			return found, nil
		}
	}
	return "", noProgram(name)
}

func noProgram(name string) *wire.Error {
	return wire.Errorf(wire.NotFound, "there is no program %s on this machine", name)
}
