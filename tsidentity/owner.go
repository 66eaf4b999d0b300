package tsidentity

import (
	"fmt"
	"strings"

	"tailscale.com/tailcfg"
)

// OwnerPin keeps who the configured owner of a tagged gateway turned out to be,
// over restarts. A login names a person only once: renamed or given to somebody
// else later, it does not move the ownership.
type OwnerPin interface {
	// Load returns what was stored last, the zero Pinned if nothing was.
	Load() (Pinned, error)
	Store(Pinned) error
}

// Pinned is a login and the person it meant at first sight.
type Pinned struct {
	Login  string
	Person string // UserProfile.ID in decimal
}

// owns returns why the person is the owner of this home without any grant, ""
// if they are not. An untagged gateway belongs to whoever's device it is; a
// tagged one belongs to nobody but the configured owner, if there is one.
func (r *Resolver) owns(user *tailcfg.UserProfile, me self) (why string, err error) {
	if !me.tagged {
		if user.ID == me.owner {
			return "the gateway's device is theirs", nil
		}
		return "", nil
	}
	if r.conf.Owner == "" || r.conf.Pin == nil {
		return "", nil
	}
	pinned, err := r.pin(user)
	if err != nil || pinned.Person != personID(user.ID) {
		return "", err
	}
	return "named as owner when the gateway was set up", nil
}

// pin returns who the configured owner is, deciding it if user is the first to
// bear that login. It holds the lock over the store: two devices of two people
// must not both become the first.
func (r *Resolver) pin(user *tailcfg.UserProfile) (Pinned, error) {
	r.pinMu.Lock()
	defer r.pinMu.Unlock()
	if r.pinned == nil {
		p, err := r.conf.Pin.Load()
		if err != nil {
			return Pinned{}, fmt.Errorf("reading who owns this home: %w", err)
		}
		if p.Login != r.conf.Owner {
			p = Pinned{} // the configuration names somebody else now
		}
		r.pinned = &p
	}
	if r.pinned.Person != "" || !strings.EqualFold(user.LoginName, r.conf.Owner) {
		return *r.pinned, nil
	}
	p := Pinned{Login: r.conf.Owner, Person: personID(user.ID)}
	if err := r.conf.Pin.Store(p); err != nil {
		return Pinned{}, fmt.Errorf("recording who owns this home: %w", err)
	}
	r.pinned = &p
	r.conf.Log.Info("owner recorded", "login", p.Login, "person", p.Person)
	return p, nil
}
