package pairing

import (
	"context"
	"reflect"
	"slices"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
)

// Admit takes a node's registration and says where its pairing stands. The
// machine's name, tags and owner come from who, never from p.
func (s *Service) Admit(ctx context.Context, who tsidentity.Caller, name wire.NodeName, p wirenodes.RegisterParams) (wirenodes.Registered, error) {
	id := wire.DeviceID(who.Device.ID)
	asked := request(who, name, p)
	answer := wirenodes.Registered{State: wirenodes.Pending, Name: name, Approved: []string{}}
	changed, asks := false, false
	var was, is Pairing
	err := s.commit(func(tx *store.Tx) error {
		old, paired, err := pairings.Get(tx, string(id))
		if err != nil {
			return err
		}
		was = old
		if old.Revoked {
			return wire.Errorf(wire.Forbidden, "this machine was removed from the household; an owner can approve it again").
				Missing(wire.Needs{Capability: "pairing:write"})
		}
		if err := checkName(tx, id, name); err != nil {
			return err
		}
		granted := intersect(p.Capabilities, who.AutoApprove())
		if len(granted) > 0 && !contains(old.Capabilities, granted) {
			old = asked.paired(union(old.Capabilities, granted), "a grant in the policy file")
			paired, changed = true, true
		}
		if !paired {
			return s.ask(tx, asked, &asks)
		}
		answer.State, answer.Approved = wirenodes.Paired, intersect(p.Capabilities, old.Capabilities)
		is = asked.refresh(old)
		if err := keep(tx, pairings, id, is); err != nil {
			return err
		}
		if contains(old.Capabilities, p.Capabilities) && old.Account == p.Account {
			return drop(tx, requests, id)
		}
		return s.ask(tx, asked, &asks)
	})
	if err != nil {
		return wirenodes.Registered{}, err
	}
	s.mark(id, true)
	if was.Device != "" && (was.Name != is.Name || !slices.Equal(was.Tags, is.Tags)) {
		s.left(was.node())
	}
	if changed || asks {
		s.publish(ctx, id)
	}
	if asks {
		s.asked(asked)
	}
	return answer, nil
}

// refresh is a pairing with what its machine says of itself today. What an
// owner approved stays: another account asks again.
func (r Request) refresh(old Pairing) Pairing {
	p := r.paired(old.Capabilities, old.ApprovedBy)
	p.PairedAt, p.Account = old.PairedAt, old.Account
	return p
}

// keep puts v unless it is there already: a machine that comes back as it was
// gets in while the disk is full.
func keep[V any](tx *store.Tx, in store.Table[string, V], id wire.DeviceID, v V) error {
	old, ok, err := in.Get(tx, string(id))
	if err != nil || (ok && reflect.DeepEqual(old, v)) {
		return err
	}
	return in.Put(tx, string(id), v)
}

// drop deletes what is there; see keep.
func drop[V any](tx *store.Tx, in store.Table[string, V], id wire.DeviceID) error {
	_, ok, err := in.Get(tx, string(id))
	if err != nil || !ok {
		return err
	}
	return in.Delete(tx, string(id))
}

// checkName refuses a second machine of one name. The tailnet keeps names apart,
// but "den" and "homie-den" are one to people and to grants, and a machine that
// was away may not know yet that its name was given to another.
func checkName(tx *store.Tx, id wire.DeviceID, name wire.NodeName) error {
	for other, p := range pairings.All(tx) {
		if p.Name == name && other != string(id) && !p.Revoked {
			return wire.Errorf(wire.Conflict, "another machine of this household is called %q already; rename this device in the tailnet, or let an owner forget the other one", name)
		}
	}
	return nil
}

// ask stores a request, keeping the time of an earlier one; isNew says that there
// was none.
func (s *Service) ask(tx *store.Tx, r Request, isNew *bool) error {
	old, ok, err := requests.Get(tx, string(r.Device))
	if err != nil {
		return err
	}
	if ok {
		r.RequestedAt = old.RequestedAt
	} else {
		n, err := requests.Len(tx)
		if err != nil {
			return err
		}
		if n >= maxRequests {
			return wire.Errorf(wire.Busy, "%d machines wait for an owner already; ask one to decide about them first", n)
		}
		*isNew = true
	}
	return keep(tx, requests, r.Device, r)
}

// approve lets a waiting machine in, or widens what a paired one may offer.
func (s *Service) approve(ctx context.Context, who tsidentity.Caller, p ApproveParams) (Pairing, error) {
	var out Pairing
	err := s.commit(func(tx *store.Tx) error {
		r, ok, err := requests.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		if !ok {
			return s.restore(tx, p, who.Name(), &out)
		}
		if err := checkName(tx, r.Device, r.Name); err != nil {
			return err
		}
		granted := r.Capabilities
		if p.Capabilities != nil {
			granted = intersect(r.Capabilities, p.Capabilities)
		}
		out = r.paired(granted, who.Name())
		if err := pairings.Put(tx, string(p.Device), out); err != nil {
			return err
		}
		return requests.Delete(tx, string(p.Device))
	})
	if err != nil {
		return Pairing{}, err
	}
	s.publish(ctx, p.Device)
	return out, nil
}

