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

// Shares of one machine, so that nobody takes it from the others. A machine runs
// 64 terminals, and its connection carries wire.MaxLinkStreams of their viewers.
const (
	// seatsPerCaller bounds the terminals that a person's device has open.
	seatsPerCaller = 16
	// runningPerCaller bounds the terminals that a person has running.
	runningPerCaller = 32
)

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
	_, leave = s.viewing.take(who.Key()+" "+string(name), seatsPerCaller)
	if leave == nil {
		return nil, wire.Errorf(wire.Busy, "You have %d terminals of %s open on this device, the limit. Close one of them.", seatsPerCaller, name)
	}
	return leave, nil
}

// mayStart checks that a person has not their share of a machine's terminals
// running, and holds a place for one until leave is called. It counts what the
// machine says, as what there is outlives the gateway.
func (s *Service) mayStart(ctx context.Context, who tsidentity.Caller, name wire.NodeName, conn *rpc.Conn) (leave func(), err error) {
	full := wire.Errorf(wire.Busy, "You have %d terminals running on %s, the limit for one person. End one of them.", runningPerCaller, name)
	key := cmp.Or(who.Person.ID, who.Key()) + " " + string(name)
	starting, leave := s.starting.take(key, runningPerCaller)
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
	if mine+starting > runningPerCaller {
		leave()
		return nil, full
	}
	return leave, nil
}
