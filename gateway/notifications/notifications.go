// Package notifications tells people what happened: in an inbox that all their
// devices share, and on phones whose app is closed.
//
//	Tell, notifications.send ──> who of the known may hear of it ──> inbox, in the store
//	                                                          └──> queue ──> push service,
//	                                                               quiet hours    ntfy, webhook
//
// A person is known here once one of their devices has opened Homie. What is
// pushed goes to where they registered, and only while the tailnet says that the
// device is still theirs and that they may use Homie; its payload is complete in
// itself, since a phone may be off the tailnet when it comes. The inbox is the
// record: a push that is lost, held or refused costs nothing but the noise.
//
// It does not decide what is worth telling: that is whoever calls Tell.
package notifications

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
)

// The capabilities.
const (
	// CapUse is having an inbox, and being told things on one's devices.
	CapUse = "notifications:use"
	// CapSend is telling others something.
	CapSend = "notifications:send"
)

// Options are what a Service is made from.
type Options struct {
	DB *store.Store
	// Caller returns who is at a tailnet address now, with their rights.
	Caller func(ctx context.Context, addr string) (tsidentity.Caller, error)
	// Home is the address that people open, "" while there is none.
	Home func() string
	// Hosts are hosts, with their ports, that may be told things although they are in a
	// private network; see guard.
	Hosts []string
	Log   *slog.Logger
}

// Service keeps inboxes and pushes what comes in.
type Service struct {
	db     *store.Store
	caller func(context.Context, string) (tsidentity.Caller, error)
	home   func() string
	log    *slog.Logger
	client *http.Client
	trusts func(hostport string) bool
	topic  *rpc.Topic[Changed]
	told   chan Notice
	pushes chan push
	rate   *rpc.Limiter // pushes, by person

	mu     sync.Mutex
	keys   *vapid // nil until read or made
	lastID int64  // of a note or a place
}

// Bounds of what waits. What finds no room is in the inbox all the same, or, if
// it comes from another service, in the log.
const (
	maxTold   = 1024
	maxPushes = 1024
	pushers   = 4 // pushes under way at once
)

// pushRate is how often one person's devices are made to ring; what is over it is
// in the inbox alone.
var pushRate = rpc.Rate{PerSecond: 1. / 30, Burst: 20}

// New returns the service.
func New(o Options) *Service {
	g := newGuard(o.Hosts)
	s := &Service{
		db: o.DB, caller: o.Caller, home: o.Home, log: o.Log,
		client: g.client(), trusts: g.trusted,
		told:   make(chan Notice, maxTold),
		pushes: make(chan push, maxPushes),
		rate:   rpc.NewLimiter(pushRate),
	}
	s.topic = rpc.Event[Changed]("notifications.changed", CapUse).View(view)
	return s
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("notifications.list", CapUse, s.list),
		rpc.Call("notifications.read", CapUse, s.read),
		rpc.Call("notifications.send", CapSend, s.send, rpc.Limit(rpc.Message), rpc.Audited("to", "title")),
		rpc.Call("notifications.test", CapUse, s.test, rpc.Limit(rpc.Message), rpc.Timeout(testTimeout)),
		rpc.Call("notifications.register", CapUse, s.register, rpc.Limit(rpc.Expensive), rpc.Audited("kind")),
		rpc.Call("notifications.unregister", CapUse, s.unregister, rpc.Audited("id")),
		rpc.Call("notifications.preferences", CapUse, s.preferences),
		rpc.Call("notifications.preferences.update", CapUse, s.update),
		s.topic,
	}
}

// Run takes what other services tell, and pushes, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	workers.Go(func() { s.listen(ctx) })
	workers.Go(func() { s.pushAll(ctx) })
	workers.Wait()
	return nil
}

// Tell has people told something, soon. It never blocks; call it after the commit
// that made the notice true.
func (s *Service) Tell(n Notice) {
	select {
	case s.told <- n:
	default:
		s.log.Warn("a notice found no room", "topic", n.Topic, "title", n.Title)
	}
}

func (s *Service) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-s.told:
			if _, err := s.spread(ctx, n); err != nil && !errors.Is(err, context.Canceled) {
				s.log.Error("telling people", "topic", n.Topic, "err", err)
			}
		}
	}
}

// pushTimeout bounds one attempt to push; testTimeout, a test on all devices.
const (
	pushTimeout = 10 * time.Second
	testTimeout = 25 * time.Second
)
