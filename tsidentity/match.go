package tsidentity

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds on what one name or pattern may be, in bytes.
const (
	maxWord    = 32 // a service or verb
	maxMachine = 63 // a DNS label
	maxTag     = 64
	maxAccount = 64
)

// nodePrefix is what tailnet names of nodes start with and people leave out.
const nodePrefix = "homie-"

// ValidPattern reports what is wrong with a capability pattern: there are
// "service:verb", "service:*" and "*:*", in lower case.
func ValidPattern(p string) error {
	service, verb, ok := strings.Cut(p, ":")
	switch {
	case !ok:
		return fmt.Errorf("%s is not of the form service:verb, service:* or *:*", quote(p))
	case p == "*:*":
		return nil
	case service == "*":
		return fmt.Errorf("%s: a service must be named unless the whole pattern is *:*", quote(p))
	case !isWord(service):
		return fmt.Errorf("%s: %s is no service name", quote(p), quote(service))
	case verb != "*" && !isWord(verb):
		return fmt.Errorf("%s: %s is no verb", quote(p), quote(verb))
	}
	return nil
}

// ValidRole reports what is wrong with a role of a grant value.
func ValidRole(r Role) error {
	if r.allows() != nil {
		return nil
	}
	var names []string
	for _, b := range bundles {
		names = append(names, string(b.Role))
	}
	return fmt.Errorf("unknown role %s; the roles are %s", quote(string(r)), strings.Join(names, ", "))
}

// ValidNode reports what is wrong with an entry of "nodes": a machine's name,
// a name with * and ? in it, or a tag.
func ValidNode(p string) error {
	if tag, ok := strings.CutPrefix(p, "tag:"); ok {
		if !isTag(tag) {
			return fmt.Errorf("%s is no tag; one looks like tag:nas", quote(p))
		}
		return nil
	}
	if p == "" || len(p) > maxMachine || strings.ContainsFunc(p, func(r rune) bool {
		return !isWordRune(r) && r != '*' && r != '?'
	}) {
		return fmt.Errorf("%s is no machine; use its short name in lower case (\"nas\"), a pattern (\"mini-*\") or a tag (\"tag:nas\")", quote(p))
	}
	return nil
}

// ValidAccount reports what is wrong with an entry of "as": the name of one OS
// account, spelled out.
func ValidAccount(a string) error {
	switch {
	case a == "" || len(a) > maxAccount:
		return fmt.Errorf("%s is no OS account: a name has 1 to %d characters", quote(a), maxAccount)
	case strings.ContainsAny(a, "*?"):
		return fmt.Errorf("%s: accounts are named one by one, without * and ?", quote(a))
	case strings.HasPrefix(a, "-"):
		return fmt.Errorf("%s is no OS account: a name does not start with a dash", quote(a))
	case strings.ContainsFunc(a, func(r rune) bool { return !isAccountRune(r) }):
		return fmt.Errorf("%s is no OS account: letters, digits and . _ - + @ $ \\ only", quote(a))
	}
	return nil
}

// ValidOffer reports what is wrong with the name of something that a node
// offers, such as "terminal".
func ValidOffer(o string) error {
	if !isWord(o) {
		return fmt.Errorf("%s is nothing that a node offers; one looks like \"terminal\"", quote(o))
	}
	return nil
}

// matchCapability reports whether a pattern covers a capability. A malformed
// pattern covers nothing.
func matchCapability(pattern, capability string) bool {
	service, verb, ok := strings.Cut(capability, ":")
	if !ok || ValidPattern(pattern) != nil || !isWord(service) || !isWord(verb) {
		return false
	}
	return pattern == "*:*" || pattern == capability || pattern == service+":*"
}

// matchMachine reports whether an entry of "nodes" means m. Names may be
// written as the tailnet has them or as people say them.
func matchMachine(entry string, m Machine) bool {
	if strings.HasPrefix(entry, "tag:") {
		return slices.Contains(m.Tags, entry)
	}
	if ValidNode(entry) != nil || m.Name == "" {
		return false
	}
	return entry == m.Name || glob(strings.TrimPrefix(entry, nodePrefix), m.Name)
}

// glob matches name with a pattern in which * is any run of characters and ?
// any one. Its time is bounded by the product of both lengths.
func glob(pattern, name string) bool {
	p, n := 0, 0
	star, mark := -1, 0 // the last * seen, and where name was then
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// isWord reports whether s is a name such as "terminal" or "audit-log".
func isWord(s string) bool {
	return s != "" && len(s) <= maxWord && s[0] >= 'a' && s[0] <= 'z' &&
		!strings.ContainsFunc(s, func(r rune) bool { return !isWordRune(r) })
}

func isWordRune(r rune) bool {
	return (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || r == '-'
}

// isTag reports whether s, without "tag:", is a tag as Tailscale allows it.
func isTag(s string) bool {
	letter := func(r rune) bool { return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') }
	return s != "" && len(s) <= maxTag && letter(rune(s[0])) && !strings.ContainsFunc(s, func(r rune) bool {
		return !letter(r) && (r < '0' || r > '9') && r != '-'
	})
}

func isAccountRune(r rune) bool {
	return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || strings.ContainsRune(`._-+@$\`, r)
}

// quote repeats foreign text safely: escaped, and no longer than a line.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:most], ""))
	}
	return fmt.Sprintf("%q", s)
}
