package tsidentity

import (
	"errors"
	"fmt"

	"tailscale.com/tailcfg"
)

// GrantCap is the app capability whose values give rights at the gateway.
const GrantCap tailcfg.PeerCapability = "homie.internal/cap/homie"

// grantFields are the fields of a grant value, for messages.
const grantFields = `"role", "allow", "nodes", "as" and "autoApprove"`

// Field is a field of a grant value, in words for who writes one.
type Field struct{ Name, Example, For string }

// GrantFields returns the fields that a value of GrantCap can have.
func GrantFields() []Field {
	return []Field{
		{"role", `"member"`, "a bundle of capabilities"},
		{"allow", `["terminal:*", "audit:read"]`, "capabilities beside the role's: service:verb, service:*, or *:* for all"},
		{"nodes", `["nas", "mini-*", "tag:lab"]`, "the machines that the value reaches: names, patterns with * and ?, tags; left out: all"},
		{"as", `["media"]`, "the OS accounts that terminals and jobs may run as there, each by its name; root only if it is named"},
		{"autoApprove", `["terminal", "jobs"]`, "for the tags of machines: what they may offer without an owner approving it"},
	}
}

// BoundFields returns the fields that a value of BoundCap can have.
func BoundFields() []Field {
	return []Field{
		{"allow", `["terminal:read"]`, "what the machine does for the gateway, of what its pairing approved: all of a service, or service:verb; without any such grant: all of that"},
		{"as", `["media"]`, "the OS accounts as which it does that, each by its name; left out: those that the gateway asks for"},
	}
}

// grantValue is a grant value as the policy file has it.
type grantValue struct {
	Role        text  `json:"role"`
	Allow       texts `json:"allow"`
	Nodes       texts `json:"nodes"`
	As          texts `json:"as"`
	AutoApprove texts `json:"autoApprove"`
}

// ParseGrants decodes the values of GrantCap one by one. A malformed value is
// left out as a whole and reported in Problems; it neither widens nor blocks
// the others.
func ParseGrants(values []tailcfg.RawMessage) Rights {
	var r Rights
	for i, raw := range values {
		if i == maxValues {
			r.Problems = append(r.Problems, fmt.Sprintf("only the first %d values of %s are read; there are %d", maxValues, GrantCap, len(values)))
			break
		}
		v, err := ParseGrant(string(raw))
		if err != nil {
			r.Problems = append(r.Problems, fmt.Sprintf("value %d of %s is skipped: %v", i+1, GrantCap, err))
			continue
		}
		v.Why = fmt.Sprintf("value %d of %s in the tailnet policy file", i+1, GrantCap)
		r.Values = append(r.Values, v)
	}
	return r
}

// ParseGrant decodes one value of GrantCap. Its Why is left empty.
func ParseGrant(raw string) (Value, error) {
	var g grantValue
	if err := decodeValue(raw, &g, grantFields); err != nil {
		return Value{}, err
	}
	v := Value{Role: Role(g.Role.s), Allow: g.Allow, Nodes: g.Nodes, As: g.As, AutoApprove: g.AutoApprove}
	err := firstProblem(
		check{"allow", v.Allow, ValidPattern},
		check{"nodes", v.Nodes, ValidNode},
		check{"as", v.As, ValidAccount},
		check{"autoApprove", v.AutoApprove, ValidOffer},
	)
	if g.Role.set && err == nil {
		err = ValidRole(v.Role)
	}
	switch {
	case err != nil:
		return Value{}, err
	case v.Nodes != nil && len(v.Nodes) == 0:
		return Value{}, errors.New(`"nodes" is empty and so reaches no machine; leave it out to mean every machine`)
	case v.Role == "" && len(v.Allow)+len(v.As)+len(v.AutoApprove) == 0:
		return Value{}, errors.New(`it gives nothing: there is no "role", "allow", "as" or "autoApprove" in it`)
	}
	return v, nil
}
