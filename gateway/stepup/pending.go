package stepup

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// Bounds of what waits.
const (
	lifetime   = 5 * time.Minute // of a confirmation
	afterNo    = 30 * time.Second
	sweepEvery = 10 * time.Second

	maxPerPlace = 8
	maxInAll    = 1024
)

// pending is a confirmation with what it holds for. It is guarded by Service.mu.
type pending struct {
	Confirmation

	seq    uint64 // in the order of the questions
	at     place
	asker  tsidentity.Caller // as of then, for its name
	digest [sha256.Size]byte // of the act
	each   bool              // it lets through the one act, once
	code   *code
	begun  map[string]*ceremony // device that answers → its challenge
}

// Confirm lets an act pass, or refuses it with what has to be confirmed first.
func (s *Service) Confirm(ctx context.Context, who tsidentity.Caller, act rpc.Act) error {
	if s.rule == Never || who.Class == tsidentity.ClassLocal {
		return nil
	}
	at, now := placeOf(who), time.Now()
	each := true
	if at.person != "" {
		shared, holds, err := s.standing(at, now)
		if err != nil {
			return err
		}
		if holds && !act.EachTime {
			return nil
		}
		each = act.EachTime || shared || s.rule == Always
	}
	q, err := act.Ask(ctx)
	if err != nil || q.Words == "" {
		return err
	}
	if at.person == "" {
		return nobody()
	}
	digest, err := digestOf(act, q)
	if err != nil {
		return err
	}
	return s.ask(who, at, act, q, digest, each, now)
}

// digestOf is what makes two acts the same.
func digestOf(act rpc.Act, q rpc.Question) ([sha256.Size]byte, error) {
	about := q.About
	if about == nil {
		about = act.Params
	}
	text, err := json.Marshal([]any{act.Method, act.Target, q.Words, about})
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding what is asked: %w", err)
	}
	return sha256.Sum256(text), nil
}

// ask uses up the confirmation of the act, if there is one, and else asks for it.
func (s *Service) ask(who tsidentity.Caller, at place, act rpc.Act, q rpc.Question, digest [sha256.Size]byte, each bool, now time.Time) error {
	s.mu.Lock()
	told := s.expireLocked(now)
	p := s.findLocked(at, digest)
	if p != nil && p.State == Confirmed && p.each {
		delete(s.waiting, p.ID)
		s.mu.Unlock()
		s.tellAll(told)
		return nil
	}
	asked := p == nil || p.State != Waiting
	if asked {
		var err error
		if p, err = s.addLocked(who, at, act, q, digest, each, now, &told); err != nil {
			s.mu.Unlock()
			s.tellAll(told)
			return err
		}
	}
	c := p.Confirmation
	s.mu.Unlock()
	if asked {
		told = append(told, c)
	}
	s.tellAll(told)
	return wire.Errorf(wire.ConfirmationRequired, "Please confirm that it is you: %s. Homie asks on your other devices now, and here if you have a passkey.", c.Words).
		ToConfirm(wire.Confirm{ID: c.ID, Words: c.Words})
}

// findLocked returns the confirmation of an act, nil if there is none. What was
// denied or is over counts no more.
func (s *Service) findLocked(at place, digest [sha256.Size]byte) *pending {
	for _, p := range s.waiting {
		if p.at == at && p.digest == digest && (p.State == Waiting || p.State == Confirmed) {
			return p
		}
	}
	return nil
}

// addLocked makes a confirmation. Of those that wait for one device the oldest
// gives way.
func (s *Service) addLocked(who tsidentity.Caller, at place, act rpc.Act, q rpc.Question, digest [sha256.Size]byte, each bool, now time.Time, told *[]Confirmation) (*pending, error) {
	if wait := s.refused[at].Add(afterNo).Sub(now); wait > 0 {
		return nil, wire.Errorf(wire.RateLimited, "This was denied on another device of yours just now. Ask again in %s.", wait.Round(time.Second)).After(wait)
	}
	mine := s.ofLocked(func(p *pending) bool { return p.at == at })
	if len(mine) >= maxPerPlace {
		if mine[0].State == Waiting {
			mine[0].State = Over
			*told = append(*told, mine[0].Confirmation)
		}
		delete(s.waiting, mine[0].ID)
	}
	if len(s.waiting) >= maxInAll {
		return nil, wire.Errorf(wire.Busy, "%d confirmations are waiting already, the limit. Try again in some minutes.", maxInAll).After(lifetime)
	}
	_, code := q.About.(byCode)
	hold := s.rule.hold()
	if each {
		hold = 0
	}
	s.questions++
	p := &pending{
		seq: s.questions,
		Confirmation: Confirmation{
			ID: wire.ConfirmationID(rand.Text()), Words: q.Words, Method: act.Method, On: act.Target,
			Device: wire.DeviceID(who.Device.ID), DeviceOf: who.Device.Name,
			AskedAt: now.UTC().Truncate(time.Millisecond), Expires: now.Add(lifetime).UTC().Truncate(time.Millisecond),
			State: Waiting, HoldMs: hold.Milliseconds(), Code: code, person: at.person,
		},
		at: at, asker: who, digest: digest, each: each, begun: map[string]*ceremony{},
	}
	s.waiting[p.ID] = p
	return p, nil
}

// ofLocked returns the confirmations that want is true of, oldest first.
func (s *Service) ofLocked(want func(*pending) bool) []*pending {
	var out []*pending
	for _, p := range s.waiting {
		if want(p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *pending) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

// expireLocked forgets what is over, and returns what its people have to hear of.
func (s *Service) expireLocked(now time.Time) (told []Confirmation) {
	for id, p := range s.waiting {
		if now.Before(p.Expires) {
			continue
		}
		if p.State == Waiting {
			p.State = Over
			told = append(told, p.Confirmation)
		}
		delete(s.waiting, id)
	}
	for at, since := range s.refused {
		if now.Sub(since) >= afterNo {
			delete(s.refused, at)
		}
	}
	for at, c := range s.adding {
		if !now.Before(c.expires) {
			delete(s.adding, at)
		}
	}
	return told
}

func (s *Service) sweep(now time.Time) {
	s.mu.Lock()
	told := s.expireLocked(now)
	s.mu.Unlock()
	s.tellAll(told)
}

// forget gives up what a place has asked for.
func (s *Service) forget(at place) {
	var told []Confirmation
	s.mu.Lock()
	for id, p := range s.waiting {
		if p.at != at {
			continue
		}
		if p.State == Waiting {
			p.State = Over
			told = append(told, p.Confirmation)
		}
		delete(s.waiting, id)
	}
	delete(s.adding, at)
	s.mu.Unlock()
	s.tellAll(told)
}

func (s *Service) tellAll(cs []Confirmation) {
	for _, c := range cs {
		s.tell(c.person, &c)
	}
}

// seenBy is a confirmation as its person sees it on a device.
func (c Confirmation) seenBy(who tsidentity.Caller) Confirmation {
	c.Here = string(c.Device) == who.Device.ID
	return c
}

// list returns the confirmations of the caller that wait, and those that were
// answered within the last minutes.
func (s *Service) list(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Confirmations, error) {
	s.sweep(time.Now())
	out := Confirmations{Confirmations: []Confirmation{}}
	at := placeOf(who)
	if at.person == "" {
		return out, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.ofLocked(func(p *pending) bool { return p.at.person == at.person }) {
		out.Confirmations = append(out.Confirmations, p.seenBy(who))
	}
	return out, nil
}
