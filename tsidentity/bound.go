package tsidentity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
	Values  []BoundValue
	// Problems are the values that were skipped, and why, in words.
	Problems []string
}

// BoundValue is one well-formed value of a bound.
type BoundValue struct {
	// Allow are what a node may offer, such as "terminal", or a part of that, such
	// as "terminal:read".
	Allow []string
	// As are the OS accounts that may be used with it. Nil is every account that
	// there would be without the bound, empty is none.
	As []string
}

// Within returns the values that are in force for a gateway to which the offers
// were approved: what both let through.
func (b Bound) Within(approved []string) []Value {
	values := b.Values
	if !b.Present {
		values = []BoundValue{{Allow: approved}}
	}
	var out []Value
	for _, v := range values {
		var allow []string
		for _, a := range v.Allow {
			offer, verb, part := strings.Cut(a, ":")
			if !slices.Contains(approved, offer) || ValidOffer(offer) != nil {
				continue
			}
			if !part {
				verb = "*"
			}
			allow = append(allow, offer+":"+verb)
		}
		if len(allow) > 0 {
			out = append(out, Value{Allow: sorted(allow), As: v.As, Why: "the pairing of this machine"})
		}
	}
	return out
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
		v, err := ParseBoundValue(string(raw))
		if err != nil {
			b.Problems = append(b.Problems, fmt.Sprintf("value %d of %s is skipped: %v", i+1, BoundCap, err))
			continue
		}
		b.Values = append(b.Values, v)
	}
	return b
}

// ParseBoundValue decodes one value of BoundCap.
func ParseBoundValue(raw string) (BoundValue, error) {
	var v struct {
		Allow texts `json:"allow"`
		As    texts `json:"as"`
	}
	if err := decodeValue(raw, &v, `"allow" and "as"`); err != nil {
		return BoundValue{}, err
	}
	if v.Allow == nil {
		return BoundValue{}, errors.New(`there is no "allow" in it`)
	}
	return BoundValue{Allow: v.Allow, As: v.As}, firstProblem(check{"allow", v.Allow, validBound}, check{"as", v.As, ValidAccount})
}

// validBound reports what is wrong with an entry of "allow" in a bound.
func validBound(a string) error {
	offer, verb, part := strings.Cut(a, ":")
	if err := ValidOffer(offer); err != nil {
		return err
	}
	if part && verb != "*" && !isWord(verb) {
		return fmt.Errorf("%s: %s is no verb", quote(a), quote(verb))
	}
	return nil
}
