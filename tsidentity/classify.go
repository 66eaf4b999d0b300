package tsidentity

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tailscale.com/client/tailscale/apitype"
	"tailscale.com/tailcfg"
)

// classify decides what a peer is, from what the tailnet says of it. Where two
// classes fit, the one with fewer rights wins.
func classify(who *apitype.WhoIsResponse, addr string, me self) Caller {
	if who == nil || who.Node == nil || who.UserProfile == nil || !trusted(who.Node) {
		return Caller{Class: ClassUnknown, Device: Device{Addr: addr}}
	}
	n, user := who.Node, who.UserProfile
	c := Caller{Device: DeviceOf(n, addr)}
	switch {
	case string(n.StableID) == me.id:
		c.Class = ClassSelf
		return c
	case sharedIn(n):
		c.Class = ClassShared
		c.Person = personOf(user)
	case len(n.Tags) > 0:
		// The profile of a tagged device is one that all of them share.
		c.Class = ClassTagged
	case user.ID == 0:
		c.Class = ClassUnknown
		return c
	default:
		c.Class = ClassPerson
		c.Person = personOf(user)
		c.Device.Owner = c.Person.Login
	}
	c.Rights = ParseGrants(who.CapMap[GrantCap])
	return c
}

// trusted reports whether the tailnet vouches for the device: it has a stable
// id, its key is in force, tailnet lock (if on) has signed it, and it is a
// tailnet device and not a plain WireGuard peer.
func trusted(n *tailcfg.Node) bool {
	return n.StableID != "" && !n.Expired && !n.UnsignedPeerAPIOnly && !n.IsWireGuardOnly && !n.IsJailed
}

// sharedIn reports whether the device is one of another tailnet: its user was
// given a device of ours, or it was itself shared with us.
func sharedIn(n *tailcfg.Node) bool {
	return (n.Hostinfo.Valid() && n.Hostinfo.ShareeNode()) || (n.Sharer != 0 && n.Sharer != n.User)
}

// asNode strips a caller down to the machine: its owner's rights are not the
// machine's. What its tags auto-approve stays.
func asNode(c Caller) Caller {
	if c.Class != ClassPerson && c.Class != ClassTagged {
		return c
	}
	rights := Rights{Problems: c.Rights.Problems}
	for _, v := range c.Rights.Values {
		if len(v.AutoApprove) > 0 {
			rights.Values = append(rights.Values, Value{AutoApprove: v.AutoApprove, Why: v.Why})
		}
	}
	return Caller{Class: ClassNode, Device: c.Device, Rights: rights}
}

// DeviceOf describes a tailnet device as seen at addr. Its Owner is left empty.
func DeviceOf(n *tailcfg.Node, addr string) Device {
	d := Device{ID: string(n.StableID), Name: shortName(n.Name), Tags: slices.Sorted(slices.Values(n.Tags)), Addr: addr}
	if n.Hostinfo.Valid() {
		d.OS = Clean(n.Hostinfo.OS())
	}
	return d
}

func personID(id tailcfg.UserID) string { return strconv.FormatInt(int64(id), 10) }

func personOf(u *tailcfg.UserProfile) Person {
	p := Person{ID: personID(u.ID), Login: Clean(u.LoginName), Name: Clean(u.DisplayName)}
	if strings.HasPrefix(u.ProfilePicURL, "https://") && len(u.ProfilePicURL) <= 1024 {
		p.Picture = u.ProfilePicURL
	}
	return p
}

// shortName returns the first label of a MagicDNS name.
func shortName(fqdn string) string {
	name, _, _ := strings.Cut(fqdn, ".")
	return Clean(name)
}

// maxShown bounds a name that people chose, in characters.
const maxShown = 128

// Clean makes a name that somebody else chose safe to show on one line: without
// control, direction and invisible characters, which hide what stands there or
// turn it around, and not longer than a line.
func Clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		if !unicode.IsGraphic(r) || (unicode.IsSpace(r) && r != ' ') {
			continue
		}
		if n++; n > maxShown {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
