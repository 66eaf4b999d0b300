package policyfile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// truth is what can be known here. They are in order: of two conditions that
// must both hold the smaller counts, of two that each suffice the larger.
type truth int

const (
	no    truth = iota
	maybe       // only Tailscale knows
	yes
)

// match is whether a selector covers somebody.
type match struct {
	is  truth
	why string // what a maybe hangs on, in words after "whether"
}

func sure(is bool) match {
	if is {
		return match{is: yes}
	}
	return match{}
}

func hangsOn(format string, args ...any) match {
	return match{maybe, fmt.Sprintf(format, args...)}
}

// anyOf is the best of what several selectors say.
func anyOf(selectors []string, each func(string) match) match {
	var best match
	for _, s := range selectors {
		if m := each(s); m.is > best.is {
			best = m
		}
	}
	return best
}

// both is two conditions that must hold.
func both(a, b match) match {
	switch {
	case a.is == no || b.is == no:
		return match{}
	case a.is == maybe && b.is == maybe:
		return match{maybe, a.why + ", and " + b.why}
	case a.is == maybe:
		return a
	}
	return b
}

// shape is what kind of selector a text is.
type shape int

const (
	shapeNone shape = iota
	shapeAny
	shapeLogin
	shapeNamed   // kind:name
	shapeAddress // an address, a range of them, or a name for one
)

func (f *File) shape(s string) shape {
	switch {
	case s == "*":
		return shapeAny
	case f.hosts[s] != "" || isAddress(s) || strings.HasPrefix(s, "ipset:"):
		return shapeAddress
	case strings.Contains(s, ":"):
		return shapeNamed
	case strings.Contains(s, "@"):
		return shapeLogin
	}
	return shapeNone
}

// adminRoles are the autogroups of a tailnet's own roles.
var adminRoles = []string{
	"autogroup:admin", "autogroup:owner", "autogroup:it-admin", "autogroup:network-admin",
	"autogroup:billing-admin", "autogroup:auditor",
}

// party is one end of a grant: who calls, or the gateway.
type party struct {
	what   string // in words
	login  string // of its user, "" for a tagged device
	tags   []string
	addrs  []netip.Addr
	askIP  string // how to say the address
	member match  // whether its user is one of this tailnet
	shared bool   // its user is one of another tailnet
}

// covers reports whether a selector that stands on either side covers p.
func (f *File) covers(s string, p party) match {
	tagged := len(p.tags) > 0
	kind, rest, _ := strings.Cut(s, ":")
	switch sh := f.shape(s); {
	case sh == shapeAny:
		return match{is: yes}
	case sh == shapeAddress:
		return f.coversAddress(s, p)
	case kind == "tag":
		return sure(slices.Contains(p.tags, s))
	case s == "autogroup:tagged":
		return sure(tagged)
	case s == "autogroup:danger-all":
		return match{is: yes}
	case s == "autogroup:internet", s == "autogroup:self", kind == "svc", sh == shapeNone:
		return match{} // self is judged where both ends are known
	case kind == "autogroup" && !f.knownAutogroup(s):
		return hangsOn("%s, which this Homie does not know, covers %s", s, p.what)
	case tagged || p.login == "":
		return match{} // a tagged device is nobody's
	case s == "autogroup:shared":
		return f.coversShared(p)
	case s == "autogroup:member", s == "autogroup:members":
		return p.member
	case slices.Contains(adminRoles, s):
		if p.shared {
			return match{}
		}
		return hangsOn("%s has the role %s in the tailnet", p.login, strings.TrimPrefix(s, "autogroup:"))
	case kind == "user" && strings.HasPrefix(rest, "*@"):
		return both(sure(strings.HasSuffix(strings.ToLower(p.login), strings.ToLower(rest[1:]))), p.member)
	case kind == "group":
		return f.coversGroup(s, p)
	case sh == shapeLogin:
		return isLogin(s, p)
	}
	return hangsOn("%q, which this Homie does not know, covers %s", s, p.what)
}

func (f *File) knownAutogroup(s string) bool {
	return slices.Contains(adminRoles, s) || slices.Contains([]string{
		"autogroup:member", "autogroup:members", "autogroup:shared", "autogroup:tagged",
	}, s)
}

func (f *File) coversShared(p party) match {
	switch {
	case p.shared:
		return match{is: yes}
	case p.member.is == maybe:
		return hangsOn("%s is a user of another tailnet, with whom the gateway is shared (--shared says so)", p.login)
	}
	return match{}
}

// coversGroup looks into a group. Those that an identity provider fills are not
// in the file.
func (f *File) coversGroup(s string, p party) match {
	members, ok := f.groups[s]
	if !ok && strings.Contains(s, "@") {
		return hangsOn("%s is in %s, which the identity provider fills", p.login, s)
	}
	return anyOf(members, func(member string) match {
		if strings.Contains(member, ":") {
			return match{}
		}
		return isLogin(member, p)
	})
}

// isLogin compares logins. What the file says of users of other tailnets counts
// in ways that only Tailscale knows.
func isLogin(s string, p party) match {
	switch {
	case !strings.EqualFold(s, p.login):
		return match{}
	case p.shared:
		return hangsOn("Tailscale takes %s of another tailnet for the one that the file names", p.login)
	case s != p.login:
		return hangsOn("Tailscale takes %s for %s", p.login, s)
	}
	return match{is: yes}
}
