package terminal

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strings"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// CapShare is the right to make things that all see who may open terminals:
// shared profiles and quick commands. They are what others run, so that no
// terminal:* gives it; owners hold it, and others by "allow": ["sharing:write"].
const CapShare = "sharing:write"

// Bounds of a shelf.
const (
	keptPerPerson = 100
	keptShared    = 100
)

// about is what every thing on a shelf has: whose it is, "" if it is shared, and
// whether it is, or was taken away.
type about struct {
	owner           *string
	shared, removed *bool
}

// thing is what is kept on a shelf, by its pointer.
type thing[T any] interface {
	*T
	id() string
	setID(string)
	about() about
	order() string // by which lists are sorted
}

// shelf keeps the things of one kind, of each person and those that are shared.
//
// A thing is stored under its owner and its id. It belongs to the person, not
// to the device; tagged devices and programs on the gateway's host have none of
// their own.
type shelf[T any, P thing[T]] struct {
	db      *store.Store
	table   store.Table[string, T]
	changed *rpc.Topic[T]
	what    string // "profile"
}

func newShelf[T any, P thing[T]](db *store.Store, table store.Table[string, T], changed *rpc.Topic[T], what string) *shelf[T, P] {
	s := &shelf[T, P]{db: db, table: table, what: what}
	s.changed = changed.View(s.view)
	return s
}

// ownerOf names the person that a caller is, "" for none.
func ownerOf(who tsidentity.Caller) string {
	if who.Person.ID == "" {
		return ""
	}
	return string(who.Class) + ":" + who.Person.ID
}

// view lets a caller see what is shared, and their own.
func (s *shelf[T, P]) view(who tsidentity.Caller, v T) (T, bool) {
	owner := *P(&v).about().owner
	return v, owner == "" || owner == ownerOf(who)
}

// list returns what who sees, by name.
func (s *shelf[T, P]) list(who tsidentity.Caller) ([]T, error) {
	all := []T{}
	err := s.db.View(func(tx *store.Tx) error {
		for _, owner := range owners(who) {
			all = append(all, s.of(tx, owner)...)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b T) int {
		return cmp.Compare(strings.ToLower(P(&a).order()), strings.ToLower(P(&b).order()))
	})
	return all, err
}

// owners are those whose things who sees.
func owners(who tsidentity.Caller) []string {
	if own := ownerOf(who); own != "" {
		return []string{own, ""}
	}
	return []string{""}
}

// of returns the things of one owner.
func (s *shelf[T, P]) of(tx *store.Tx, owner string) (all []T) {
	for _, v := range s.table.Range(tx, owner+"/", owner+"0") { // 0 comes after /
		*P(&v).about().owner = owner
		all = append(all, v)
	}
	return all
}

// create adds v for who.
func (s *shelf[T, P]) create(who tsidentity.Caller, v T) (T, error) {
	*P(&v).about().removed = false
	P(&v).setID(strings.ToLower(rand.Text()[:12]))
	if err := s.settle(who, P(&v).about()); err != nil {
		return v, err
	}
	err := s.db.Update(func(tx *store.Tx) error { return s.put(tx, v) })
	if err == nil {
		s.changed.Publish(v)
	}
	return v, err
}

// update replaces the thing that has v's id.
func (s *shelf[T, P]) update(who tsidentity.Caller, v T) (T, error) {
	*P(&v).about().removed = false
	if err := s.settle(who, P(&v).about()); err != nil {
		return v, err
	}
	var was T
	err := s.db.Update(func(tx *store.Tx) (err error) {
		if was, err = s.find(tx, who, P(&v).id()); err != nil {
			return err
		}
		if *P(&was).about().owner != *P(&v).about().owner {
			if err := s.table.Delete(tx, s.key(was)); err != nil {
				return err
			}
		}
		return s.put(tx, v)
	})
	if err != nil {
		return v, err
	}
	if *P(&was).about().owner != *P(&v).about().owner { // for those who do not see it any more
		*P(&was).about().removed = true
		s.changed.Publish(was)
	}
	s.changed.Publish(v)
	return v, nil
}

// remove takes a thing away.
func (s *shelf[T, P]) remove(who tsidentity.Caller, id string) error {
	var was T
	err := s.db.Update(func(tx *store.Tx) (err error) {
		if was, err = s.find(tx, who, id); err != nil {
			return err
		}
		return s.table.Delete(tx, s.key(was))
	})
	if err == nil {
		*P(&was).about().removed = true
		s.changed.Publish(was)
	}
	return err
}

// settle says whose a thing is that who makes, if they may.
func (s *shelf[T, P]) settle(who tsidentity.Caller, its about) error {
	if *its.shared {
		*its.owner = ""
		return s.mayShare(who)
	}
	if *its.owner = ownerOf(who); *its.owner == "" {
		return wire.Errorf(wire.Forbidden, "This device is nobody's, so that it can't have a %s of its own. Share it with everybody instead.", s.what)
	}
	return nil
}

func (s *shelf[T, P]) mayShare(who tsidentity.Caller) error {
	if who.Can(CapShare) {
		return nil
	}
	return wire.Errorf(wire.Forbidden, "A shared %s is what others run, so that not everybody may change it. Keep one of your own, or ask the person who runs this home; they can allow it by granting %q.", s.what, CapShare).
		Missing(wire.Needs{Capability: CapShare})
}

// find returns a thing that who may change.
func (s *shelf[T, P]) find(tx *store.Tx, who tsidentity.Caller, id string) (v T, err error) {
	for _, owner := range owners(who) {
		v, ok, err := s.table.Get(tx, owner+"/"+id)
		if err != nil || !ok {
			if err != nil {
				return v, err
			}
			continue
		}
		*P(&v).about().owner = owner
		if owner == "" {
			return v, s.mayShare(who)
		}
		return v, nil
	}
	return v, wire.Errorf(wire.NotFound, "there is no such %s; it may have been deleted meanwhile", s.what)
}

// put stores v, if it is there already or there is room.
func (s *shelf[T, P]) put(tx *store.Tx, v T) error {
	owner := *P(&v).about().owner
	_, there, err := s.table.Get(tx, s.key(v))
	if err != nil {
		return err
	}
	most := keptPerPerson
	if owner == "" {
		most = keptShared
	}
	if !there && len(s.of(tx, owner)) >= most {
		return wire.Errorf(wire.Busy, "There are %d already, the limit. Delete a %s first.", most, s.what)
	}
	return s.table.Put(tx, s.key(v), v)
}

func (s *shelf[T, P]) key(v T) string { return *P(&v).about().owner + "/" + P(&v).id() }
