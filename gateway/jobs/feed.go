package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"homie/rpc"
	"homie/wire"
	wirejobs "homie/wire/jobs"
	wirenodes "homie/wire/nodes"
)

// Bounds of what one machine may tell of its jobs. A machine that says more is
// told to the others more slowly, with what is true by then, and what does not
// fit is dropped: whoever lists again sees it.
const (
	eventsPerSecond = 100
	eventsAtOnce    = 400
	maxWaiting      = 1024
)

// Linked follows the jobs of a machine that came up.
func (s *Service) Linked(ctx context.Context, n wirenodes.Node, conn *rpc.Conn) {
	if !slices.Contains(n.Capabilities, capability) {
		return
	}
	news := &feed{wake: make(chan struct{}, 1), latest: map[string]func(){}}
	err := rpc.Subscribe(ctx, conn, wirejobs.Changed, func(v wirejobs.Job, e wire.Event) {
		if !e.Reset && e.Error == nil { // clients list again when the machine comes back
			v = v.Shown(n.Name)
			news.add("job "+string(v.ID), func() { s.changed.Publish(v) })
		}
	})
	if err == nil {
		err = rpc.Subscribe(ctx, conn, wirejobs.RunChanged, func(v wirejobs.Run, e wire.Event) {
			if !e.Reset && e.Error == nil {
				v = v.Shown(n.Name)
				news.add("run "+string(v.ID), func() {
					s.moved.Publish(v)
					if v.State == wirejobs.Done {
						s.done(v)
					}
				})
			}
		})
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("following jobs", "node", n.Name, "err", err)
	}
	news.run(ctx)
	if dropped := news.lost(); dropped > 0 {
		s.log.Warn("a machine told of more than its jobs could do; news of them was dropped", "node", n.Name, "events", dropped)
	}
}

// feed passes on what one machine says. Of each thing it keeps the latest word
// only, until that is due.
type feed struct {
	wake chan struct{} // capacity 1; there is news

	mu      sync.Mutex
	latest  map[string]func() // publishes
	order   []string          // of latest, what waits longest first
	dropped int
}

// add takes what the machine says of a thing. It does not block.
func (f *feed) add(thing string, publish func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, waits := f.latest[thing]; !waits {
		if len(f.order) >= maxWaiting {
			f.dropped++
			return
		}
		f.order = append(f.order, thing)
	}
	f.latest[thing] = publish
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// lost counts what was dropped.
func (f *feed) lost() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}

func (f *feed) next() (publish func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.order) == 0 {
		return nil
	}
	publish = f.latest[f.order[0]]
	delete(f.latest, f.order[0])
	f.order = f.order[1:]
	return publish
}

// run publishes, not faster than the bounds allow, until ctx ends.
func (f *feed) run(ctx context.Context) {
	pace := rate.NewLimiter(eventsPerSecond, eventsAtOnce)
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		for {
			if pace.Wait(ctx) != nil {
				return
			}
			publish := f.next()
			if publish == nil {
				break
			}
			publish()
		}
	}
}

// logsPerCaller bounds the logs of one machine that a caller reads at once.
const logsPerCaller = 16

// seats counts what is taken. The zero seats are empty.
type seats struct {
	mu    sync.Mutex
	taken map[string]int
}

// take takes one and returns what gives it back, nil if there is none left.
func (s *seats) take(key string) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[key] >= logsPerCaller {
		return nil
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[key]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.taken[key]--; s.taken[key] == 0 {
			delete(s.taken, key)
		}
	})
}

// shortKey makes any key one of the length that machines take.
func shortKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}
