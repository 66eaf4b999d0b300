// Package tsidentity answers who is behind a connection, and what the policy
// file lets them do.
//
// Identity comes from the tailnet (WhoIs on the remote address) and from
// nowhere else: not from a header, not from what a client says of itself.
// Rights are the app capability "homie.internal/cap/homie" in the grants of the
// tailnet policy file. Deny unless granted: an empty policy is not an open one.
//
// tsidentity imports nothing else of homie.
package tsidentity

// Class is the kind of principal behind a request; each is handled on purpose.
type Class string

// The classes.
const (
	ClassPerson  Class = "person"  // a tailnet user's own device
	ClassTagged  Class = "tagged"  // a tagged device: a principal of its own
	ClassShared  Class = "shared"  // a user of another tailnet; denied unless granted
	ClassNode    Class = "node"    // a device that is or asked to be a homie node
	ClassGateway Class = "gateway" // the gateway, as a node sees it
	ClassLocal   Class = "local"   // an OS user on the gateway's unix socket
	ClassUnknown Class = "unknown" // not known to the tailnet; denied
)

// Caller is who is behind one request: a person, their device, and the rights
// that WhoIs gives them now. The zero Caller is unknown and may do nothing.
type Caller struct {
	Class  Class
	Person Person // zero unless Class is person or shared
	Device Device // zero for local callers
	Rights Rights

	// LocalUID is the OS user of a local caller, -1 otherwise... see Key.
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
}
