package gateway

import (
	"context"
	"log/slog"

	"homie/gateway/frontdoor"
	"homie/gateway/health"
	"homie/gateway/identity"
	"homie/gateway/presence"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/tsidentity/up"
)

// Offline returns everything the gateway offers over a store and without a
// tailnet.
func Offline(db *store.Store) ([]rpc.Entry, error) {
	h := services(world{
		db: db, log: slog.New(slog.DiscardHandler), paths: nowhere{},
		self: func() tsidentity.Device {
			return tsidentity.Device{ID: "nGatewayCNTRL", Name: "homie", Tags: []string{"tag:homie"}}
		},
		home:  func() string { return "" },
		peers: func(context.Context) ([]identity.Peer, error) { return nil, nil },
		caller: func(context.Context, string) (tsidentity.Caller, error) {
			return tsidentity.Caller{Class: tsidentity.ClassUnknown}, nil
		},
		how: health.Gateway{
			Tailnet: func() up.State { return up.State{Running: true} }, Renamed: func() string { return "" },
			Certificate: func() *up.CertStatus { return nil }, Degraded: func() error { return nil },
		},
	})
	return h.entries(), h.pairing.Load()
}

// nowhere reaches no machine.
type nowhere struct{}

// Path knows no way.
func (nowhere) Path(context.Context, string) presence.Connection {
	return presence.Connection{Kind: "unknown"}
}

// Routes is everything that is served on the tailnet, for its patterns.
func Routes() []frontdoor.Route { return (&Gateway{}).routes() }
