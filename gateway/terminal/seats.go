package terminal

import (
	"cmp"
	"context"
	"sync"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// Share is how much of one machine is for one person, so that nobody takes it from
// the others. A machine runs as many terminals as it is told to, and its connection
// carries wire.MaxLinkStreams of their viewers.
type Share struct {
	// Sessions bounds the terminals that a person has running; 0 is
	// DefaultShare's.
	Sessions int
	// Viewers bounds the terminals that a person's device has open; 0 is
	// DefaultShare's.
	Viewers int
}

// DefaultShare is what a person has of each machine if nothing else is said.
func DefaultShare() Share { return Share{Sessions: 32, Viewers: 16} }

func (s Share) orDefault() Share {
	def := DefaultShare()
	return Share{Sessions: cmp.Or(s.Sessions, def.Sessions), Viewers: cmp.Or(s.Viewers, def.Viewers)}
}

// seats counts what is taken, by whatever the key names. The zero seats are
// empty.
type seats struct {
	mu    sync.Mutex
	taken map[string]int
}

// take returns how many there are with the one taken, and what gives it back,
// once; leave is nil if most are taken already.
func (s *seats) take(key string, most int) (n int, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[key] >= most {
		return most, nil
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[key]++
	return s.taken[key], sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.taken[key]--; s.taken[key] == 0 {
			delete(s.taken, key)
		}
	})
}

// sit takes one of the places that a caller has for viewing terminals of a
// machine.
func (s *Service) sit(who tsidentity.Caller, name wire.NodeName) (leave func(), err error) {
	_, leave = s.viewing.take(who.Key()+" "+string(name), s.share.Viewers)
	if leave == nil {
		return nil, wire.Errorf(wire.Busy, "This device has as many terminals of %s open as one device may: %d. Close one of them.", name, s.share.Viewers)
	}
	return leave, nil
}

// mayStart checks that a person has not their share of a machine's terminals
// running, and holds a place for one until leave is called. It counts what the
// machine says, as what there is outlives the gateway.
func (s *Service) mayStart(ctx context.Context, who tsidentity.Caller, name wire.NodeName, conn *rpc.Conn) (leave func(), err error) {
	full := wire.Errorf(wire.Busy, "You have as many terminals running on %s as one person may: %d. End one of them.", name, s.share.Sessions)
	key := cmp.Or(who.Person.ID, who.Key()) + " " + string(name)
	starting, leave := s.starting.take(key, s.share.Sessions)
	if leave == nil {
		return nil, full
	}
	all, err := listOf(ctx, name, conn)
	if err != nil {
		leave()
		return nil, offline(name, err)
	}
	mine, me := 0, rpc.BehalfOf(who).Key()
	for _, v := range all {
		if v.State == wireterminal.Running && v.Starter == me {
			mine++
		}
	}
	if mine+starting > s.share.Sessions {
		leave()
		return nil, full
	}
	return leave, nil
}
