// Package stepup has sensitive acts confirmed by the person who does them.
//
// Who calls is known from the device, and a device can lie open on a table. So a
// method that rpc.Sensitive marks is let through only if that person, on that
// device, confirmed something a while ago; else the call is refused with the id
// of a confirmation that waits for an answer:
//
//	call ── refused ──> waiting ── passkey, here or elsewhere ──> confirmed ── the same call ──> done
//	                       │ ────── another device of the person ──^   │
//	                       └──────> denied, over (5 minutes)           └─> the device need not ask for the time
//	                                                                       that Rule says
//
// A confirmation is for one act: the method, what it acts on, the params, and
// the words that were shown. Where each act is asked for by itself (Always, and
// on a shared device) it lets that one through, once. A challenge for a passkey
// belongs to one confirmation, and is used up by one answer, right or wrong.
//
// The owner of Homie's state (the local socket) is not asked; a device that
// belongs to nobody can't be, and is refused. Confirmations live in memory and
// are gone with the process; that a device need not ask, which devices are
// shared, and the public keys of passkeys are in the store.
package stepup

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// Service asks for confirmations.
type Service struct {
	db      *store.Store
	rule    Rule
	home    func() string
	log     *slog.Logger
	changed *rpc.Topic[Changed]
	ended   func(tsidentity.Caller)

	mu        sync.Mutex
	waiting   map[wire.ConfirmationID]*pending // answered ones too, until they expire
	questions uint64                           // that were ever asked
	refused   map[place]time.Time              // when an act of a device was denied elsewhere
	adding    map[place]*ceremony              // passkeys that are being made
}

// New returns the service. home is the address that people open: passkeys belong
// to its host name, and there are none without HTTPS.
func New(db *store.Store, rule Rule, home func() string, log *slog.Logger) *Service {
	if rule == 0 {
		rule = DefaultRule
	}
	s := &Service{
		db: db, rule: rule, home: home, log: log,
		ended:   func(tsidentity.Caller) {},
		waiting: map[wire.ConfirmationID]*pending{},
		refused: map[place]time.Time{},
		adding:  map[place]*ceremony{},
	}
	s.changed = rpc.Event[Changed]("stepup.changed", tsidentity.CapUse).View(view)
	return s
}

// OnEnd sets what is told of a device that has to ask again.
func (s *Service) OnEnd(f func(tsidentity.Caller)) { s.ended = f }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	const use = tsidentity.CapUse
	return []rpc.Entry{
		rpc.Call("stepup.get", use, s.get),
		rpc.Call("stepup.end", use, s.end, rpc.Audited()),
		rpc.Call("stepup.device.update", use, s.updateDevice, rpc.Audited(), rpc.Sensitive(s.askUnshare), rpc.EachTime()),
		rpc.Call("stepup.confirmation.list", use, s.list),
		rpc.Call("stepup.confirmation.answer", use, s.answer, rpc.Audited()),
		rpc.Call("stepup.confirmation.challenge", use, s.challenge),
		rpc.Call("stepup.confirmation.passkey", use, s.answerByPasskey, rpc.Audited()),
		rpc.Call("stepup.confirmation.code", use, s.answerByCode, rpc.Audited()),
		rpc.Call("stepup.passkey.prepare", use, s.preparePasskey, rpc.Audited(), rpc.Sensitive(s.askPasskey), rpc.EachTime()),
		rpc.Call("stepup.passkey.create", use, s.createPasskey, rpc.Audited()),
		rpc.Call("stepup.passkey.update", use, s.updatePasskey, rpc.Audited()),
		rpc.Call("stepup.passkey.delete", use, s.deletePasskey, rpc.Audited(), rpc.Sensitive(s.askDelete)),
		rpc.Call("stepup.code.create", "stepup:code", s.createCode, rpc.Audited()),
		s.changed,
	}
}

// Run forgets what is over, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.sweep(time.Now())
		}
	}
}

// place is a person on a device: what a confirmation holds for.
type place struct {
	person principal
	device string
}

// principal names a person, see principalOf; "" is nobody.
type principal string

// principalOf is the person that a caller is. The id counts, not the login:
// another person who got it later has nothing.
func principalOf(who tsidentity.Caller) principal {
	switch who.Class {
	case tsidentity.ClassPerson, tsidentity.ClassShared:
		if who.Person.ID != "" && who.Device.ID != "" {
			return principal(string(who.Class) + ":" + who.Person.ID)
		}
	case tsidentity.ClassTagged, tsidentity.ClassNode, tsidentity.ClassGateway, tsidentity.ClassSelf, tsidentity.ClassLocal, tsidentity.ClassUnknown:
	}
	return ""
}

func placeOf(who tsidentity.Caller) place { return place{principalOf(who), who.Device.ID} }

// key is the place in the store.
func (p place) key() string { return string(p.person) + "/" + p.device }

// person is the caller as a person, or the refusal of what is none.
func person(who tsidentity.Caller) (place, error) {
	at := placeOf(who)
	if at.person == "" {
		return at, nobody()
	}
	return at, nil
}

func nobody() *wire.Error {
	return wire.Errorf(wire.Forbidden, "This device belongs to no person, so nobody can confirm anything on it. Use a device of your own.")
}

// view lets people see what is theirs.
func view(who tsidentity.Caller, c Changed) (Changed, bool) {
	if c.person == "" || principalOf(who) != c.person {
		return Changed{}, false
	}
	if c.Confirmation != nil {
		seen := c.Confirmation.seenBy(who)
		c.Confirmation = &seen
	}
	return c, true
}

// get says how confirmations stand for the caller on this device: the home's
// rule, until when it need not ask, and the person's passkeys.
func (s *Service) get(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Status, error) {
	out := Status{Rule: s.rule.String(), HoldMs: s.rule.hold().Milliseconds(), Domain: s.domain(), Passkeys: []Passkey{}}
	at := placeOf(who)
	if at.person == "" {
		return out, nil
	}
	out.Personal = true
	err := s.db.View(func(tx *store.Tx) (err error) {
		if out.Shared, err = isShared(tx, at.device); err != nil {
			return err
		}
		h, ok, err := held.Get(tx, at.key())
		if err != nil {
			return err
		}
		if until := h.At.Add(s.rule.hold()); ok && !out.Shared && h.holds(time.Now(), s.rule) {
			out.Until = &until
		}
		out.Passkeys = shownKeys(tx, at.person)
		return nil
	})
	return out, err
}

// tell publishes a change to the person whose it is.
func (s *Service) tell(of principal, c *Confirmation) {
	s.changed.Publish(Changed{Confirmation: c, person: of})
}
