package terminal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"homie/rpc"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// Bounds of what one machine may tell of its terminals. A machine that says more
// is told to the others more slowly, with what is true by then.
const (
	eventsPerSecond = 50
	eventsAtOnce    = 200
	// maxKnown is more terminals than a machine has: those that run, at most
	// 1,024, and some that have ended.
	maxKnown = 1100
)

// feed passes on what one machine says of its terminals. Of each terminal it
// keeps the latest word only, until that is due.
type feed struct {
	node wire.NodeName
	log  *slog.Logger
	wake chan struct{} // capacity 1; there is news

	mu      sync.Mutex
	latest  map[wire.SessionID]wireterminal.Session
	order   []wire.SessionID // of latest, the one that waits longest first
	dropped bool             // something was, and that was logged
	late    bool             // something is, and that was logged
}

func newFeed(node wire.NodeName, log *slog.Logger) *feed {
	return &feed{node: node, log: log, wake: make(chan struct{}, 1), latest: map[wire.SessionID]wireterminal.Session{}}
}

// add takes what the machine says. It does not block.
func (f *feed) add(v wireterminal.Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, waits := f.latest[v.ID]; !waits {
		if len(f.order) >= maxKnown {
			if !f.dropped {
				f.dropped = true
				f.log.Warn("a machine tells of more terminals than one has; news of them is dropped", "node", f.node)
			}
			return
		}
		f.order = append(f.order, v.ID)
	}
	f.latest[v.ID] = v
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// next returns what waits longest.
func (f *feed) next() (v wireterminal.Session, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.order) == 0 {
		return v, false
	}
	v = f.latest[f.order[0]]
	delete(f.latest, f.order[0])
	f.order = f.order[1:]
	return v, true
}

// run publishes, not faster than the bounds allow, until ctx ends.
func (f *feed) run(ctx context.Context, publish func(wireterminal.Session)) {
	pace := rate.NewLimiter(eventsPerSecond, eventsAtOnce)
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		for {
			if pace.Tokens() < 1 && !f.late {
				f.late = true
				f.log.Warn("a machine tells of its terminals too often; news of them is late from now on", "node", f.node)
			}
			if pace.Wait(ctx) != nil {
				return
			}
			v, ok := f.next()
			if !ok {
				break
			}
			publish(v)
		}
	}
}

// followAgain is how long a machine is left alone that does not tell of its
// terminals, as one does whose policy bounds the gateway.
const followAgain = 2 * time.Second

// follow has the news of a machine come in until ctx ends. A machine may stop
// telling, and begin again when it may.
func (s *Service) follow(ctx context.Context, name wire.NodeName, conn *rpc.Conn, news *feed) {
	add := func(v wireterminal.Session) {
		v = v.Shown()
		v.Node = name
		news.add(v)
	}
	said := ""
	for first := true; ctx.Err() == nil; first = false {
		over := make(chan error, 1)
		err := rpc.Subscribe(ctx, conn, wireterminal.Changed, func(v wireterminal.Session, e wire.Event) {
			switch {
			case e.Error != nil:
				select {
				case over <- e.Error:
				default:
				}
			case !e.Reset: // after which clients list again when the machine comes back
				add(v)
			}
		})
		if err == nil && !first { // of what was meanwhile nobody has heard
			var all wireterminal.Sessions
			all, err = rpc.Invoke(ctx, conn, wireterminal.List, wireterminal.ListParams{})
			for _, v := range all.Sessions {
				add(v)
			}
		}
		if err == nil {
			said = ""
			select {
			case err = <-over:
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			s.log.Warn("following terminals", "node", name, "err", err)
		}
		wait := time.NewTimer(followAgain)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
}
