package notifications

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/store"
)

// The rules for a server that does not take what is pushed: it is left alone for
// a while that doubles, and a push is given up after some attempts. Others are
// not held up, since each server has one push under way and a line of its own.
const (
	maxTries  = 5
	firstWait = 2 * time.Second
	mostWait  = 10 * time.Minute
	maxLine   = 64 // pushes that wait for one server; the oldest goes
)

// line is what is to go to one server.
type line struct {
	waiting []push
	busy    bool
	until   time.Time // before which it is left alone
	wait    time.Duration
}

// result is what became of a push that was under way.
type result struct {
	push
	outcome
}

// enqueue has a push made soon. It never blocks.
func (s *Service) enqueue(p push) {
	select {
	case s.pushes <- p:
	default:
		s.log.Warn("a push found no room; it is in the inbox alone", "topic", p.note.Topic)
	}
}

// courier makes pushes until its context ends. Its state belongs to the goroutine
// in run.
type courier struct {
	s     *Service
	lines map[string]*line
	under int // pushes under way
	done  chan result
	all   sync.WaitGroup
}

func (s *Service) pushAll(ctx context.Context) {
	c := &courier{s: s, lines: map[string]*line{}, done: make(chan result)}
	defer c.all.Wait()
	next := time.NewTimer(mostWait)
	defer next.Stop()
	for {
		next.Reset(c.start(ctx))
		select {
		case <-ctx.Done():
			return
		case p := <-s.pushes:
			c.line(p).add(p)
		case r := <-c.done:
			c.finish(r)
		case <-next.C:
		}
	}
}

func (c *courier) line(p push) *line {
	host := hostOf(p.place.URL)
	l := c.lines[host]
	if l == nil {
		l = &line{}
		c.lines[host] = l
	}
	return l
}

func (l *line) add(p push) {
	if len(l.waiting) >= maxLine {
		l.waiting = l.waiting[1:]
	}
	l.waiting = append(l.waiting, p)
}

// start starts what can be, and returns when to look again.
func (c *courier) start(ctx context.Context) time.Duration {
	now := time.Now()
	var soonest time.Time
	for host, l := range c.lines {
		switch {
		case l.busy:
		case len(l.waiting) == 0:
			if now.After(l.until) {
				delete(c.lines, host)
			}
		case now.Before(l.until):
			if soonest.IsZero() || l.until.Before(soonest) {
				soonest = l.until
			}
		case c.under < pushers:
			c.send(ctx, l)
		}
	}
	if soonest.IsZero() {
		return mostWait // what comes in or ends wakes it before
	}
	return soonest.Sub(now)
}

func (c *courier) send(ctx context.Context, l *line) {
	p := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.busy = true
	c.under++
	c.all.Go(func() {
		r := result{p, c.s.deliver(ctx, p)}
		select {
		case c.done <- r:
		case <-ctx.Done():
		}
	})
}

func (c *courier) finish(r result) {
	c.under--
	l := c.line(r.push)
	l.busy = false
	if !r.again {
		l.wait = 0
		return
	}
	l.wait = min(max(2*l.wait, firstWait), mostWait)
	l.until = time.Now().Add(max(l.wait, r.after))
	if r.tries++; r.tries < maxTries && time.Since(r.note.At) < keep {
		l.waiting = append([]push{r.push}, l.waiting...)
	}
}

// deliver makes one attempt for a place that is still its owner's, and notes
// what became of it there.
func (s *Service) deliver(ctx context.Context, p push) outcome {
	if _, ok := s.at(ctx, p.own, p.place.Device, p.place.Addr); !ok {
		return outcome{problem: "the device is not known as yours at the moment, or may not use Homie"}
	}
	o := s.attempt(ctx, p)
	if ctx.Err() == nil {
		if err := s.note(p, o); err != nil {
			s.log.Error("noting what became of a push", "err", err)
		}
	}
	return o
}

// note remembers how a place is, if that is news, and forgets one that is gone.
func (s *Service) note(p push, o outcome) error {
	key := p.own + "/" + string(p.id)
	now := time.Now().UTC().Truncate(time.Hour)
	news := false
	err := s.db.Update(func(tx *store.Tx) error {
		row, ok, err := places.Get(tx, key)
		if err != nil || !ok || row.URL != p.place.URL {
			return err
		}
		if o.gone {
			news = true
			return places.Delete(tx, key)
		}
		if row.Problem == o.problem && (o.problem != "" || row.LastAt.Equal(now)) {
			return nil
		}
		news = row.Problem != o.problem
		if row.Problem = o.problem; o.problem == "" {
			row.LastAt = now
		}
		return places.Put(tx, key, row)
	})
	if err == nil && news {
		s.changed(p.own)
	}
	return err
}

// testAll pushes to all places at once, and returns what became of it.
func (s *Service) testAll(ctx context.Context, to []push, n Note, unread int) TestResult {
	out := TestResult{Deliveries: make([]Delivery, len(to))}
	var group errgroup.Group
	group.SetLimit(pushers)
	for i, p := range to {
		p.note, p.unread = n, unread
		group.Go(func() error {
			o := s.deliver(ctx, p)
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				o.problem = "it does not answer"
			}
			out.Deliveries[i] = Delivery{ID: p.id, Name: p.place.Name, OK: o.problem == "", Problem: o.problem}
			return nil
		})
	}
	_ = group.Wait() // what failed is in the deliveries
	return out
}
