package notifications

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// What is kept. An owner is the class and id of a person, with a colon between; what is keyed by owner and
// id is at "owner/id".
var (
	people    = store.NewTable[string, known]("notifications.people")         // by owner
	notes     = store.NewTable[string, Note]("notifications.notes")           // by owner and id
	places    = store.NewTable[string, placeRow]("notifications.places")      // by owner and id
	chosen    = store.NewTable[string, UpdateParams]("notifications.choices") // by owner
	vapidKeys = store.NewTable[string, vapid]("notifications.keys")           // one row, at vapidKey
)

// Bounds of what is kept.
const (
	maxPeople  = 500
	maxDevices = 20  // of a person
	maxNotes   = 300 // of a person; older ones go
	maxPlaces  = 20  // of a person
)

// known is a person who uses Homie, with the devices that they came from.
type known struct {
	Login   string        `json:"login"`
	Name    string        `json:"name"`
	Devices []knownDevice `json:"devices"` // the latest first
}

type knownDevice struct {
	ID   string    `json:"id"`
	Addr string    `json:"addr"`
	Seen time.Time `json:"seen"` // to the day
}

// placeRow is a registration as it is stored, with its secrets.
type placeRow struct {
	Kind    Kind      `json:"kind"`
	URL     string    `json:"url"`
	P256dh  string    `json:"p256dh"`
	Auth    string    `json:"auth"`
	Token   string    `json:"token"`
	Name    string    `json:"name"`
	Device  string    `json:"device"`
	Addr    string    `json:"addr"` // of the device, on the tailnet
	At      time.Time `json:"at"`
	LastAt  time.Time `json:"lastAt"`
	Problem string    `json:"problem"`
}

// ownerOf names the person that a caller is, "" for none.
func ownerOf(who tsidentity.Caller) string {
	if who.Person.ID == "" || (who.Class != tsidentity.ClassPerson && who.Class != tsidentity.ClassShared) {
		return ""
	}
	return string(who.Class) + ":" + who.Person.ID
}

// owner is ownerOf, for those who have to be somebody.
func owner(who tsidentity.Caller) (string, error) {
	if own := ownerOf(who); own != "" {
		return own, nil
	}
	return "", wire.Errorf(wire.Forbidden, "This device is nobody's, so that it has no inbox. Open Homie on a device of your own.")
}

// of is the range of the keys of an owner.
func of(owner string) (from, to string) { return owner + "/", owner + "0" } // 0 comes after /

// newID returns an id that sorts after those of before, unless the clock was set
// back.
func (s *Service) newID(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = max(s.lastID+1, now.UnixNano())
	return fmt.Sprintf("%016x%s", s.lastID, strings.ToLower(rand.Text()[:6]))
}

// meet remembers a person and their device, at most once a day unless something
// about them changed.
func (s *Service) meet(who tsidentity.Caller, own string) error {
	now := time.Now().UTC().Truncate(24 * time.Hour)
	is := knownDevice{who.Device.ID, who.Device.Addr, now}
	var k known
	err := s.db.View(func(tx *store.Tx) (err error) {
		k, _, err = people.Get(tx, own)
		return err
	})
	if err != nil || (slices.Contains(k.Devices, is) && k.Login == who.Person.Login && k.Name == who.Person.Name) {
		return err
	}
	return s.db.Update(func(tx *store.Tx) error {
		k, ok, err := people.Get(tx, own)
		if err != nil {
			return err
		}
		if n, err := people.Len(tx); err != nil || (!ok && n >= maxPeople) {
			return cmp.Or(err, error(wire.Errorf(wire.Busy, "%d people use this Homie, the limit.", maxPeople)))
		}
		k.Login, k.Name = who.Person.Login, who.Person.Name
		k.Devices = slices.DeleteFunc(k.Devices, func(d knownDevice) bool { return d.ID == is.ID })
		k.Devices = append([]knownDevice{is}, k.Devices...)
		k.Devices = k.Devices[:min(len(k.Devices), maxDevices)]
		return people.Put(tx, own, k)
	})
}

// add puts a note into an inbox, or counts one up that is there unread with the
// same tag, and returns it with how many are unread.
func add(tx *store.Tx, own string, n Note) (Note, int, error) {
	from, to := of(own)
	var keys []string
	unread := 0
	n.Times = 1
	for key, was := range notes.Range(tx, from, to) {
		if n.Tag != "" && was.Tag == n.Tag && !was.Read {
			n.Times += was.Times
			if err := notes.Delete(tx, key); err != nil {
				return n, 0, err
			}
			continue
		}
		keys = append(keys, key)
		if !was.Read {
			unread++
		}
	}
	for len(keys) >= maxNotes {
		was, _, err := notes.Get(tx, keys[0])
		if err != nil {
			return n, 0, err
		}
		if !was.Read {
			unread--
		}
		if err := notes.Delete(tx, keys[0]); err != nil {
			return n, 0, err
		}
		keys = keys[1:]
	}
	return n, unread + 1, notes.Put(tx, own+"/"+string(n.ID), n)
}

// unreadOf counts what was not read.
func unreadOf(tx *store.Tx, own string) (n int) {
	from, to := of(own)
	for _, note := range notes.Range(tx, from, to) {
		if !note.Read {
			n++
		}
	}
	return n
}
