package tsidentity

import "slices"

// The capability names that this package itself gives away, beside those that
// services declare.
const (
	// CapSelf is asking who one is: rpc.hello and identity.whoami. Everybody
	// whom the tailnet knows holds it, and a visitor holds nothing else.
	CapSelf = "identity:self"
	// CapUse is using a connection beyond that: ping, events, rpc.discover.
	// Whoever is let in by any grant holds it.
	CapUse = "rpc:use"
	// CapRegister is asking to be a homie node.
	CapRegister = "node:register"
	// CapHeartbeat is reporting a node's health.
	CapHeartbeat = "presence:heartbeat"
	// CapPairing is telling a node what became of its pairing; the gateway
	// holds it on its nodes.
	CapPairing = "node:pairing"
	// CapKeep is having a node remember the head of the audit log, which tells
	// it nothing; the gateway holds it on its nodes.
	CapKeep = "audit:keep"
)

// reserved reports whether only a caller's class gives the capability. A grant
// pattern, "*:*" included, never does: no person reports health as a machine.
func reserved(capability string) bool {
	switch capability {
	case CapSelf, CapRegister, CapHeartbeat, CapPairing, CapKeep:
		return true
	}
	return false
}

// nodeBundle is what a homie node holds, and all it holds.
func nodeBundle() []string {
	return []string{CapSelf, CapUse, CapRegister, CapHeartbeat}
}

// Role names a bundle of capabilities in a grant value.
type Role string

// The roles there are.
const (
	RoleOwner  Role = "owner"
	RoleMember Role = "member"
	RoleGuest  Role = "guest"
	RoleKiosk  Role = "kiosk"
)

// Bundle is a role with what it allows, for documentation and for judging.
type Bundle struct {
	Role  Role
	Allow []string // patterns
	For   string   // who it is meant for, and what it leaves out, in words
}

// bundles are the roles, the most powerful first. Nothing changes them.
var bundles = []Bundle{
	{RoleOwner, []string{"*:*"}, "who runs the home: everything on every machine, pairing and the audit log; OS accounts still have to be named with \"as\""},
	{RoleMember, []string{"presence:read", "notifications:use", CapUse, "jobs:read", "jobs:press"}, "who lives here: sees the machines, is told what happens, and presses the buttons; terminals, other jobs and the like are added with \"allow\""},
	{RoleGuest, []string{"presence:read", "notifications:use", CapUse}, "who is visiting: sees the machines, and is told what is meant for them"},
	{RoleKiosk, []string{"presence:read", CapUse}, "a tagged wall tablet or screen: sees the machines, nobody's own things"},
}

// Bundles returns the roles there are, the most powerful first.
func Bundles() []Bundle {
	list := slices.Clone(bundles)
	for i := range list {
		list[i].Allow = slices.Clone(list[i].Allow)
	}
	return list
}

// allows returns the patterns of the role, nil if there is no such role.
func (r Role) allows() []string {
	for _, b := range bundles {
		if b.Role == r {
			return b.Allow
		}
	}
	return nil
}
