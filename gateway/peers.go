package gateway

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"homie/gateway/identity"
	"homie/tsidentity"
)

// peers is every device that the gateway's own sees on the tailnet, with who is
// there and what they may do at this moment; no more than identity shows.
func (g *Gateway) peers(ctx context.Context) ([]identity.Peer, error) {
	st, err := g.conf.Tailnet.Local().Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking the tailnet who there is: %w", err)
	}
	var out []identity.Peer
	for _, p := range st.Peer {
		if len(p.TailscaleIPs) == 0 {
			continue
		}
		who, err := g.resolver.Resolve(ctx, p.TailscaleIPs[0].String())
		if err != nil {
			return nil, err
		}
		if who.Class == tsidentity.ClassUnknown {
			continue
		}
		var seen time.Time
		if !p.Online {
			seen = p.LastSeen
		}
		out = append(out, identity.Peer{Caller: who, Online: p.Online, LastSeen: seen})
	}
	slices.SortFunc(out, func(a, b identity.Peer) int {
		return cmp.Or(cmp.Compare(a.Caller.Name(), b.Caller.Name()), cmp.Compare(a.Caller.Device.ID, b.Caller.Device.ID))
	})
	return out, nil
}
