package notifications

import (
	"context"
	"slices"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// topics are what can be chosen, with the usual choice.
func topics() []TopicChoice {
	return []TopicChoice{
		{Messages, "Messages", "Somebody, or a program of the house, has something to tell you.", Push},
		{Jobs, "Chores", "A chore is done, or did not work.", Push},
		{Pairing, "New machines", "A machine or a device asks to be let into the house.", Push},
		{Machines, "Machines", "A machine went away, or is back.", Inbox},
	}
}

// usual is the choice of those who made none. Tests are no topic to choose.
func usual(t Topic) (Choice, bool) {
	all := topics()
	if i := slices.IndexFunc(all, func(c TopicChoice) bool { return c.Topic == t }); i >= 0 {
		return all[i].Choice, true
	}
	return Push, false
}

// choice is how somebody wants to hear of a topic.
func (p UpdateParams) choice(t Topic) Choice {
	c, choosable := usual(t)
	if own, ok := p.Topics[t]; ok && choosable {
		return own
	}
	return c
}

// preferences returns what the caller chose, and where they are told.
func (s *Service) preferences(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Preferences, error) {
	own, err := owner(who)
	if err != nil {
		return Preferences{}, err
	}
	if err := s.meet(who, own); err != nil {
		return Preferences{}, err
	}
	return s.preferencesOf(who, own)
}

func (s *Service) preferencesOf(who tsidentity.Caller, own string) (Preferences, error) {
	keys, err := s.vapid()
	if err != nil {
		return Preferences{}, err
	}
	out := Preferences{Topics: topics(), PushKey: keys.Public, Registrations: []Registration{}}
	err = s.db.View(func(tx *store.Tx) error {
		has, _, err := chosen.Get(tx, own)
		if err != nil {
			return err
		}
		out.Quiet = has.Quiet
		for i, t := range out.Topics {
			out.Topics[i].Choice = has.choice(t.Topic)
		}
		from, to := of(own)
		for key, row := range places.Range(tx, from, to) {
			out.Registrations = append(out.Registrations, row.shown(RegistrationID(key[len(from):]), who))
		}
		return nil
	})
	return out, err
}

// update replaces what the caller chose: how they hear of each topic, and when
// it is quiet.
func (s *Service) update(_ context.Context, who tsidentity.Caller, p UpdateParams) (Preferences, error) {
	own, err := owner(who)
	if err != nil {
		return Preferences{}, err
	}
	if err := s.db.Update(func(tx *store.Tx) error { return chosen.Put(tx, own, p) }); err != nil {
		return Preferences{}, err
	}
	s.changed(own)
	return s.preferencesOf(who, own)
}

// changed tells an owner's devices to look again.
func (s *Service) changed(own string) {
	c := Changed{owner: own}
	err := s.db.View(func(tx *store.Tx) error {
		c.Unread = unreadOf(tx, own)
		return nil
	})
	if err != nil {
		s.log.Error("counting notes", "err", err)
		return
	}
	s.topic.Publish(c)
}
