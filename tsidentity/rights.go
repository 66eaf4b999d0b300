package tsidentity

import (
	"maps"
	"slices"
)

// Rights are what the grants in force give one caller. The zero Rights are
// nothing. Values add up and none takes away from another, so that each is
// judged by itself; only the values that name nothing but accounts lean on the
// others, see MayRunAs.
type Rights struct {
	Values []Value
	// Problems are the grant values that were skipped, and why, in words.
	Problems []string
}

// Value is one well-formed grant value in force.
type Value struct {
	Role  Role     // "" for none
	Allow []string // patterns, see ValidPattern
	// Nodes are the machines the value reaches: names, globs and tags. Nil is
	// every machine, empty is none.
	Nodes       []string
	As          []string // OS accounts
	AutoApprove []string // what a node may offer unasked, e.g. "terminal"
	Why         string   // where the value comes from, in words
}

// Machine is what a value's Nodes are matched with.
type Machine struct {
	Name string   // as people say it, without the leading "homie-"
	Tags []string // of its device
}

// Can reports whether a value allows the capability, on whatever machine.
func (r Rights) Can(capability string) bool {
	return slices.ContainsFunc(r.Values, func(v Value) bool { return v.allows(capability) })
}

// CanOn reports whether a value allows the capability and reaches m.
func (r Rights) CanOn(capability string, m Machine) bool {
	return slices.ContainsFunc(r.Values, func(v Value) bool { return v.allows(capability) && v.reaches(m) })
}

// CanOnAll reports whether a value allows the capability on every machine.
func (r Rights) CanOnAll(capability string) bool {
	return slices.ContainsFunc(r.Values, func(v Value) bool { return v.allows(capability) && v.Nodes == nil })
}

// MayRunAs reports whether the capability may be used on m as the OS account.
// Either one value allows the capability, reaches m and names the account; or
// the caller holds the capability on m, and a value without role and allow
// reaches m and names the account.
func (r Rights) MayRunAs(capability string, m Machine, account string) bool {
	return account != "" && slices.Contains(r.Accounts(capability, m), account)
}

// Accounts returns the OS accounts for which MayRunAs is true, sorted.
func (r Rights) Accounts(capability string, m Machine) []string {
	can := r.CanOn(capability, m)
	var as []string
	for _, v := range r.Values {
		if can && v.reaches(m) && (v.allows(capability) || v.onlyAccounts()) {
			as = append(as, v.As...)
		}
	}
	return sorted(as)
}

// AutoApprove returns what the values let a node offer without an owner
// approving it, sorted. Ask the Caller's method: it counts for tagged devices
// only.
func (r Rights) AutoApprove() []string {
	var offers []string
	for _, v := range r.Values {
		offers = append(offers, v.AutoApprove...)
	}
	return sorted(offers)
}

// Roles returns the roles held, the most powerful first.
func (r Rights) Roles() []string {
	var roles []string
	for _, b := range bundles {
		if slices.ContainsFunc(r.Values, func(v Value) bool { return v.Role == b.Role }) {
			roles = append(roles, string(b.Role))
		}
	}
	return roles
}

// Patterns returns the capability patterns held on at least one machine,
// sorted, as the roles and the policy file spell them.
func (r Rights) Patterns() []string {
	var patterns []string
	for _, v := range r.Values {
		patterns = append(patterns, v.patterns()...)
	}
	if r.LetIn() && !slices.Contains(patterns, "*:*") {
		patterns = append(patterns, CapUse)
	}
	return sorted(patterns)
}

// LetIn reports whether any value gives a capability. A caller who is not let
// in is a visitor.
func (r Rights) LetIn() bool {
	return slices.ContainsFunc(r.Values, func(v Value) bool { return len(v.patterns()) > 0 })
}

// Equal reports whether r and o are the same values in the same order, with
// the same problems.
func (r Rights) Equal(o Rights) bool {
	return slices.EqualFunc(r.Values, o.Values, Value.equal) && slices.Equal(r.Problems, o.Problems)
}

func (v Value) equal(o Value) bool {
	return v.Role == o.Role && v.Why == o.Why &&
		slices.Equal(v.Allow, o.Allow) &&
		(v.Nodes == nil) == (o.Nodes == nil) && slices.Equal(v.Nodes, o.Nodes) &&
		slices.Equal(v.As, o.As) && slices.Equal(v.AutoApprove, o.AutoApprove)
}

// patterns returns what the value's role and allow give together.
func (v Value) patterns() []string {
	return slices.Concat(v.Role.allows(), v.Allow)
}

// allows reports whether the value gives the capability on the machines it
// reaches. Any value that lets its holder in gives CapUse: a right that nobody
// could connect with would be a riddle.
func (v Value) allows(capability string) bool {
	if reserved(capability) {
		return false
	}
	patterns := v.patterns()
	if capability == CapUse {
		return len(patterns) > 0
	}
	return slices.ContainsFunc(patterns, func(p string) bool { return matchCapability(p, capability) })
}

// reaches reports whether the value is about machine m.
func (v Value) reaches(m Machine) bool {
	if v.Nodes == nil {
		return true
	}
	return slices.ContainsFunc(v.Nodes, func(p string) bool { return matchMachine(p, m) })
}

// onlyAccounts reports whether the value names accounts and no capability, and
// so adds them to what its holder may do anyway.
func (v Value) onlyAccounts() bool {
	return v.Role == "" && len(v.Allow) == 0 && len(v.As) > 0
}

// sorted returns the distinct members of s in order; nil for none.
func sorted(s []string) []string {
	set := make(map[string]struct{}, len(s))
	for _, x := range s {
		set[x] = struct{}{}
	}
	return slices.Sorted(maps.Keys(set))
}
