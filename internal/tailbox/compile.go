package tailbox

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"tailscale.com/tailcfg"
	"tailscale.com/types/ipproto"
)

// compile turns the policy into the packet filter of dst, the way the real
// control server does: only rules whose destination is dst, with their sources
// as addresses. The answer is never nil: an empty filter denies everything.
func (p Policy) compile(dst *device, sources []peer) []tailcfg.FilterRule {
	rules := []tailcfg.FilterRule{}
	for _, g := range p.Grants {
		if !p.covers(g.Dst, dst.Device) {
			continue
		}
		var from []string
		for _, s := range sources {
			if p.covers(g.Src, s.Device) {
				for _, a := range s.addresses() {
					from = append(from, a.Addr().String())
				}
			}
		}
		if len(from) == 0 {
			continue
		}
		for _, ip := range g.IP {
			rules = append(rules, networkRule(ip, from, dst.addresses()))
		}
		if len(g.App) > 0 {
			rules = append(rules, capabilityRule(g, from, dst.addresses()))
		}
	}
	return rules
}

// networkRule opens what ip, an entry that ParsePolicy accepted, names.
func networkRule(ip string, from []string, to []netip.Prefix) tailcfg.FilterRule {
	protocols, ports, _ := parsePorts(ip)
	rule := tailcfg.FilterRule{SrcIPs: from, IPProto: protocols}
	for _, a := range to {
		rule.DstPorts = append(rule.DstPorts, tailcfg.NetPortRange{IP: a.Addr().String(), Ports: ports})
	}
	return rule
}

// capabilityRule hands the values of g.App to the destination's WhoIs.
func capabilityRule(g Grant, from []string, to []netip.Prefix) tailcfg.FilterRule {
	caps := tailcfg.PeerCapMap{}
	for name, values := range g.App {
		raw := make([]tailcfg.RawMessage, len(values))
		for i, v := range values {
			raw[i] = tailcfg.RawMessage(v)
		}
		caps[tailcfg.PeerCapability(name)] = raw
	}
	return tailcfg.FilterRule{SrcIPs: from, CapGrant: []tailcfg.CapGrant{{Dsts: to, CapMap: caps}}}
}

// parsePorts reads one entry of a grant's ip list. No protocols means the
// usual ones: TCP, UDP and ICMP.
func parsePorts(s string) (protocols []int, ports tailcfg.PortRange, err error) {
	text := s
	if name, rest, ok := strings.Cut(s, ":"); ok {
		switch name {
		case "tcp":
			protocols = []int{int(ipproto.TCP)}
		case "udp":
			protocols = []int{int(ipproto.UDP)}
		case "icmp":
			protocols = []int{int(ipproto.ICMPv4), int(ipproto.ICMPv6)}
		default:
			return nil, ports, fmt.Errorf("ip %q: unknown protocol %q", s, name)
		}
		text = rest
	}
	if text == "*" {
		return protocols, tailcfg.PortRangeAny, nil
	}
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	first, err1 := strconv.ParseUint(low, 10, 16)
	last, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || first > last {
		return nil, ports, fmt.Errorf("ip %q: not a port, a range of ports, or *", s)
	}
	return protocols, tailcfg.PortRange{First: uint16(first), Last: uint16(last)}, nil
}
