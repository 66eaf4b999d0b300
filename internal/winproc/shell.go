package winproc

import "strings"

// Shell returns a person's shell: PowerShell 7 if it is installed, as Windows'
// own terminal does, else Windows PowerShell, else the command interpreter. There
// says whether a file is there; environ is the person's environment.
func Shell(environ []string, there func(path string) bool) string {
	root := Lookup(environ, "SystemRoot")
	candidates := []string{}
	for dir := range strings.SplitSeq(Lookup(environ, "Path"), ";") {
		dir = strings.Trim(dir, `"`)
		if v := Volume(dir); v != "" && strings.HasPrefix(dir[len(v):], `\`) { // not from wherever one stands
			candidates = append(candidates, join(dir, "pwsh.exe"))
		}
	}
	if programs := Lookup(environ, "ProgramFiles"); programs != "" {
		candidates = append(candidates, join(programs, `PowerShell\7\pwsh.exe`))
	}
	if root != "" {
		candidates = append(candidates, join(root, `System32\WindowsPowerShell\v1.0\powershell.exe`))
	}
	for _, path := range candidates {
		if there(path) {
			return path
		}
	}
	return Interpreter(environ)
}

// Interpreter is the command interpreter, which is always there.
func Interpreter(environ []string) string {
	if path := Lookup(environ, "ComSpec"); path != "" {
		return path
	}
	root := Lookup(environ, "SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return join(root, `System32\cmd.exe`)
}

// ShellArgs is the command that runs a shell for a person.
func ShellArgs(path string) []string {
	switch strings.ToLower(Base(path)) {
	case "pwsh", "powershell":
		return []string{path, "-NoLogo"}
	}
	return []string{path}
}
