//go:build linux || darwin

package holder

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// What differs from Windows in what a person finds in a session.

// homeVariable names the variable that has the account's home.
const homeVariable = "HOME"

// noHome is where an account is at home that has no home.
const noHome = "/"

// defaultPath is for a node that was started without a PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// inherits reports whether a session takes over a variable from the node.
func inherits(name string) bool {
	return slices.Contains(inherited, name) || strings.HasPrefix(name, "LC_")
}

// lookup returns the value of a variable in an environment, "" if it has none.
func lookup(env []string, name string) string {
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// isPath reports whether a program's name says where it is.
func isPath(name string) bool { return strings.Contains(name, "/") }

// folder makes a path that a person gave absolute; "" is base, and base may begin
// with ~, too, or be "" for home.
func folder(wanted, base, home string) string {
	dir := expandHome(wanted, home)
	switch {
	case dir == "":
		dir = expandHome(base, home)
	case !filepath.IsAbs(dir):
		dir = filepath.Join(expandHome(base, home), dir)
	}
	if dir == "" {
		dir = home
	}
	return dir
}

func expandHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || rest[0] == '/') {
		return home + rest
	}
	return path
}

// shellOf returns the login shell that the account database has for name. On
// macOS that is not a file, but launchd sets SHELL there.
func shellOf(name string) string {
	passwd, err := os.ReadFile("/etc/passwd")
	if err == nil {
		for line := range bytes.Lines(passwd) {
			f := bytes.Split(bytes.TrimSpace(line), []byte(":"))
			if len(f) == 7 && string(f[0]) == name && len(f[6]) > 0 {
				return string(f[6])
			}
		}
	}
	if runtime.GOOS == "darwin" {
		return "/bin/zsh"
	}
	return "/bin/sh"
}

// shellCommand is the command that runs a shell for a person: a login shell on
// macOS, as terminal programs do there.
func shellCommand(path string) []string {
	if runtime.GOOS == "darwin" {
		return []string{"-" + filepath.Base(path)}
	}
	return []string{path}
}

// programName is what a program is called without its folder.
func programName(arg string) string {
	name := strings.TrimPrefix(arg, "-")
	return name[strings.LastIndexByte(name, '/')+1:]
}

// base is what a session's environment begins with, given the node's own.
func base(own []string) map[string]string {
	env := map[string]string{"PATH": defaultPath}
	for _, kv := range Inherited(own) {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	if env["LC_ALL"] == "" && env["LC_CTYPE"] == "" && env["LANG"] == "" {
		env["LANG"] = utf8Locale() // else programs take what is typed for ASCII
	}
	return env
}

// about is what an environment says of the account and of where it is.
func about(a account, dir string) map[string]string {
	return map[string]string{"HOME": a.home, "USER": a.name, "LOGNAME": a.name, "SHELL": a.shell, "PWD": dir}
}

func utf8Locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}