// restore takes back a revocation.
func (s *Service) restore(tx *store.Tx, p ApproveParams, by string, out *Pairing) error {
	old, ok, err := pairings.Get(tx, string(p.Device))
	if err != nil {
		return err
	}
	if !ok || !old.Revoked {
		return wire.Errorf(wire.NotFound, "no machine with the id %q is waiting", p.Device)
	}
	if err := checkName(tx, old.Device, old.Name); err != nil {
		return err
	}
	old.Revoked, old.ApprovedBy, old.PairedAt = false, by, now()
	*out = old
	return pairings.Put(tx, string(p.Device), old)
}

// reject refuses a waiting machine. One that is paired keeps what was approved
// before; a new one stays out until an owner approves it after all.
func (s *Service) reject(ctx context.Context, who tsidentity.Caller, p DeviceParams) (wire.Nothing, error) {
	err := s.commit(func(tx *store.Tx) error {
		r, ok, err := requests.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		if !ok {
			return wire.Errorf(wire.NotFound, "no machine with the id %q is waiting", p.Device)
		}
		if err := requests.Delete(tx, string(p.Device)); err != nil {
			return err
		}
		if _, paired, err := pairings.Get(tx, string(p.Device)); err != nil || paired {
			return err
		}
		out := r.paired(r.Capabilities, who.Name())
		out.Revoked = true
		return pairings.Put(tx, string(p.Device), out)
	})
	if err != nil {
		return wire.Nothing{}, err
	}
	s.publish(ctx, p.Device)
	return wire.Nothing{}, nil
}

// forget removes every trace of a machine: the device is no node any more, has
// its owner's rights again, and may ask anew.
func (s *Service) forget(ctx context.Context, _ tsidentity.Caller, p DeviceParams) (wire.Nothing, error) {
	var was Pairing
	err := s.commit(func(tx *store.Tx) error {
		_, waiting, err := requests.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		old, known, err := pairings.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		was = old
		if !waiting && !known {
			return wire.Errorf(wire.NotFound, "no machine has the id %q", p.Device)
		}
		if err := requests.Delete(tx, string(p.Device)); err != nil {
			return err
		}
		return pairings.Delete(tx, string(p.Device))
	})
	if err != nil {
		return wire.Nothing{}, err
	}
	s.mark(p.Device, false)
	if was.Device != "" && !was.Revoked {
		s.left(was.node())
	}
	s.publish(ctx, p.Device)
	return wire.Nothing{}, nil
}

// revoke removes a machine from the household: it is cut off at once and stays
// out until an owner approves it again.
func (s *Service) revoke(ctx context.Context, _ tsidentity.Caller, p DeviceParams) (wire.Nothing, error) {
	var was Pairing
	err := s.commit(func(tx *store.Tx) error {
		old, ok, err := pairings.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		was = old
		if !ok || old.Revoked {
			return wire.Errorf(wire.NotFound, "no paired machine has the id %q", p.Device)
		}
		old.Revoked = true
		if err := requests.Delete(tx, string(p.Device)); err != nil {
			return err
		}
		return pairings.Put(tx, string(p.Device), old)
	})
	if err != nil {
		return wire.Nothing{}, err
	}
	s.left(was.node())
	s.publish(ctx, p.Device)
	return wire.Nothing{}, nil
}

func request(who tsidentity.Caller, name wire.NodeName, p wirenodes.RegisterParams) Request {
	return Request{
		Device: wire.DeviceID(who.Device.ID), Name: name, Tags: append([]string{}, who.Device.Tags...),
		Owner: who.Person.Login, OS: p.OS, Arch: p.Arch, Version: p.Version,
		Account: p.Account, Root: p.Root, WithGateway: p.WithGateway,
		Capabilities: sorted(p.Capabilities), RequestedAt: now(),
	}
}

func (r Request) paired(capabilities []string, by string) Pairing {
	return Pairing{
		Device: r.Device, Name: r.Name, Tags: r.Tags, Owner: r.Owner,
		OS: r.OS, Arch: r.Arch, Version: r.Version,
		Account: r.Account, Root: r.Root, WithGateway: r.WithGateway,
		Capabilities: sorted(capabilities), ApprovedBy: by, PairedAt: now(),
	}
}

func sorted(in []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(in)))
}

func intersect(a, b []string) []string {
	out := []string{}
	for _, s := range sorted(a) {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

func union(a, b []string) []string { return sorted(append(slices.Clone(a), b...)) }

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
