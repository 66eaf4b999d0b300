package stepup

import (
	"context"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// answer confirms what another device of the same person asks for, or denies it.
// The device that asks can deny only, which gives its own question up.
func (s *Service) answer(_ context.Context, who tsidentity.Caller, p AnswerParams) (Confirmation, error) {
	at, err := person(who)
	if err != nil {
		return Confirmation{}, err
	}
	if p.Confirm {
		if err := s.mayConfirm(at, p.ID); err != nil {
			return Confirmation{}, err
		}
		return s.settle(who, p.ID, Confirmed)
	}
	return s.settle(who, p.ID, Denied)
}

// mayConfirm checks that a device may speak for another one.
func (s *Service) mayConfirm(at place, id wire.ConfirmationID) error {
	asked, err := s.find(at.person, id)
	if err != nil {
		return err
	}
	if asked.at.device == at.device {
		return wire.Errorf(wire.Forbidden, "This device asks for it itself. Confirm it on another device of yours, or with a passkey.")
	}
	shared, _, err := s.standing(at, time.Now())
	if err == nil && shared {
		return wire.Errorf(wire.Forbidden, "Others use this device, too, so it confirms nothing. Use a device that only you use, or a passkey.")
	}
	return err
}

// find returns a confirmation of a person that still waits.
func (s *Service) find(of principal, id wire.ConfirmationID) (pending, error) {
	s.sweep(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.waitingLocked(of, id)
	if err != nil {
		return pending{}, err
	}
	return *p, nil
}

// waitingLocked is find, by somebody who holds the lock. Of what is another
// person's, nobody learns that it exists.
func (s *Service) waitingLocked(of principal, id wire.ConfirmationID) (*pending, error) {
	p := s.waiting[id]
	switch {
	case p == nil || p.at.person != of:
		return nil, wire.Errorf(wire.NotFound, "Nothing like that waits to be confirmed; it may have taken too long. Do it again, and Homie asks again.")
	case p.State != Waiting:
		return nil, wire.Errorf(wire.Conflict, "This was %s already.", p.State)
	}
	return p, nil
}

// settle ends the waiting, and has the device that asked hold if it may.
func (s *Service) settle(who tsidentity.Caller, id wire.ConfirmationID, state Standing) (Confirmation, error) {
	now := time.Now()
	s.mu.Lock()
	p, err := s.waitingLocked(principalOf(who), id)
	if err != nil {
		s.mu.Unlock()
		return Confirmation{}, err
	}
	p.State, p.code, p.begun = state, nil, nil
	if state == Denied && p.at.device != who.Device.ID {
		s.refused[p.at] = now
	}
	c, at, each := p.Confirmation, p.at, p.each
	s.mu.Unlock()
	if state == Confirmed && !each {
		if err := s.keep(at, now); err != nil {
			s.undo(id)
			return Confirmation{}, err
		}
	}
	told := []Confirmation{c}
	if state == Confirmed && !each {
		told = append(told, s.release(at)...)
	}
	s.tellAll(told)
	return c.seenBy(who), nil
}

// release ends the waiting of whatever else a device asks for that need not ask
// any more.
func (s *Service) release(at place) (told []Confirmation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.waiting {
		if p.at == at && !p.each && p.State == Waiting {
			p.State, p.code, p.begun = Confirmed, nil, nil
			told = append(told, p.Confirmation)
		}
	}
	return told
}

// undo has a confirmation wait again that could not be kept.
func (s *Service) undo(id wire.ConfirmationID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.waiting[id]; p != nil {
		p.State, p.begun = Waiting, map[string]*ceremony{}
	}
}
