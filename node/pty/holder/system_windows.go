package holder

import (
	"os"
	"strings"

	"golang.org/x/sys/windows"

	"homie/internal/winproc"
)

// What differs from other systems in what a person finds in a session.

// homeVariable names the variable that has the account's home.
const homeVariable = "USERPROFILE"

// noHome is where an account is at home that has no home.
const noHome = `C:\`

// inherits reports whether a session takes over a variable from the node.
func inherits(name string) bool { return winproc.Inherits(name) }

// lookup returns the value of a variable in an environment, "" if it has none.
func lookup(env []string, name string) string { return winproc.Lookup(env, name) }

// isPath reports whether a program's name says where it is.
func isPath(name string) bool { return winproc.IsPath(name) }

// folder makes a path that a person gave absolute.
func folder(wanted, base, home string) string {
	return winproc.Folder(wanted, winproc.Folder(base, home, home), home)
}

// shellOf returns the shell of an account.
func shellOf(string) string {
	return winproc.Shell(personal(os.Environ()), func(path string) bool {
		info, err := os.Lstat(path) // programs of the store are links that only the system can follow
		return err == nil && !info.IsDir()
	})
}

// shellCommand is the command that runs a shell for a person.
func shellCommand(path string) []string { return winproc.ShellArgs(path) }

// programName is what a program is called without its folder.
func programName(arg string) string { return winproc.Base(arg) }

// base is what a session's environment begins with: what Windows gives the
// account when it signs in, which is where people set variables here, and what
// programs need of the node's own. Names are in capitals, as case means nothing.
func base(own []string) map[string]string {
	env := map[string]string{}
	for _, kv := range personal(own) {
		name, value, _ := strings.Cut(kv, "=")
		env[strings.ToUpper(name)] = value
	}
	return env
}

// about is what an environment says of the account, for programs that come from
// other systems. Not which shell it has: they would take it for one of theirs.
func about(a account, _ string) map[string]string { return map[string]string{"HOME": a.home} }

// personal is the account's environment, as it is set now.
func personal(own []string) []string {
	set, err := windows.GetCurrentProcessToken().Environ(false)
	if err != nil {
		set = nil // the node's own has what programs need to start
	}
	return winproc.Merge(Inherited(own), winproc.Public(set))
}
