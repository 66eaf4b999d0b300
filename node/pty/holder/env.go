package holder

import (
	"maps"
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

// Inherited returns those variables of an environment that sessions take over.
func Inherited(environ []string) []string {
	list := []string{}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if inherits(name) {
			list = append(list, kv)
		}
	}
	return list
}

// environment returns the whole environment of a session, given the node's own
// and what whoever starts it asks for. That replaces anything but what Homie
// says of itself.
func environment(own []string, wanted map[string]string, a account, node wire.NodeName, id wire.SessionID, dir string) []string {
	env := base(own)
	maps.Copy(env, about(a, dir))
	maps.Copy(env, map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor"})
	maps.Copy(env, wanted)
	env["HOMIE_NODE"], env["HOMIE_SESSION"] = string(node), string(id)
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
