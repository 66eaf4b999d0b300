package terminal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"homie/wire"
)

// Update changes what a session is called.
var Update = wire.Method[UpdateParams, Session]{Name: "terminal.session.update", Capability: "terminal:write"}

// Bounds of what a session is started with.
const (
	MaxEnv     = 64      // variables
	MaxEnvSize = 8 << 10 // bytes in the names and values of all
)

// Icon is a picture that stands beside a session in lists. Each client draws it
// as it likes.
type Icon string

// The icons there are. The first is the usual one.
const (
	IconTerminal Icon = "terminal"
	IconServer   Icon = "server"
	IconHome     Icon = "home"
	IconFolder   Icon = "folder"
	IconCode     Icon = "code"
	IconPackage  Icon = "package"
	IconDatabase Icon = "database"
	IconChart    Icon = "chart"
	IconGlobe    Icon = "globe"
	IconMedia    Icon = "media"
	IconWrench   Icon = "wrench"
	IconLeaf     Icon = "leaf"
)

// Icons returns all icons.
func Icons() []Icon {
	return []Icon{
		IconTerminal, IconServer, IconHome, IconFolder, IconCode, IconPackage,
		IconDatabase, IconChart, IconGlobe, IconMedia, IconWrench, IconLeaf,
	}
}

// CheckIcon refuses what is no icon.
func CheckIcon(i Icon) error {
	if i == "" || slices.Contains(Icons(), i) {
		return nil
	}
	names := make([]string, 0, len(Icons()))
	for _, i := range Icons() {
		names = append(names, string(i))
	}
	return fmt.Errorf("icon: there is no %.40q; there are %s", string(i), strings.Join(names, ", "))
}

// UpdateParams change what is present of a session. An update with nothing to
// change says that the session is still wanted: like looking at it, it counts
// as use for a machine that ends what nobody uses.
type UpdateParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
	// Name is what it is called; "" gives it the name of its program.
	Name *string `json:"name,omitzero"`
	// Group is what it is listed under; "" takes it out of its group.
	Group *string `json:"group,omitzero"`
}

// Validate checks shape and bounds.
func (p UpdateParams) Validate() error {
	err := checkIDs(p.Node, p.Session)
	if p.Name != nil {
		err = errors.Join(err, checkLabel("name", *p.Name))
	}
	if p.Group != nil {
		err = errors.Join(err, checkLabel("group", *p.Group))
	}
	return err
}

// Target names the session for the audit log.
func (p UpdateParams) Target() string { return target(p.Node, p.Session) }

// checkLabel bounds what people call a thing.
func checkLabel(what, text string) error {
	if len(text) > MaxName || strings.ContainsFunc(text, hidden) {
		return fmt.Errorf("%s has over %d bytes, or characters that do not show", what, MaxName)
	}
	return nil
}

// CheckEnv bounds the variables of a session. Names that begin with HOMIE_ are
// Homie's own.
func CheckEnv(env map[string]string) error {
	if len(env) > MaxEnv {
		return fmt.Errorf("env has %d variables, the limit is %d", len(env), MaxEnv)
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(env)) {
		size += len(name) + len(env[name])
		switch {
		case !isVariable(name):
			return fmt.Errorf("env: %.40q is no name of a variable; it begins with a letter or _, and has letters, digits and _ only", name)
		case strings.HasPrefix(name, "HOMIE_"):
			return fmt.Errorf("env: %.40s is set by Homie; choose another name", name)
		case strings.ContainsRune(env[name], 0):
			return fmt.Errorf("env: the value of %.40s contains a NUL character", name)
		}
	}
	if size > MaxEnvSize {
		return fmt.Errorf("env has %d bytes in all, the limit is %d", size, MaxEnvSize)
	}
	return nil
}

func isVariable(name string) bool {
	for i, c := range name {
		letter := c == '_' || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// checkCommand bounds a command and where it runs.
func checkCommand(command []string, dir, account string) error {
	if len(command) > MaxArgs {
		return fmt.Errorf("command has %d arguments, the limit is %d", len(command), MaxArgs)
	}
	if n := len(strings.Join(command, "")); n > MaxCommand {
		return fmt.Errorf("command has %d bytes in all, the limit is %d; put it into a file, or type it", n, MaxCommand)
	}
	for _, s := range append([]string{dir, account}, command...) {
		if len(s) > MaxText {
			return fmt.Errorf("a text of %d bytes is over the limit of %d", len(s), MaxText)
		}
		if strings.ContainsRune(s, 0) {
			return errors.New("text contains a NUL character")
		}
	}
	return nil
}

// CheckPlace bounds what a session is made of that somebody wants to start later.
func CheckPlace(name string, node wire.NodeName, command []string, dir, account string, env map[string]string, icon Icon) error {
	return errors.Join(checkLabel("name", name), checkIDs(node, ""), checkCommand(command, dir, account), CheckEnv(env), CheckIcon(icon))
}
