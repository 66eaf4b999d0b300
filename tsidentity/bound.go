package tsidentity

import (
	"errors"
	"fmt"
	"slices"

	"tailscale.com/tailcfg"
)

// BoundCap is the app capability, granted to the gateway on a node, that bounds
// what the node does for it: even a hijacked gateway gets no further.
const BoundCap tailcfg.PeerCapability = "homie.internal/cap/homie-node"

// Bound is what the policy file lets the gateway ask of a node. The zero Bound
// is an absent one, which bounds nothing: the node does what its pairing
// approved.
type Bound struct {
	Present bool
	Allow   []string // what a node may offer, e.g. "terminal"; sorted
	// Problems are the values that were skipped, and why, in words.
	Problems []string
}

// Within returns which of the offers the bound lets through.
func (b Bound) Within(offers []string) []string {
	if !b.Present {
		return slices.Clone(offers)
	}
	return slices.DeleteFunc(slices.Clone(offers), func(o string) bool { return !slices.Contains(b.Allow, o) })
}

// ParseBound decodes the values of BoundCap in the WhoIs of the gateway, one by
// one. Values add up, a malformed one is left out and reported. A capability
// that is there with no good value allows nothing: it is not an absent one.
func ParseBound(caps tailcfg.PeerCapMap) Bound {
	values, present := caps[BoundCap]
	if !present {
		return Bound{}
	}
	b := Bound{Present: true}
	for i, raw := range values {
		if i == maxValues {
			b.Problems = append(b.Problems, fmt.Sprintf("only the first %d values of %s are read; there are %d", maxValues, BoundCap, len(values)))
			break
		}
		offers, err := parseBoundValue(string(raw))
		if err != nil {
			b.Problems = append(b.Problems, fmt.Sprintf("value %d of %s is skipped: %v", i+1, BoundCap, err))
			continue
		}
		b.Allow = append(b.Allow, offers...)
	}
	b.Allow = sorted(b.Allow)
	return b
}

func parseBoundValue(raw string) ([]string, error) {
	var v struct {
		Allow texts `json:"allow"`
	}
	if err := decodeValue(raw, &v, `"allow" alone`); err != nil {
		return nil, err
	}
	if v.Allow == nil {
		return nil, errors.New(`there is no "allow" in it`)
	}
	return v.Allow, firstProblem(check{"allow", v.Allow, ValidOffer})
}

// Gateway is the caller that a node sees when its gateway calls: who names the
// gateway's device, and approved is what the node's pairing lets it ask, within
// what the bound in caps leaves of that.
func Gateway(device Device, approved []string, caps tailcfg.PeerCapMap) Caller {
	b := ParseBound(caps)
	c := Caller{Class: ClassGateway, Device: device, Rights: Rights{Problems: b.Problems}}
	for _, offer := range b.Within(approved) {
		if ValidOffer(offer) != nil {
			continue
		}
		c.Rights.Values = append(c.Rights.Values, Value{Allow: []string{offer + ":*"}, Why: "the pairing of this node"})
	}
	return c
}

// Local is the caller at the gateway's own socket: the OS user who owns Homie's
// state, and so Homie.
func Local(uid int) Caller {
	return Caller{Class: ClassLocal, LocalUID: uid, Rights: Rights{
		Values: []Value{{Role: RoleOwner, Why: "owns Homie's state on the gateway's host"}},
	}}
}
