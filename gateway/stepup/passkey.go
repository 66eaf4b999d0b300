package stepup

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// maxPasskeys bounds those of one person.
const maxPasskeys = 16

// keyRow is a passkey as it is kept: the public half.
type keyRow struct {
	Person     principal           `json:"person"`
	Name       string              `json:"name"`
	Device     string              `json:"device"`
	CreatedAt  time.Time           `json:"createdAt"`
	LastUsedAt *time.Time          `json:"lastUsedAt"`
	Credential webauthn.Credential `json:"credential"`
}

// shown is a passkey in the words of the wire.
func (r keyRow) shown() Passkey {
	return Passkey{ID: idOf(r.Credential.ID), Name: r.Name, Device: r.Device, CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt}
}

func idOf(credential []byte) string { return base64.RawURLEncoding.EncodeToString(credential) }

// keysOf returns the passkeys of a person, oldest first.
func keysOf(tx *store.Tx, of principal) []keyRow {
	var out []keyRow
	for _, r := range keyring.All(tx) {
		if r.Person == of {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b keyRow) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return out
}

func shownKeys(tx *store.Tx, of principal) []Passkey {
	out := []Passkey{}
	for _, r := range keysOf(tx, of) {
		out = append(out, r.shown())
	}
	return out
}

// user is a person as the library wants one.
type user struct {
	who  tsidentity.Caller
	of   principal
	keys []webauthn.Credential
}

// WebAuthnID is what the passkey knows its person by, which tells nobody else
// who that is.
func (u user) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("homie " + string(u.of)))
	return sum[:]
}

// WebAuthnName is what a list of passkeys shows.
func (u user) WebAuthnName() string { return u.who.Person.Login }

// WebAuthnDisplayName is what a list of passkeys shows, too.
func (u user) WebAuthnDisplayName() string { return u.who.Name() }

// WebAuthnCredentials are the person's passkeys.
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

func (s *Service) user(who tsidentity.Caller, at place) (user, error) {
	u := user{who: who, of: at.person}
	err := s.db.View(func(tx *store.Tx) error {
		for _, r := range keysOf(tx, at.person) {
			u.keys = append(u.keys, r.Credential)
		}
		return nil
	})
	return u, err
}

// domain is the host name that passkeys belong to, "" if there can be none.
func (s *Service) domain() string {
	u, err := url.Parse(s.home())
	if err != nil || u.Scheme != "https" {
		return ""
	}
	return u.Hostname()
}

// relying is the home as passkeys know it.
func (s *Service) relying() (*webauthn.WebAuthn, error) {
	domain := s.domain()
	if domain == "" {
		return nil, wire.Errorf(wire.Unsupported, "Passkeys need HTTPS, which this home has not. Confirm it on another device of yours.")
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: "Homie", RPOrigins: []string{s.home()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("preparing passkeys for %s: %w", domain, err)
	}
	return w, nil
}

// ceremony is a challenge that waits for the browser's answer.
type ceremony struct {
	session webauthn.SessionData
	expires time.Time
}

// ceremonyOf returns what the browser is told, and what its answer is checked by.
func ceremonyOf(options any, session *webauthn.SessionData, expires time.Time) (Ceremony, *ceremony, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, nil, fmt.Errorf("encoding a challenge: %w", err)
	}
	return Ceremony{Options: raw}, &ceremony{*session, expires}, nil
}

// byCode is what a question is about that a one-time code answers, too. There are
// no params to it.
type byCode struct{}

