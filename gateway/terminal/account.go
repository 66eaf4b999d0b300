package terminal

import (
	"strings"

	"homie/gateway/access"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
	wireterminal "homie/wire/terminal"
)

// settle returns the account that a caller means on a machine: what they ask for,
// else the usual one. Whether they may use it is not said with that. Nobody means
// root who did not say so, or has no other.
func settle(who tsidentity.Caller, n wirenodes.Node, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	needs := wireterminal.Start.Capability
	if usual := access.Usual(who, needs, n); usual != "" {
		return usual, nil
	}
	all := access.Accounts(who, needs, n)
	switch {
	case len(all) > 1:
		return "", wire.Errorf(wire.InvalidParams, "account: you may be %s on %s; say as which (in the command line with --as)", strings.Join(all, " or "), n.Name)
	case n.Root:
		return "", wire.Errorf(wire.Forbidden,
			"On %s, terminals run as the account that your grant names, and it names none. The person who runs this home can allow it by adding \"as\" with an account of that machine to your grant, such as \"as\": [\"media\"].", n.Name).
			Missing(wire.Needs{Capability: needs, Node: n.Name})
	}
	return n.Account, nil
}
