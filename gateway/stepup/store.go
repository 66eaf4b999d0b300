package stepup

import (
	"context"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// What is kept, and how it is keyed.
var (
	held    = store.NewTable[string, hold]("stepup.held")      // place → when it confirmed
	shared  = store.NewTable[string, mark]("stepup.shared")    // device → that it is shared
	keyring = store.NewTable[string, keyRow]("stepup.passkey") // id of the credential → whose it is
)

// hold is that a person confirmed something on, or for, a device.
type hold struct {
	At time.Time `json:"at"`
}

// holds reports whether it still counts. One from the future does not: the
// clock was set back, by who knows how much.
func (h hold) holds(now time.Time, r Rule) bool {
	return !h.At.After(now) && now.Sub(h.At) < r.hold()
}

// mark is who said that a device is shared.
type mark struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

func isShared(tx *store.Tx, device string) (bool, error) {
	_, ok, err := shared.Get(tx, device)
	return ok, err
}

// standing is what the store says of a place.
func (s *Service) standing(at place, now time.Time) (shared, holds bool, err error) {
	err = s.db.View(func(tx *store.Tx) error {
		if shared, err = isShared(tx, at.device); err != nil {
			return err
		}
		h, ok, err := held.Get(tx, at.key())
		holds = ok && !shared && h.holds(now, s.rule)
		return err
	})
	return shared, holds, err
}

// keep notes that a place need not ask for a while, and forgets those that have
// to ask again anyway.
func (s *Service) keep(at place, now time.Time) error {
	return s.db.Update(func(tx *store.Tx) error {
		for k, h := range held.All(tx) {
			if !h.holds(now, s.rule) {
				if err := held.Delete(tx, k); err != nil {
					return err
				}
			}
		}
		return held.Put(tx, at.key(), hold{now.UTC()})
	})
}

// end has this device ask again from now on, before each sensitive act until one
// is confirmed. Terminals that are open stay open.
func (s *Service) end(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
	at, err := person(who)
	if err != nil {
		return wire.Nothing{}, err
	}
	if err := s.db.Update(func(tx *store.Tx) error { return held.Delete(tx, at.key()) }); err != nil {
		return wire.Nothing{}, err
	}
	s.forget(at)
	s.ended(who)
	s.tell(at.person, nil)
	return wire.Nothing{}, nil
}

// updateDevice says whether others use this device, too. A shared device asks
// before each sensitive act, and confirms nothing for another. That it is shared
// can be said at once; that it is not has to be confirmed.
func (s *Service) updateDevice(_ context.Context, who tsidentity.Caller, p ThisDeviceParams) (wire.Nothing, error) {
	at, err := person(who)
	if err != nil {
		return wire.Nothing{}, err
	}
	err = s.db.Update(func(tx *store.Tx) error {
		if !p.Shared {
			return shared.Delete(tx, at.device)
		}
		if err := held.Delete(tx, at.key()); err != nil {
			return err
		}
		return shared.Put(tx, at.device, mark{who.Name(), time.Now().UTC()})
	})
	if err != nil {
		return wire.Nothing{}, err
	}
	s.forget(at) // what waits was asked by the other rule
	if p.Shared {
		s.ended(who)
	}
	s.tell(at.person, nil)
	return wire.Nothing{}, nil
}

func (s *Service) askUnshare(_ context.Context, who tsidentity.Caller, p ThisDeviceParams) (rpc.Question, error) {
	if p.Shared {
		return rpc.Question{}, nil
	}
	return rpc.Question{Words: "Trust " + who.Device.Name + " as a device that only you use"}, nil
}
