package tailbox

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tailscale.com/tailcfg"
)

// nextMap is what s is to be told now, nil if it is to end.
func (t *Tailnet) nextMap(s *stream) *tailcfg.MapResponse {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := s.device
	full := s.full
	s.full = false
	if t.devices[d.Hostname] != d || !d.joined || d.node != s.node {
		return nil
	}
	peers := t.peersLocked(d)
	// The field PacketFilter omits an empty list, which then means "unchanged";
	// only this one can say "nothing is allowed any more".
	message := &tailcfg.MapResponse{PacketFilters: map[string][]tailcfg.FilterRule{
		"*":    nil,
		"base": t.policy.compile(d, peers),
	}}
	if !full {
		return message
	}
	t.describeLocked(message, d, peers)
	// An empty Peers means "unchanged" too, so the last one is taken away by id.
	if len(peers) == 0 {
		message.PeersRemoved = s.sent
	}
	s.sent = s.sent[:0:0]
	for _, p := range peers {
		s.sent = append(s.sent, p.id())
	}
	return message
}

// peersLocked is every other device that self is told of, in a stable order.
func (t *Tailnet) peersLocked(self *device) []*device {
	peers := []*device{}
	for _, d := range t.devices {
		if d != self && d.joined && d.approved && t.seesLocked(self, d) {
			peers = append(peers, d)
		}
	}
	slices.SortFunc(peers, func(a, b *device) int { return cmp.Compare(a.id(), b.id()) })
	return peers
}

// describeLocked adds devices, people, names and relays to message.
func (t *Tailnet) describeLocked(message *tailcfg.MapResponse, self *device, peers []*device) {
	message.Node = t.nodeLocked(self)
	message.Node.CapMap = tailcfg.NodeCapMap{
		tailcfg.NodeAttrDisableUPnP:                   nil, // loopback only
		tailcfg.NodeAttrDisableCaptivePortalDetection: nil,
	}
	message.Domain = t.domainOf(self)
	message.CollectServices = "false"
	message.DERPMap = t.relay.derpMap()
	message.DNSConfig = &tailcfg.DNSConfig{Proxied: true, Domains: []string{t.domainOf(self)}}
	if t.https {
		message.Node.CapMap[tailcfg.CapabilityHTTPS] = nil
		message.DNSConfig.CertDomains = []string{t.fqdnOf(self)}
	}
	profiles := map[tailcfg.UserID]tailcfg.UserProfile{}
	for _, p := range peers {
		node := t.nodeLocked(p)
		if p.Shared != self.Shared {
			shared := tailcfg.Hostinfo{}
			if node.Hostinfo.Valid() {
				shared = *node.Hostinfo.AsStruct()
			}
			shared.ShareeNode = p.Shared != ""
			node.Hostinfo = shared.View()
		}
		message.Peers = append(message.Peers, node)
		if !p.Anonymous {
			profiles[node.User] = t.profileLocked(p)
		}
	}
	profiles[message.Node.User] = t.profileLocked(self)
	for _, id := range slices.Sorted(maps.Keys(profiles)) {
		message.UserProfiles = append(message.UserProfiles, profiles[id])
	}
}

// nodeLocked is d as control tells devices of it.
func (t *Tailnet) nodeLocked(d *device) *tailcfg.Node {
	online := d.streams > 0
	n := &tailcfg.Node{
		ID:                d.id(),
		StableID:          d.stableID(),
		Name:              t.fqdnOf(d) + ".",
		User:              t.profileLocked(d).ID,
		Key:               d.node,
		KeyExpiry:         d.expiry,
		Expired:           d.expired(),
		Machine:           d.machine,
		DiscoKey:          d.disco,
		Addresses:         d.addresses(),
		AllowedIPs:        d.addresses(),
		Endpoints:         d.endpoints,
		HomeDERP:          d.homeRelay,
		Hostinfo:          d.hostinfo,
		Cap:               d.version,
		Tags:              d.Tags,
		MachineAuthorized: d.approved,
		Online:            &online,
	}
	if !online && !d.lastSeen.IsZero() {
		seen := d.lastSeen.Round(time.Second)
		n.LastSeen = &seen
	}
	return n
}

// profileLocked is the user a device belongs to. An anonymous device's user has
// an id and, for its peers, no profile.
func (t *Tailnet) profileLocked(d *device) tailcfg.UserProfile {
	if len(d.Tags) > 0 {
		return tailcfg.UserProfile{ID: taggedUser, LoginName: taggedUserLogin, DisplayName: "Tagged Devices"}
	}
	p := t.personLocked(d.Login)
	return tailcfg.UserProfile{ID: p.ID, LoginName: p.Login, DisplayName: cmp.Or(p.Name, p.Login)}
}

func (t *Tailnet) domainOf(d *device) string { return cmp.Or(d.Shared, t.o.Domain) }

func (t *Tailnet) fqdnOf(d *device) string { return d.Hostname + "." + t.domainOf(d) }
