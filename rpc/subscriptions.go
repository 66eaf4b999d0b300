package rpc

import (
	"context"
	"sync"

	"homie/tsidentity"
	"homie/wire"
)

// eventsPerTurn bounds how many events of one topic go out before the next
// topic has its turn.
const eventsPerTurn = 64

// subscriptions are one connection's cursors into topic logs.
type subscriptions struct {
	conn *Conn
	wake chan struct{} // capacity 1

	mu      sync.Mutex
	cursors map[string]*cursor // by topic
	ended   bool               // with the connection: nothing is subscribed any more
}

type cursor struct {
	log     *eventLog
	seq     uint64      // last event delivered or passed over
	revoked *wire.Error // the right to it is gone, and the client is to be told
}

func newSubscriptions(c *Conn) *subscriptions {
	return &subscriptions{conn: c, wake: make(chan struct{}, 1), cursors: map[string]*cursor{}}
}

func (s *subscriptions) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// subscribe starts or moves a cursor and says where it stands.
func (s *subscriptions) subscribe(log *eventLog, epoch string, want wire.TopicCursor) wire.TopicState {
	newest := log.newest()
	state := wire.TopicState{Topic: log.name, Epoch: epoch, Seq: newest}
	if want.Epoch != "" {
		_, lost := log.after(want.After, 1)
		if want.Epoch == epoch && !lost {
			state.Seq = want.After
		} else {
			state.Reset = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return state // nobody gets it, and the log would keep the connection for ever
	}
	s.cursors[log.name] = &cursor{log: log, seq: state.Seq}
	log.watch(s)
	s.signal()
	return state
}

func (s *subscriptions) unsubscribe(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(s.cursors[name])
}

// dropLocked ends a subscription if it still is one.
func (s *subscriptions) dropLocked(c *cursor) {
	if c != nil && s.cursors[c.log.name] == c {
		delete(s.cursors, c.log.name)
		c.log.unwatch(s)
	}
}

func (s *subscriptions) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.cursors))
	for n := range s.cursors {
		names = append(names, n)
	}
	return names
}

func (s *subscriptions) close() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	for _, n := range s.names() {
		s.unsubscribe(n)
	}
}

// revoke ends the subscriptions that who may no longer have. It does not wait
// for a client that reads slowly: run tells it, after the events before.
func (s *subscriptions) revoke(who tsidentity.Caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.cursors {
		if !who.Can(c.log.capability) {
			c.revoked = refusal(who, c.log.capability)
			s.signal()
		}
	}
}

// run delivers until ctx ends. It blocks on the outbox, never on a publisher.
func (s *subscriptions) run(ctx context.Context) error {
	defer s.close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		}
		for more := true; more; {
			more = false
			for _, n := range s.names() {
				again, err := s.deliver(ctx, n)
				if err != nil {
					return err
				}
				more = more || again
			}
		}
	}
}

// deliver sends the next events of one topic; again means that there may be more.
func (s *subscriptions) deliver(ctx context.Context, name string) (again bool, err error) {
	s.mu.Lock()
	c := s.cursors[name]
	var at cursor
	if c != nil {
		at = *c
	}
	s.mu.Unlock()
	switch {
	case c == nil:
		return false, nil
	case at.revoked != nil:
		return false, s.refuse(ctx, c, at.revoked)
	}
	events, lost := c.log.after(at.seq, eventsPerTurn)
	if lost {
		newest := c.log.newest()
		s.advance(c, newest)
		return true, s.conn.notify(ctx, name, wire.Event{Seq: newest, Reset: true})
	}
	if len(events) == 0 {
		return false, nil
	}
	who, err := s.conn.identify(ctx)
	if err != nil {
		return false, err
	}
	if !who.Can(c.log.capability) {
		return false, s.refuse(ctx, c, refusal(who, c.log.capability))
	}
	for _, e := range events {
		if !s.advance(c, e.seq) {
			break
		}
		data, visible := e.render(who)
		if !visible {
			continue
		}
		if err := s.conn.notify(ctx, name, wire.Event{Seq: e.seq, Data: data}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// refuse ends a subscription with words.
func (s *subscriptions) refuse(ctx context.Context, c *cursor, why *wire.Error) error {
	s.mu.Lock()
	s.dropLocked(c)
	s.mu.Unlock()
	return s.conn.notify(ctx, c.log.name, wire.Event{Error: why})
}

// advance moves a cursor on, and reports whether it may still be delivered to:
// a client that reads slowly can lose its right, or move, between two events.
func (s *subscriptions) advance(c *cursor, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursors[c.log.name] != c || c.revoked != nil {
		return false
	}
	c.seq = seq
	return true
}
