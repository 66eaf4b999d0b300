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
		offers, err := ParseBoundValue(string(raw))
		if err != nil {
			b.Problems = append(b.Problems, fmt.Sprintf("value %d of %s is skipped: %v", i+1, BoundCap, err))
			continue
		}
		b.Allow = append(b.Allow, offers...)
	}
	b.Allow = sorted(b.Allow)
	return b
}

// ParseBoundValue decodes one value of BoundCap: what a node may offer.
func ParseBoundValue(raw string) ([]string, error) {
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