func (s *Service) askPasskey(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (rpc.Question, error) {
	if _, err := s.relying(); err != nil {
		return rpc.Question{}, err
	}
	return rpc.Question{Words: "Add a passkey for " + who.Name() + " on " + who.Device.Name, About: byCode{}}, nil
}

// preparePasskey begins to add a passkey: it returns what
// navigator.credentials.create takes. What it makes goes to
// stepup.passkey.create.
func (s *Service) preparePasskey(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Ceremony, error) {
	at, err := person(who)
	if err != nil {
		return Ceremony{}, err
	}
	w, err := s.relying()
	if err != nil {
		return Ceremony{}, err
	}
	u, err := s.user(who, at)
	if err != nil {
		return Ceremony{}, err
	}
	if len(u.keys) >= maxPasskeys {
		return Ceremony{}, wire.Errorf(wire.Busy, "You have %d passkeys, the limit. Remove one first.", maxPasskeys)
	}
	options, session, err := w.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.keys).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("making a challenge: %w", err)
	}
	out, c, err := ceremonyOf(options.Response, session, time.Now().Add(lifetime))
	if err != nil {
		return Ceremony{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adding[at] = c
	return out, nil
}

// createPasskey adds the passkey that the browser has made for
// stepup.passkey.prepare.
func (s *Service) createPasskey(_ context.Context, who tsidentity.Caller, p PasskeyParams) (Passkey, error) {
	at, err := person(who)
	if err != nil {
		return Passkey{}, err
	}
	s.mu.Lock()
	c := s.adding[at]
	delete(s.adding, at)
	s.mu.Unlock()
	now := time.Now()
	if c == nil || !now.Before(c.expires) {
		return Passkey{}, wire.Errorf(wire.Conflict, "This took too long, or was begun on another device. Choose 'Add a passkey' again.")
	}
	w, err := s.relying()
	if err != nil {
		return Passkey{}, err
	}
	u, err := s.user(who, at)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(p.Credential)
	if err != nil {
		return Passkey{}, unfit(err)
	}
	made, err := w.CreateCredential(u, c.session, parsed)
	if err != nil {
		return Passkey{}, unfit(err)
	}
	row := keyRow{Person: at.person, Name: p.Name, Device: who.Device.Name, CreatedAt: now.UTC().Truncate(time.Second), Credential: *made}
	if err := s.addKey(row); err != nil {
		return Passkey{}, err
	}
	s.tell(at.person, nil)
	return row.shown(), nil
}

// addKey keeps a passkey, unless there is one of its id: a browser chooses that.
func (s *Service) addKey(row keyRow) error {
	return s.db.Update(func(tx *store.Tx) error {
		id := idOf(row.Credential.ID)
		if _, ok, err := keyring.Get(tx, id); err != nil || ok {
			if ok {
				return wire.Errorf(wire.Conflict, "This passkey is here already.")
			}
			return err
		}
		if len(keysOf(tx, row.Person)) >= maxPasskeys {
			return wire.Errorf(wire.Busy, "You have %d passkeys, the limit. Remove one first.", maxPasskeys)
		}
		return keyring.Put(tx, id, row)
	})
}

// unfit is what a browser's answer is that does not fit the question.
func unfit(err error) *wire.Error {
	return wire.Errorf(wire.Forbidden, "The passkey's answer does not fit what was asked. Try again.").Because(err)
}

// challenge returns what navigator.credentials.get takes to confirm an act by a
// passkey of the caller. What that returns goes to stepup.confirmation.passkey.
func (s *Service) challenge(_ context.Context, who tsidentity.Caller, p ConfirmationParams) (Ceremony, error) {
	at, err := person(who)
	if err != nil {
		return Ceremony{}, err
	}
	asked, err := s.find(at.person, p.ID)
	if err != nil {
		return Ceremony{}, err
	}
	w, err := s.relying()
	if err != nil {
		return Ceremony{}, err
	}
	u, err := s.user(who, at)
	if err != nil {
		return Ceremony{}, err
	}
	if len(u.keys) == 0 {
		return Ceremony{}, wire.Errorf(wire.NotFound, "You have no passkey yet. Confirm it on another device of yours; the page 'Who am I' adds passkeys.")
	}
	options, session, err := w.BeginLogin(u)
	if err != nil {
		return Ceremony{}, fmt.Errorf("making a challenge: %w", err)
	}
	out, c, err := ceremonyOf(options.Response, session, asked.Expires)
	if err != nil {
		return Ceremony{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.waitingLocked(at.person, p.ID)
	if err != nil {
		return Ceremony{}, err
	}
	q.begun[at.device] = c
	return out, nil
}

// answerByPasskey confirms an act by the answer of a passkey to the challenge of
// that act. Any device of the person may do it, the one that asks included.
func (s *Service) answerByPasskey(_ context.Context, who tsidentity.Caller, p PasskeyAnswerParams) (Confirmation, error) {
	at, err := person(who)
	if err != nil {
		return Confirmation{}, err
	}
	s.sweep(time.Now())
	s.mu.Lock()
	q, err := s.waitingLocked(at.person, p.ID)
	var c *ceremony
	if err == nil {
		c = q.begun[at.device]
		delete(q.begun, at.device)
	}
	s.mu.Unlock()
	if err != nil {
		return Confirmation{}, err
	}
	if c == nil {
		return Confirmation{}, wire.Errorf(wire.Conflict, "Ask for a challenge first; each is good for one answer.")
	}
	if err := s.check(who, at, c, p.Credential); err != nil {
		return Confirmation{}, err
	}
	return s.settle(who, p.ID, Confirmed)
}

// check verifies a passkey's answer, and notes that it was used.
func (s *Service) check(who tsidentity.Caller, at place, c *ceremony, credential json.RawMessage) error {
	w, err := s.relying()
	if err != nil {
		return err
	}
	u, err := s.user(who, at)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return unfit(err)
	}
	used, err := w.ValidateLogin(u, c.session, parsed)
	if err != nil {
		return unfit(err)
	}
	if used.Authenticator.CloneWarning {
		return wire.Errorf(wire.Forbidden, "This passkey may have been copied: it counts less uses than Homie has seen. Remove it and add another one.")
	}
	return s.db.Update(func(tx *store.Tx) error {
		row, ok, err := keyring.Get(tx, idOf(used.ID))
		if err != nil {
			return err
		}
		if !ok || row.Person != at.person {
			return unfit(nil)
		}
		now := time.Now().UTC().Truncate(time.Second)
		row.LastUsedAt, row.Credential = &now, *used
		return keyring.Put(tx, idOf(used.ID), row)
	})
}

// updatePasskey gives a passkey of the caller another name.
func (s *Service) updatePasskey(_ context.Context, who tsidentity.Caller, p PasskeyUpdateParams) (Passkey, error) {
	var out Passkey
	err := s.change(who, p.ID, func(tx *store.Tx, row keyRow) error {
		row.Name = p.Name
		out = row.shown()
		return keyring.Put(tx, p.ID, row)
	})
	return out, err
}

// deletePasskey removes a passkey of the caller, which confirms nothing any more.
// The device that holds it still shows it until it is removed there, too.
func (s *Service) deletePasskey(_ context.Context, who tsidentity.Caller, p PasskeyDeleteParams) (Passkey, error) {
	var out Passkey
	err := s.change(who, p.ID, func(tx *store.Tx, row keyRow) error {
		out = row.shown()
		return keyring.Delete(tx, p.ID)
	})
	return out, err
}

func (s *Service) askDelete(_ context.Context, who tsidentity.Caller, p PasskeyDeleteParams) (rpc.Question, error) {
	row, err := s.keyOf(who, p.ID)
	return rpc.Question{Words: fmt.Sprintf("Remove the passkey “%s” of %s", row.Name, who.Name())}, err
}

// keyOf returns a passkey of the caller.
func (s *Service) keyOf(who tsidentity.Caller, id string) (row keyRow, err error) {
	err = s.db.View(func(tx *store.Tx) error {
		row, err = ownKey(tx, who, id)
		return err
	})
	return row, err
}

func ownKey(tx *store.Tx, who tsidentity.Caller, id string) (keyRow, error) {
	row, ok, err := keyring.Get(tx, id)
	if err != nil {
		return keyRow{}, err
	}
	if of := principalOf(who); !ok || of == "" || row.Person != of {
		return keyRow{}, wire.Errorf(wire.NotFound, "You have no such passkey; it may have been removed on another device.")
	}
	return row, nil
}

// change does something to a passkey of the caller.
func (s *Service) change(who tsidentity.Caller, id string, do func(*store.Tx, keyRow) error) error {
	err := s.db.Update(func(tx *store.Tx) error {
		row, err := ownKey(tx, who, id)
		if err != nil {
			return err
		}
		return do(tx, row)
	})
	if err == nil {
		s.tell(principalOf(who), nil)
	}
	return err
}
