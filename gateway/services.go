package gateway

import (
	"context"
	"log/slog"

	"homie/gateway/audit"
	"homie/gateway/health"
	"homie/gateway/identity"
	"homie/gateway/jobs"
	"homie/gateway/nodes"
	"homie/gateway/notifications"
	"homie/gateway/pairing"
	"homie/gateway/presence"
	"homie/gateway/stepup"
	"homie/gateway/terminal"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wirejobs "homie/wire/jobs"
)

// service is something the gateway offers: a table of methods and topics, and
// whatever has to run behind it.
type service interface {
	API() []rpc.Entry
	Run(ctx context.Context) error
}

// world is what services are made from.
type world struct {
	db    *store.Store
	log   *slog.Logger
	self  func() tsidentity.Device
	home  func() string
	paths presence.Paths
	rule  stepup.Rule
	share terminal.Share
	how   health.Gateway
	// caller is who is at a tailnet address now.
	caller func(context.Context, string) (tsidentity.Caller, error)
	// peers are the devices on the tailnet.
	peers func(context.Context) ([]identity.Peer, error)
	// tell are private hosts that people may have notices sent to.
	tell []string
}

func (w world) logFor(name string) *slog.Logger { return w.log.With("svc", name) }

// household is every service, with those by name that the gateway itself needs.
type household struct {
	all      []service
	audit    *audit.Service
	identity *identity.Service
	pairing  *pairing.Service
	stepup   *stepup.Service
	terminal *terminal.Service
}

// services is the list of everything the gateway offers, in the order of who
// needs whom. Adding one touches its folder and this function.
func services(w world) household {
	var (
		log   = audit.New(w.db, w.logFor("audit"))
		who   = identity.New(w.self, w.home, w.db.Degraded, w.peers)
		sure  = stepup.New(w.db, w.rule, w.home, w.logFor("stepup"))
		pair  = pairing.New(w.db, w.logFor("pairing"))
		links = nodes.New(pair, func() wire.DeviceID { return wire.DeviceID(w.self().ID) }, w.logFor("nodes"))
		here  = presence.New(links, w.paths, w.logFor("presence"))
		term  = terminal.New(links, w.db, w.share, w.logFor("terminal"))
		runs  = jobs.New(links, w.logFor("jobs"))
		how   = health.New(w.how)
		news  = notifications.New(notifications.Options{DB: w.db, Caller: w.caller, Home: w.home, Hosts: w.tell, Log: w.logFor("notifications")})
	)
	log.CopyTo(links)
	who.Warn(log.Warning)
	who.Warn(how.Warning)
	pair.OnDecision(links.Decided)
	pair.OnLeave(here.Left)
	runs.OnDone(func(r wirejobs.Run) { ended(news, r, runs.MaySee) })
	pair.OnAsk(func(r pairing.Request) { news.Tell(asks(r)) })
	links.OnChange(here.Changed)
	links.OnLink(here.Linked)
	links.OnLink(term.Linked)
	links.OnLink(runs.Linked)
	sure.OnEnd(term.Forget)
	return household{
		all:   []service{log, who, sure, pair, links, here, term, runs, how, news},
		audit: log, identity: who, stepup: sure, pairing: pair, terminal: term,
	}
}

// entries returns the tables of all services.
func (h household) entries() []rpc.Entry {
	var out []rpc.Entry
	for _, s := range h.all {
		out = append(out, s.API()...)
	}
	return out
}
