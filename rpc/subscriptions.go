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
	log *eventLog
	seq uint64 // last event delivered or passed over
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
	if c := s.cursors[name]; c != nil {
		delete(s.cursors, name)
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

func (s *subscriptions) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursors[name] != nil
}

func (s *subscriptions) close() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	for _, n := range s.names() {
		s.unsubscribe(n)
	}
}

// revoke ends the subscriptions that who may no longer have, with words.
func (s *subscriptions) revoke(ctx context.Context, who tsidentity.Caller) {
	for _, n := range s.names() {
		s.mu.Lock()
		c := s.cursors[n]
		s.mu.Unlock()
		if c == nil || who.Can(c.log.capability) {
			continue
		}
		s.unsubscribe(n)
		err := refusal(c.log.capability)
		_ = s.conn.notify(ctx, n, wire.Event{Error: err}) // the connection is ending otherwise
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
	var seq uint64
	if c != nil {
		seq = c.seq
	}
	s.mu.Unlock()
	if c == nil {
		return false, nil
	}
	events, lost := c.log.after(seq, eventsPerTurn)
	if lost {
		seq = c.log.newest()
		s.advance(name, c, seq)
		return true, s.conn.notify(ctx, name, wire.Event{Seq: seq, Reset: true})
	}
	if len(events) == 0 {
		return false, nil
	}
	who, err := s.conn.identify(ctx)
	if err != nil {
		return false, err
	}
	for _, e := range events {
		if !s.has(name) {
			return false, nil
		}
		s.advance(name, c, e.seq)
		if !who.Can(c.log.capability) {
			continue
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

func (s *subscriptions) advance(name string, c *cursor, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cursors[name] == c {
		c.seq = seq
	}
}
