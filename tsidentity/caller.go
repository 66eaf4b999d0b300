// Package tsidentity answers who is behind a connection, and what the policy
// file lets them do.
//
// Identity comes from the tailnet (WhoIs on the remote address) and from
// nowhere else: not from a header, not from what a client says of itself.
// Rights are the app capability "homie.internal/cap/homie" in the grants of the
// tailnet policy file. Deny unless granted: an empty policy is not an open one.
//
//	remote address ──> Resolver ── WhoIs, at most a second old ──> Caller
//	                                                    class  <── node, tags
//	                                                    rights <── grant values
//
// A Caller's class decides first: a node, the gateway's own device and whoever
// the tailnet does not know hold no granted right, whatever their owner holds.
//
// tsidentity imports nothing else of homie. It does not refuse requests (that
// is the front door's), and does not decide about objects (that is a
// service's). Joining the tailnet is in the folder up.
package tsidentity

import (
	"slices"
	"strconv"
)

// Class is the kind of principal behind a request; each is handled on purpose.
type Class string

// The classes.
const (
	ClassPerson  Class = "person"  // a tailnet user's own device
	ClassTagged  Class = "tagged"  // a tagged device: a principal of its own
	ClassShared  Class = "shared"  // a user of another tailnet; denied unless granted
	ClassNode    Class = "node"    // a device that is or asked to be a homie node
	ClassGateway Class = "gateway" // the gateway, as a node sees it
	ClassSelf    Class = "self"    // the gateway's own device, over the tailnet; denied
	ClassLocal   Class = "local"   // an OS user on the gateway's unix socket
	ClassUnknown Class = "unknown" // not known to the tailnet; denied
)

// Caller is who is behind one request: a person, their device, and the rights
// that WhoIs gives them now. The zero Caller is unknown and may do nothing.
//
// Callers are shared between requests: nobody may change what the slices in
// one hold.
type Caller struct {
	Class  Class
	Person Person // zero unless Class is person or shared
	Device Device // zero for local callers
	Rights Rights // ask Can and its relatives, not this: the class counts too

	// LocalUID is the OS user of a local caller; without meaning otherwise.
	LocalUID int
	// OnBehalf says, on a node, for whom the gateway asks; for logs and
	// display, never for rights.
	OnBehalf string
}

// Person is a tailnet user, keyed on ID: logins can be renamed and reused.
type Person struct {
	ID      string // UserProfile.ID in decimal, "" for nobody
	Login   string
	Name    string
	Picture string // URL, may be ""
}

// Device is a tailnet device, keyed on ID.
type Device struct {
	ID   string   // Node.StableID
	Name string   // short MagicDNS name
	OS   string   // as Hostinfo has it, "" if unknown
	Tags []string // "tag:homie-node", sorted; empty for a person's device
	Addr string   // tailnet IP the request came from
	// Owner is the login of the person whose device this is, "" if it is
	// tagged; for display only. It is all that a node keeps of its owner.
	Owner string
}

// Key names the principal for limits and maps: the same person on another
// device is another key, and no key of one class equals one of another.
func (c Caller) Key() string {
	switch c.Class {
	case ClassPerson, ClassShared:
		return string(c.Class) + ":" + c.Person.ID + "/" + c.Device.ID
	case ClassTagged, ClassNode, ClassGateway, ClassSelf:
		return string(c.Class) + ":" + c.Device.ID
	case ClassLocal:
		return "local:" + strconv.Itoa(c.LocalUID)
	case ClassUnknown:
	}
	return "unknown:" + c.Device.Addr
}

// Name is what people call the caller: a person's display name or login, a
// device's name, "local:<uid>", or an address as a last resort.
func (c Caller) Name() string {
	switch c.Class {
	case ClassLocal:
		return c.Key()
	case ClassPerson, ClassShared:
		if c.Person.Name != "" {
			return c.Person.Name
		}
		if c.Person.Login != "" {
			return c.Person.Login
		}
	case ClassTagged, ClassNode, ClassGateway, ClassSelf, ClassUnknown:
	}
	switch {
	case c.Device.Name != "":
		return c.Device.Name
	case c.Device.Addr != "":
		return c.Device.Addr
	}
	return "unknown"
}

