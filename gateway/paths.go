package gateway

import (
	"context"
	"net/netip"

	"tailscale.com/client/local"
	"tailscale.com/tailcfg"

	"homie/gateway/presence"
)

// paths finds out how machines are reached by asking the gateway's own device:
// a disco ping takes the way that packets take, and says which it was.
type paths struct{ client *local.Client }

// Path returns how addr is reached now; unknown if it does not answer.
func (p paths) Path(ctx context.Context, addr string) presence.Connection {
	unknown := presence.Connection{Kind: "unknown"}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return unknown
	}
	r, err := p.client.Ping(ctx, ip, tailcfg.PingDisco)
	if err != nil || r.Err != "" {
		return unknown
	}
	ms := r.LatencySeconds * 1000
	if r.Endpoint != "" {
		return presence.Connection{Kind: "direct", LatencyMs: &ms}
	}
	return presence.Connection{Kind: "relay", Relay: r.DERPRegionCode, LatencyMs: &ms}
}
