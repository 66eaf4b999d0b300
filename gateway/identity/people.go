package identity

import (
	"context"
	"reflect"
	"slices"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// readCapability is the right to see who may do what.
const readCapability = "people:read"

// maxPrincipals bounds a list; who is not in it is counted.
const maxPrincipals = 500

// Peer is a device on the tailnet, with who is behind it.
type Peer struct {
	Caller   tsidentity.Caller
	Online   bool
	LastSeen time.Time // zero if it is online, or the tailnet does not tell
}

// People is who can reach Homie, as far as the tailnet tells, and what they may
// do here.
type People struct {
	People []Principal `json:"people"`
	// Left counts those who found no room in the list.
	Left int `json:"left"`
}

// Principal is a person, or a device of nobody's, with rights. A person whose devices
// have different rights is listed once for each.
type Principal struct {
	// Class is person, tagged, shared, or node.
	Class   string            `json:"class"`
	Name    string            `json:"name"`
	Person  *wire.Person      `json:"person"` // null: a device that is nobody's, or a node
	Devices []PrincipalDevice `json:"devices"`
	// Visitor is set if no grant gives them anything.
	Visitor      bool             `json:"visitor"`
	Roles        []string         `json:"roles"`
	Capabilities []string         `json:"capabilities"` // patterns, of all grants together
	Grants       []wire.GrantInfo `json:"grants"`       // which value says so
	// Problems are the values for them that could not be read, in words.
	Problems []string `json:"problems"`
}

// PrincipalDevice is one of the devices with the same rights.
type PrincipalDevice struct {
	ID       wire.DeviceID `json:"id"`
	Name     string        `json:"name"` // short MagicDNS name
	OS       string        `json:"os"`   // "" if unknown
	Tags     []string      `json:"tags"`
	Online   bool          `json:"online"`
	LastSeen time.Time     `json:"lastSeen"` // zero if online, or not known
}

// people lists who can reach Homie, what they may do here, and which grant says
// so. It is as true as what the tailnet tells the gateway's own device.
func (s *Service) people(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (People, error) {
	peers, err := s.peers(ctx)
	if err != nil {
		return People{}, err
	}
	out := People{People: []Principal{}}
	for _, p := range peers {
		h := s.principal(p)
		i := slices.IndexFunc(out.People, func(other Principal) bool { return sameRights(other, h) })
		switch {
		case i >= 0:
			out.People[i].Devices = append(out.People[i].Devices, h.Devices...)
		case len(out.People) >= maxPrincipals:
			out.Left++
		default:
			out.People = append(out.People, h)
		}
	}
	return out, nil
}

func (s *Service) principal(p Peer) Principal {
	d := s.Describe(p.Caller)
	h := Principal{
		Class: d.Class, Name: d.Name, Person: d.Person, Visitor: p.Caller.Visitor(),
		Roles: d.Roles, Capabilities: d.Capabilities, Grants: d.Grants, Problems: d.Problems,
	}
	device := p.Caller.Device
	h.Devices = []PrincipalDevice{{
		ID: wire.DeviceID(device.ID), Name: device.Name, OS: device.OS, Tags: append([]string{}, device.Tags...),
		Online: p.Online, LastSeen: p.LastSeen.UTC(),
	}}
	return h
}

// sameRights reports whether two are one person with the same rights.
func sameRights(a, b Principal) bool {
	return a.Person != nil && b.Person != nil && a.Person.ID == b.Person.ID && a.Class == b.Class &&
		reflect.DeepEqual(a.Grants, b.Grants) && slices.Equal(a.Problems, b.Problems)
}
