package tailbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"tailscale.com/tailcfg"
)

// seenPath is where a device confirms that it has taken in a map.
const seenPath = "/machine/seen/"

// nextMap is what s is to be told now, nothing if it is to end.
func (t *Tailnet) nextMap(s *stream) []*tailcfg.MapResponse {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := s.device
	full := s.full
	s.full = false
	if t.devices[d.Hostname] != d || !d.joined || d.node != s.node {
		return nil
	}
	peers := t.peersLocked(s)
	// The field PacketFilter omits an empty list, which then means "unchanged";
	// only this one can say "nothing is allowed any more".
	filter := map[string][]tailcfg.FilterRule{"*": nil, "base": t.policy.compile(d, peers)}
	message := &tailcfg.MapResponse{PacketFilters: filter}
	if !full {
		return []*tailcfg.MapResponse{message}
	}
	t.describeLocked(message, d, peers)
	gone, restarted, news := s.tell(peers)
	if len(peers) == 0 {
		message.PeersRemoved = gone // an empty Peers, too, means "unchanged"
	}
	messages := []*tailcfg.MapResponse{message}
	if len(restarted) > 0 {
		// A client goes on sending to the address that it has last reached a peer
		// at, unless it loses the peer in between.
		messages = append([]*tailcfg.MapResponse{{PeersRemoved: restarted}}, messages...)
	}
	if news {
		messages = append(messages, s.askToConfirm(filter)...)
	}
	return messages
}

// tell notes that s is told of peers. It returns who is no longer among them,
// who is and has started again, and whether anybody has started at all.
func (s *stream) tell(peers []peer) (gone, restarted []tailcfg.NodeID, news bool) {
	s.seq++
	before := s.peers
	s.peers = make(map[*device]told, len(peers))
	for _, p := range peers {
		last, ok := before[p.device]
		now := told{node: p.node, epoch: last.epoch, seq: last.seq}
		if !p.old && (!ok || last.epoch != p.epoch) {
			now.epoch, now.seq, news = p.epoch, s.seq, true
			if ok {
				restarted = append(restarted, last.node.ID)
			}
		}
		s.peers[p.device] = now
	}
	for d, last := range before {
		if _, ok := s.peers[d]; !ok {
			gone = append(gone, last.node.ID)
		}
	}
	return gone, restarted, news
}

// askToConfirm makes the device say when it has taken in the map before. The
// client applies a whole map in the background and a mere filter at once, but
// in order: so after the filter, the map is in force. A ping then asks it.
func (s *stream) askToConfirm(filter map[string][]tailcfg.FilterRule) []*tailcfg.MapResponse {
	url := fmt.Sprintf("https://unused%s%d/%d", seenPath, s.id, s.seq)
	return []*tailcfg.MapResponse{
		{PacketFilters: filter},
		{KeepAlive: true, PingRequest: &tailcfg.PingRequest{URL: url, URLIsNoise: true}},
	}
}

// peer is another device as one device sees it.
type peer struct {
	*device
	node *tailcfg.Node
	old  bool // it has started again, and is shown as it was before
}

// peersLocked is every other device that s is told of, in a stable order.
func (t *Tailnet) peersLocked(s *stream) []peer {
	var peers []peer
	for _, d := range t.devices {
		if d == s.device || !d.joined || !d.approved {
			continue
		}
		if t.seesLocked(s.device, d) {
			peers = append(peers, peer{device: d, node: t.peerNodeLocked(s.device, d)})
		} else if last, ok := s.peers[d]; ok {
			peers = append(peers, peer{device: d, node: last.node, old: true})
		}
	}
	slices.SortFunc(peers, func(a, b peer) int { return cmp.Compare(a.node.ID, b.node.ID) })
	return peers
}

// peerNodeLocked is d as viewer sees it: a device that is shared in says so.
func (t *Tailnet) peerNodeLocked(viewer, d *device) *tailcfg.Node {
	node := t.nodeLocked(d)
	if d.Shared == "" || d.Shared == viewer.Shared {
		return node
	}
	shared := tailcfg.Hostinfo{}
	if node.Hostinfo.Valid() {
		shared = *node.Hostinfo.AsStruct()
	}
	shared.ShareeNode = true
	node.Hostinfo = shared.View()
	return node
}

// describeLocked adds devices, people, names and relays to message.
func (t *Tailnet) describeLocked(message *tailcfg.MapResponse, self *device, peers []peer) {
	message.Node = t.nodeLocked(self)
	message.Node.CapMap = tailcfg.NodeCapMap{
		tailcfg.NodeAttrDisableUPnP:                   nil, // loopback only
		tailcfg.NodeAttrDisableCaptivePortalDetection: nil,
		// There are no peer relays, and a device that is closed while it looks
		// for them panics (magicsock's updateRelayServersSet without a self).
		tailcfg.NodeAttrDisableRelayClient: nil,
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
		message.Peers = append(message.Peers, p.node)
		if !p.Anonymous {
			profiles[p.node.User] = t.profileLocked(p.device)
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
		HomeDERP:          regionID, // there is but one, and an answer must find its way at once
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
