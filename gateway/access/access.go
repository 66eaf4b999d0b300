// Package access puts a machine of the household into the terms in which grants
// are judged, and adds the one right that pairing gives: the account of a node
// that runs as a plain user was named there and needs no "as". Services share
// it so that one rule decides; it holds no state.
package access

import (
	"slices"

	"homie/tsidentity"
	wirenodes "homie/wire/nodes"
)

// Machine returns n as grants name it.
func Machine(n wirenodes.Node) tsidentity.Machine {
	return tsidentity.Machine{Name: string(n.Name), Tags: n.Tags}
}

// Accounts returns the OS accounts under which who may use the capability on n,
// sorted; never nil.
func Accounts(who tsidentity.Caller, capability string, n wirenodes.Node) []string {
	m := Machine(n)
	out := append([]string{}, who.Accounts(capability, m)...)
	if named(n) && who.CanOn(capability, m) && !slices.Contains(out, n.Account) {
		out = append(out, n.Account)
		slices.Sort(out)
	}
	return out
}

// Usual returns the account that who means on n if they name none: the one that
// the node runs as, if they may use that, else the only one that they may use; ""
// if there is none, or if they have to say which.
func Usual(who tsidentity.Caller, capability string, n wirenodes.Node) string {
	all := Accounts(who, capability, n)
	switch {
	case slices.Contains(all, n.Account):
		return n.Account
	case len(all) == 1:
		return all[0]
	}
	return ""
}

// MayRunAs reports whether who may use the capability on n under account.
func MayRunAs(who tsidentity.Caller, capability string, n wirenodes.Node, account string) bool {
	return account != "" && slices.Contains(Accounts(who, capability, n), account)
}

// named reports whether pairing named n's account for terminals. Root, and the
// account that owns the gateway's state, always need a grant's "as": a shell
// there owns Homie.
func named(n wirenodes.Node) bool { return n.Account != "" && !n.Root && !n.WithGateway }
