package holder

import (
	"maps"
	"runtime"
	"slices"
	"strings"

	"homie/node/pty/holder/marks"
	"homie/wire"
)

// inherited are the variables that a session takes over from the node, besides
// LC_*. Nothing else passes: the node's environment may hold auth keys, and a
// service's settings are not a person's. A shell's own start-up files add what
// a person wants.
var inherited = []string{
	"HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR",
	"XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
	marks.Off,
	"TMUX_TMPDIR", "ZELLIJ_SOCKET_DIR", // where a person's tmux and zellij are found
}

// defaultPath is for a node that was started without a PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Inherited returns those variables of an environment that sessions take over.
func Inherited(environ []string) []string {
	list := []string{}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(inherited, name) || strings.HasPrefix(name, "LC_") {
			list = append(list, kv)
		}
	}
	return list
}

// environment returns the whole environment of a session, given the node's own
// and what whoever starts it asks for. That replaces anything but what Homie
// says of itself.
func environment(own []string, wanted map[string]string, a account, node wire.NodeName, id wire.SessionID, dir string) []string {
	env := map[string]string{"PATH": defaultPath}
	for _, kv := range Inherited(own) {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	if env["LC_ALL"] == "" && env["LC_CTYPE"] == "" && env["LANG"] == "" {
		env["LANG"] = utf8Locale() // else programs take what is typed for ASCII
	}
	maps.Copy(env, map[string]string{
		"HOME":      a.home,
		"USER":      a.name,
		"LOGNAME":   a.name,
		"SHELL":     a.shell,
		"PWD":       dir,
		"TERM":      "xterm-256color",
		"COLORTERM": "truecolor",
	})
	maps.Copy(env, wanted)
	env["HOMIE_NODE"], env["HOMIE_SESSION"] = string(node), string(id)
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

func utf8Locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
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
