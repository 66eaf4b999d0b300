package notifications

import (
	"context"
	"slices"
	"strings"
	"time"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// send tells people something, from the caller.
func (s *Service) send(ctx context.Context, who tsidentity.Caller, p SendParams) (Sent, error) {
	n := Notice{
		Topic: Messages, Title: p.Title, Body: p.Body, Path: p.Path, Urgency: p.Urgency, Tag: p.Tag,
		From: who.Name(), For: func(tsidentity.Caller) bool { return true },
	}
	if n.Urgency == "" {
		n.Urgency = Normal
	}
	if n.Tag != "" {
		n.Tag = who.Key() + " " + n.Tag // nobody replaces what another said
	}
	to, err := s.receivers(who, p.To)
	if err != nil {
		return Sent{}, err
	}
	told, err := s.spreadAmong(ctx, n, to)
	if err == nil && told == 0 {
		err = wire.Errorf(wire.NotFound, "Nobody was told: those you named may not use Homie now, or do not want to hear of messages.")
	}
	return Sent{People: told}, err
}

// receivers are the owners of the inboxes that are meant.
func (s *Service) receivers(who tsidentity.Caller, to []string) (map[string]known, error) {
	all, err := s.everyone()
	if err != nil {
		return nil, err
	}
	if len(to) == 0 {
		own, err := owner(who)
		if err != nil {
			return nil, wire.Errorf(wire.InvalidParams, `say with "to" who is to be told: logins, or %q`, Everyone)
		}
		if _, ok := all[own]; !ok {
			if err := s.meet(who, own); err != nil {
				return nil, err
			}
			return s.receivers(who, to)
		}
		return map[string]known{own: all[own]}, nil
	}
	if slices.Contains(to, Everyone) {
		return all, nil
	}
	out := map[string]known{}
	for _, name := range to {
		found := false
		for own, k := range all {
			if strings.EqualFold(k.Login, name) || own == string(tsidentity.ClassPerson)+":"+name {
				out[own], found = k, true
			}
		}
		if !found {
			return nil, wire.Errorf(wire.NotFound, "Nobody called %q has opened Homie yet, so that there is no way to tell them.", name)
		}
	}
	return out, nil
}

func (s *Service) everyone() (map[string]known, error) {
	all := map[string]known{}
	err := s.db.View(func(tx *store.Tx) error {
		for own, k := range people.All(tx) {
			all[own] = k
		}
		return nil
	})
	return all, err
}

// spread tells everybody who may hear of a notice, and returns how many did.
func (s *Service) spread(ctx context.Context, n Notice) (int, error) {
	all, err := s.everyone()
	if err != nil {
		return 0, err
	}
	return s.spreadAmong(ctx, n, all)
}

func (s *Service) spreadAmong(ctx context.Context, n Notice, to map[string]known) (told int, err error) {
	for own, k := range to {
		if !s.mayHear(ctx, own, k, n) {
			continue
		}
		ok, err := s.put(own, n)
		if err != nil {
			return told, err
		}
		if ok {
			told++
		}
	}
	return told, nil
}

// mayHear reports whether a person, on one of their devices, may use Homie and
// hear of this now.
func (s *Service) mayHear(ctx context.Context, own string, k known, n Notice) bool {
	return slices.ContainsFunc(k.Devices, func(d knownDevice) bool {
		who, ok := s.at(ctx, own, d.ID, d.Addr)
		return ok && n.For(who)
	})
}

// at returns who is at an address, if that is still this device of this person
// and they may have an inbox.
func (s *Service) at(ctx context.Context, own, device, addr string) (tsidentity.Caller, bool) {
	who, err := s.caller(ctx, addr)
	if err != nil {
		s.log.Debug("asking who is at an address", "err", err)
		return who, false
	}
	return who, who.Device.ID == device && ownerOf(who) == own && who.Can(CapUse)
}

// put tells one person, as they chose: in their inbox, and at their places.
func (s *Service) put(own string, n Notice) (bool, error) {
	now := time.Now().UTC()
	note := Note{
		ID: NoteID(s.newID(now)), At: now, Topic: n.Topic, Title: cut(n.Title, maxTitle), Body: cut(n.Body, maxBody),
		Path: n.Path, Urgency: n.Urgency, From: n.From, Tag: n.Tag,
	}
	var unread int
	var to []push
	var quiet, heard bool
	err := s.db.Update(func(tx *store.Tx) error {
		has, _, err := chosen.Get(tx, own)
		if err != nil {
			return err
		}
		c := has.choice(n.Topic)
		if heard = c != Off; !heard {
			return nil
		}
		if note, unread, err = add(tx, own, note); err != nil {
			return err
		}
		if quiet = has.Quiet.at(now) && n.Urgency != High; c == Push && !quiet {
			to = placesOf(tx, own)
		}
		return nil
	})
	if err != nil || !heard {
		return false, err
	}
	s.topic.Publish(Changed{Note: &note, Unread: unread, owner: own})
	if len(to) > 0 {
		if _, ok := s.rate.Allow(own); !ok && n.Urgency != High {
			s.log.Warn("a person is told too much; this one is in the inbox alone", "person", own, "topic", n.Topic)
			return true, nil
		}
		for _, p := range to {
			p.note, p.unread = note, unread
			s.enqueue(p)
		}
	}
	return true, nil
}

// cut shortens what is longer than an inbox takes.
func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return text
}

// test tells the caller something, in their inbox and at each of their places at
// once, and says what became of it.
func (s *Service) test(ctx context.Context, who tsidentity.Caller, _ wire.Nothing) (TestResult, error) {
	own, err := owner(who)
	if err != nil {
		return TestResult{}, err
	}
	if err := s.meet(who, own); err != nil {
		return TestResult{}, err
	}
	now := time.Now().UTC()
	note := Note{
		ID: NoteID(s.newID(now)), At: now, Topic: Tests, Urgency: High, Tag: "test", Path: "/notifications",
		Title: "This is a test", Body: "If you can read this, Homie can reach you here.",
	}
	var to []push
	var unread int
	err = s.db.Update(func(tx *store.Tx) (err error) {
		if note, unread, err = add(tx, own, note); err == nil {
			to = placesOf(tx, own)
		}
		return err
	})
	if err != nil {
		return TestResult{}, err
	}
	s.topic.Publish(Changed{Note: &note, Unread: unread, owner: own})
	return s.testAll(ctx, to, note, unread), nil
}
