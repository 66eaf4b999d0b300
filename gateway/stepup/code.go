package stepup

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// Bounds of one-time codes.
const (
	codeLifetime = 10 * time.Minute
	maxTries     = 5
	firstWait    = time.Second // after a wrong code; twice that after the next
)

// code is the one-time code of a confirmation: its hash, as nobody needs the
// code itself again. It is guarded by Service.mu.
type code struct {
	hash  [sha256.Size]byte
	wrong int
	next  time.Time // when another try is looked at
}

// createCode makes a one-time code for somebody who adds a passkey and has no
// other device to confirm it on. It is for whoever is at the gateway's host, and
// is shown once.
func (s *Service) createCode(_ context.Context, who tsidentity.Caller, p CodeForParams) (Code, error) {
	if who.Class != tsidentity.ClassLocal {
		return Code{}, wire.Errorf(wire.Forbidden, "A code is made on the machine that Homie's gateway runs on, by 'homie stepup code' under its account, and nowhere else.")
	}
	s.sweep(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.ofLocked(func(q *pending) bool {
		return q.Code && q.State == Waiting && (p.For == "" || q.asker.Person.Login == p.For || q.asker.Name() == p.For || q.DeviceOf == p.For)
	})
	switch {
	case len(found) == 0 && p.For != "":
		return Code{}, wire.Errorf(wire.NotFound, "Nobody called %q adds a passkey at the moment. They open Homie's page 'Who am I' and choose 'Add a passkey'; then run this again.", p.For)
	case len(found) == 0:
		return Code{}, wire.Errorf(wire.NotFound, "Nobody adds a passkey at the moment. Open Homie's page 'Who am I' and choose 'Add a passkey'; then run this again.")
	case len(found) > 1:
		var names []string
		for _, q := range found {
			names = append(names, cmp.Or(q.asker.Person.Login, q.asker.Name())+" on "+q.DeviceOf)
		}
		return Code{}, wire.Errorf(wire.Conflict, "More than one waits: %s. Say which, by login or device.", strings.Join(names, ", "))
	}
	q, text := found[0], newCode()
	q.code = &code{hash: hashOf(q.ID, text)}
	q.Expires = time.Now().Add(codeLifetime).UTC().Truncate(time.Millisecond)
	return Code{Code: text, Person: q.asker.Name(), Device: q.DeviceOf, Words: q.Words, Expires: q.Expires}, nil
}

// answerByCode confirms that the caller adds a passkey, by the code that
// 'homie stepup code' has shown on the gateway's host.
func (s *Service) answerByCode(_ context.Context, who tsidentity.Caller, p CodeParams) (Confirmation, error) {
	at, err := person(who)
	if err != nil {
		return Confirmation{}, err
	}
	if err := s.tryCode(at, p, time.Now()); err != nil {
		return Confirmation{}, err
	}
	return s.settle(who, p.ID, Confirmed)
}

// tryCode compares a code. Wrong ones cost time, and too many the code.
func (s *Service) tryCode(at place, p CodeParams, now time.Time) error {
	s.sweep(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.waitingLocked(at.person, p.ID)
	if err != nil {
		return err
	}
	c := q.code
	if c == nil || q.at != at {
		return wire.Errorf(wire.NotFound, "There is no code for this. Run 'homie stepup code' on the machine that Homie's gateway runs on; it shows one.")
	}
	if wait := c.next.Sub(now); wait > 0 {
		return wire.Errorf(wire.RateLimited, "After a wrong code there is a pause. Try again in %s.", (wait + time.Second - 1).Truncate(time.Second)).After(wait)
	}
	hash := hashOf(p.ID, p.Code)
	if subtle.ConstantTimeCompare(hash[:], c.hash[:]) == 1 {
		q.code = nil // used
		return nil
	}
	if c.wrong++; c.wrong >= maxTries {
		q.code = nil
		return wire.Errorf(wire.Forbidden, "That was %d times a wrong code, so this one does not count any more. Run 'homie stepup code' again for another.", maxTries)
	}
	wait := firstWait << (c.wrong - 1)
	c.next = now.Add(wait)
	return wire.Errorf(wire.Forbidden, "That is not the code. %d tries are left.", maxTries-c.wrong).After(wait)
}

// alphabet has no letter that is read as another, or as a digit.
const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789"

// newCode returns a code of 49 bits: five tries guess it once in 10^14.
func newCode() string {
	var out []byte
	for len(out) < 10 {
		var b [1]byte
		rand.Read(b[:])
		if limit := byte(256 / len(alphabet) * len(alphabet)); b[0] < limit {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return fmt.Sprintf("%s-%s", out[:5], out[5:])
}

// hashOf takes a code as people write it down.
func hashOf(id wire.ConfirmationID, text string) [sha256.Size]byte {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return r
		}
		return -1
	}, strings.ToUpper(text))
	return sha256.Sum256([]byte(string(id) + " " + plain))
}