// Can reports whether the caller holds the capability, on at least one machine
// if it is one that machines have. The class decides before any grant.
func (c Caller) Can(capability string) bool {
	return c.byClass(capability) || c.granted().Can(capability)
}

// CanOn reports whether the caller holds the capability on machine m.
func (c Caller) CanOn(capability string, m Machine) bool {
	return c.granted().CanOn(capability, m)
}

// CanOnAll reports whether the caller holds the capability on every machine.
func (c Caller) CanOnAll(capability string) bool { return c.granted().CanOnAll(capability) }

// MayRunAs reports whether a grant names account for the capability on m. The
// account that a plain-user node runs as needs no such grant: its pairing names
// it, which the caller of MayRunAs has to know.
func (c Caller) MayRunAs(capability string, m Machine, account string) bool {
	return c.granted().MayRunAs(capability, m, account)
}

// Accounts returns the OS accounts that grants name for the capability on m,
// sorted.
func (c Caller) Accounts(capability string, m Machine) []string {
	return c.granted().Accounts(capability, m)
}

// MayUse reports whether a node does what the capability is about as an OS account,
// for the gateway that asks: whether one value lets both through. In the gateway's
// values an absent list of accounts is every account. Callers of other classes are
// not bounded by account, which is what grants at the gateway are for.
func (c Caller) MayUse(capability, account string) bool {
	if c.Class != ClassGateway {
		return c.Can(capability)
	}
	return slices.ContainsFunc(c.Rights.Values, func(v Value) bool {
		return v.allows(capability) && (v.As == nil || slices.Contains(v.As, account))
	})
}

// AutoApprove returns what a device may offer as a node without an owner
// approving it, sorted. Only tags carry this: an untagged device shows its
// owner's grants, which say nothing about the device.
func (c Caller) AutoApprove() []string {
	if (c.Class == ClassTagged || c.Class == ClassNode) && len(c.Device.Tags) > 0 {
		return c.Rights.AutoApprove()
	}
	return nil
}

// Visitor reports whether the tailnet knows the caller but no grant lets them
// in: they see who they are, and what to ask for.
func (c Caller) Visitor() bool {
	switch c.Class {
	case ClassPerson, ClassTagged, ClassShared:
		return !c.Rights.LetIn()
	case ClassNode, ClassGateway, ClassSelf, ClassLocal, ClassUnknown:
	}
	return false
}

// granted returns the rights that count for the caller's class.
func (c Caller) granted() Rights {
	switch c.Class {
	case ClassPerson, ClassTagged, ClassShared, ClassLocal, ClassGateway:
		return c.Rights
	case ClassNode, ClassSelf, ClassUnknown:
	}
	return Rights{}
}

// byClass reports whether the class alone gives the capability. It is the only
// source of the reserved ones, which no grant pattern covers.
func (c Caller) byClass(capability string) bool {
	switch c.Class {
	case ClassPerson:
		// A visitor may look at who they are; adding a machine takes a
		// person whom a grant let in.
		return capability == CapSelf || (capability == CapRegister && c.Rights.LetIn())
	case ClassTagged:
		return capability == CapSelf || capability == CapRegister
	case ClassShared:
		return capability == CapSelf && c.Rights.LetIn()
	case ClassLocal:
		return capability == CapSelf
	case ClassNode:
		return slices.Contains(nodeBundle(), capability)
	case ClassGateway:
		return capability == CapSelf || capability == CapUse || capability == CapPairing || capability == CapKeep
	case ClassSelf, ClassUnknown:
	}
	return false
}

// Local is the caller at the gateway's own socket: the OS user who owns Homie's
// state, and so Homie.
func Local(uid int) Caller {
	return Caller{Class: ClassLocal, LocalUID: uid, Rights: Rights{
		Values: []Value{{Role: RoleOwner, Why: "owns Homie's state on the gateway's host"}},
	}}
}
