package notifications

import (
	"context"

	"homie/store"
	"homie/tsidentity"
)

// list returns what the caller was told, the latest first. It also makes the
// caller known, so that they can be told things.
func (s *Service) list(_ context.Context, who tsidentity.Caller, p ListParams) (List, error) {
	own, err := owner(who)
	if err != nil {
		return List{}, err
	}
	if err := s.meet(who, own); err != nil {
		return List{}, err
	}
	if p.Limit == 0 {
		p.Limit = usualPage
	}
	out := List{Notes: []Note{}}
	err = s.db.View(func(tx *store.Tx) error {
		from, to := of(own)
		if p.Before != "" {
			to = own + "/" + string(p.Before)
		}
		var all []Note
		for _, n := range notes.Range(tx, from, to) {
			all = append(all, n)
		}
		for i := len(all) - 1; i >= 0 && len(out.Notes) < p.Limit; i-- {
			out.Notes = append(out.Notes, all[i])
		}
		out.More = len(all) > len(out.Notes)
		out.Unread = unreadOf(tx, own)
		return nil
	})
	return out, err
}

// read marks notes as read, on all devices of the caller.
func (s *Service) read(_ context.Context, who tsidentity.Caller, p ReadParams) (Unread, error) {
	own, err := owner(who)
	if err != nil {
		return Unread{}, err
	}
	var out Unread
	err = s.db.Update(func(tx *store.Tx) error {
		keys := make([]string, 0, len(p.IDs))
		for _, id := range p.IDs {
			keys = append(keys, own+"/"+string(id))
		}
		if p.All {
			from, to := of(own)
			for key := range notes.Range(tx, from, to) {
				keys = append(keys, key)
			}
		}
		for _, key := range keys {
			if err := markRead(tx, key); err != nil {
				return err
			}
		}
		out.Unread = unreadOf(tx, own)
		return nil
	})
	if err == nil {
		s.topic.Publish(Changed{Unread: out.Unread, owner: own})
	}
	return out, err
}

// markRead leaves alone what is not there any more: it was read by being gone.
func markRead(tx *store.Tx, key string) error {
	n, ok, err := notes.Get(tx, key)
	if err != nil || !ok || n.Read {
		return err
	}
	n.Read = true
	return notes.Put(tx, key, n)
}
