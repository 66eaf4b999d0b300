package policyfile

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"homie/tsidentity"
)

// Query is a question to a policy file: may this caller use Capability?
type Query struct {
	// Login is the person's; Tags are those of a tagged device, which is nobody's
	// and asks for itself. One of them is needed, and Tags count if both are there.
	Login string
	Tags  []string
	Addr  netip.Addr // of the caller's device, if known
	// Member and Shared say what the file can't: whether the person is a user of
	// this tailnet or of another one, with whom the gateway is shared. With
	// neither, a person whom the file names is taken for one of this tailnet.
	Member, Shared bool
	Gateway        Gateway

	Capability string
	Machine    string // "" for any machine
	// MachineTags are the tags of its device, nil if they are not known.
	MachineTags []string
	Account     string // OS account, "" for any
}

// Gateway is how a policy file can name the gateway's device.
type Gateway struct {
	Tags  []string
	Addrs []netip.Addr
	Owner string // login, of a device without tags
}

// ParseGateway reads a list of tags, addresses, or the login of the owner of an
// untagged device.
func ParseGateway(list []string) (Gateway, error) {
	var g Gateway
	for _, s := range list {
		addr, err := netip.ParseAddr(s)
		switch {
		case err == nil:
			g.Addrs = append(g.Addrs, addr)
		case strings.HasPrefix(s, "tag:"):
			g.Tags = append(g.Tags, s)
		case strings.Contains(s, "@") && g.Owner == "":
			g.Owner = s
		default:
			return Gateway{}, fmt.Errorf("%q is no tag, address or login", s)
		}
	}
	if len(g.Tags) > 0 && g.Owner != "" {
		return Gateway{}, errors.New("a device with tags is nobody's: name its tags or its owner")
	}
	return g, nil
}

// Validate reports what is wrong with the question.
func (q Query) Validate() error {
	switch {
	case q.Login == "" && len(q.Tags) == 0:
		return errors.New("who asks? Name a person by login, or a device by its tags")
	case q.Login != "" && (!strings.Contains(q.Login, "@") || strings.ContainsAny(q.Login, ": \t\n")):
		return fmt.Errorf("%q is no login; one looks like alice@example.com", q.Login)
	case q.Member && q.Shared:
		return errors.New("a person is a user of this tailnet or of another one, not of both")
	case q.Account != "" && q.Machine == "":
		return errors.New("an account is one of a machine: name that, too")
	}
	for _, t := range slices.Concat(q.Tags, q.MachineTags) {
		if !strings.HasPrefix(t, "tag:") || tsidentity.ValidNode(t) != nil {
			return fmt.Errorf("%q is no tag; one looks like tag:kiosk", t)
		}
	}
	if strings.Contains(q.Capability, "*") || tsidentity.ValidPattern(q.Capability) != nil {
		return fmt.Errorf("%q is no capability; one looks like terminal:write", q.Capability)
	}
	if q.Machine != "" && (strings.ContainsAny(q.Machine, "*?") || strings.HasPrefix(q.Machine, "tag:") || tsidentity.ValidNode(q.Machine) != nil) {
		return fmt.Errorf("%q is no machine's name; one looks like nas", q.Machine)
	}
	if q.Account != "" {
		return tsidentity.ValidAccount(q.Account)
	}
	return nil
}

// caller is the end of the grant that asks.
func (q Query) caller(f *File) party {
	if len(q.Tags) > 0 {
		return party{what: "the device", tags: q.Tags, addrs: addrs(q.Addr), askIP: "--ip says which it has"}
	}
	p := party{what: q.Login, login: q.Login, shared: q.Shared, addrs: addrs(q.Addr), askIP: "--ip says which their device has"}
	switch {
	case q.Shared:
	case q.Member, f.names(q.Login):
		p.member = match{is: yes}
	default:
		p.member = hangsOn("%s is a user of this tailnet (--member says so)", q.Login)
	}
	return p
}

// gateway is the end of the grant that is asked.
func (q Query) gateway(f *File) party {
	p := party{
		what: "the gateway", tags: q.Gateway.Tags, addrs: q.Gateway.Addrs, login: q.Gateway.Owner,
		askIP: "--gateway says which it has",
	}
	if p.login != "" {
		p.member = hangsOn("%s is a user of this tailnet", p.login)
		if f.names(p.login) || strings.EqualFold(p.login, q.Login) && q.Member {
			p.member = match{is: yes}
		}
	}
	return p
}

func addrs(a netip.Addr) []netip.Addr {
	if !a.IsValid() {
		return nil
	}
	return []netip.Addr{a}
}

// names reports whether the file names a login among its own people.
func (f *File) names(login string) bool {
	is := func(s string) bool { return strings.EqualFold(s, login) }
	for _, lists := range []map[string][]string{f.groups, f.owners} {
		for _, list := range lists {
			if slices.ContainsFunc(list, is) {
				return true
			}
		}
	}
	return slices.ContainsFunc(f.grants, func(g grant) bool { return slices.ContainsFunc(g.src, is) }) ||
		slices.ContainsFunc(f.acls, func(a acl) bool { return slices.ContainsFunc(a.src, is) })
}

// who is the caller with the given rights, as the gateway would have it.
func (q Query) who(rights tsidentity.Rights) tsidentity.Caller {
	c := tsidentity.Caller{Class: tsidentity.ClassPerson, Rights: rights}
	switch {
	case len(q.Tags) > 0:
		c.Class = tsidentity.ClassTagged
		c.Device.Tags = q.Tags
	case q.Shared:
		c.Class = tsidentity.ClassShared
	}
	return c
}

// allowed judges rights as the gateway does.
func (q Query) allowed(rights tsidentity.Rights) bool {
	c := q.who(rights)
	byClass := c.Can(q.Capability) && !rights.Can(q.Capability)
	switch {
	case q.Account != "":
		return c.MayRunAs(q.Capability, q.machine(), q.Account)
	case q.Machine != "":
		return byClass || c.CanOn(q.Capability, q.machine())
	}
	return c.Can(q.Capability)
}

func (q Query) machine() tsidentity.Machine {
	return tsidentity.Machine{Name: strings.TrimPrefix(q.Machine, "homie-"), Tags: q.MachineTags}
}

// subject is the caller in words.
func (q Query) subject() string {
	if len(q.Tags) > 0 {
		return "a device with " + strings.Join(q.Tags, ", ")
	}
	if q.Shared {
		return q.Login + " of another tailnet"
	}
	return q.Login
}

// object is what is asked for, in words.
func (q Query) object() string {
	s := q.Capability
	if q.Machine != "" {
		s += " on " + q.Machine
	}
	if q.Account != "" {
		s += " as " + q.Account
	}
	return s
}
