// Package marks lets shells mark their prompts and commands, so that a terminal
// knows where a command begins, what it printed and how it ended (OSC 133), and
// which folder the shell is in (OSC 7).
//
// It starts a shell with a file of Homie's that reads the account's own start-up
// files, as the shell would have, and then adds the marks: bash by --rcfile, zsh
// by ZDOTDIR, fish by XDG_DATA_DIRS. No file of the account is written, and
// nothing of it stays in the environment that the shell's programs get.
//
// Other programs, and shells with arguments, are started as they are. A bash
// before 4.4 marks its prompts only, and a fish from 4.0 on marks by itself.
package marks

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tailscale.com/atomicfile"
)

// Off is the variable that switches the marks off if it is 0, in the
// environment of the node or in the start-up files of an account.
const Off = "HOMIE_SHELL_INTEGRATION"

//go:embed all:files
var files embed.FS

// Install writes the files that shells read into a folder in dir, whose name
// follows from what is in them, and returns the folder. It does nothing if they
// are there.
func Install(dir string) (string, error) {
	name, err := version()
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(filepath.Join(dir, "shell-"+name)); err != nil {
		return "", fmt.Errorf("finding the folder for what shells read: %w", err)
	}
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	err = each(func(name string, data []byte) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		// Everybody may read them: shells of another account, too.
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // there is nothing private in it
			return err
		}
		if err := os.Chmod(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // whatever the umask
			return err
		}
		return atomicfile.WriteFile(to, data, 0o644)
	})
	if err == nil {
		err = atomicfile.WriteFile(done, nil, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("writing what shells read: %w", err)
	}
	return dir, nil
}

// version is a name for what is in the files.
func version() (string, error) {
	sum := sha256.New()
	err := each(func(name string, data []byte) error {
		_, err := fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6]), err
}

// each calls f with each file, in the order of their names.
func each(f func(name string, data []byte) error) error {
	return fs.WalkDir(files, "files", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(at)
		return errors.Join(err, f(strings.TrimPrefix(at, "files/"), data))
	})
}

// For returns how to start a shell so that it marks what it does: the program
// at file with these arguments and this environment. It returns both as they
// are if the program is no such shell, has arguments, or is not to. dir is what
// Install returned.
func For(dir, file string, argv, env []string) (newArgv, newEnv []string) {
	if len(argv) != 1 || value(env, Off) == "0" {
		return argv, env
	}
	login := strings.HasPrefix(argv[0], "-")
	switch path.Base(filepath.ToSlash(file)) {
	case "bash":
		rc := "homie.bash"
		if login {
			rc = "login.bash"
		}
		return []string{strings.TrimPrefix(argv[0], "-"), "--rcfile", filepath.Join(dir, rc)}, env
	case "zsh":
		if own, ok := lookup(env, "ZDOTDIR"); ok {
			env = with(env, "HOMIE_ZDOTDIR", own)
		}
		return argv, with(env, "ZDOTDIR", filepath.Join(dir, "zsh"))
	case "fish":
		dirs := value(env, "XDG_DATA_DIRS")
		if dirs == "" {
			dirs = "/usr/local/share:/usr/share" // what programs take where nothing is said
		}
		return argv, with(env, "XDG_DATA_DIRS", filepath.Join(dir, "data")+":"+dirs)
	}
	return argv, env
}

func value(env []string, name string) string {
	v, _ := lookup(env, name)
	return v
}

func lookup(env []string, name string) (string, bool) {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v, true
		}
	}
	return "", false
}

// with is env with another value of a variable.
func with(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	return append(env, name+"="+value)
}
