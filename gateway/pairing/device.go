package pairing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// Bounds of the devices that ask, and of guessing what they show.
const (
	maxAsking   = 16
	askingTime  = 10 * time.Minute
	freeGuesses = 5 // wrong codes in a row before a wait, which doubles
	longestWait = 5 * time.Minute
)

var devices = store.NewTable[string, PairedDevice]("pairing.devices") // by device

// counter keeps what belongs to devices that are nobody's, and no machine.
//
// A tagged device without rights asks, and shows what it got as a QR code and in
// letters. Both are secrets for ten minutes and one approval, kept as hashes and in
// memory only. Whoever approves has read them off its screen.
type counter struct {
	mu     sync.RWMutex
	asking map[wire.DeviceID]asking
	paired map[wire.DeviceID]PairedDevice // what the store has
	wrong  map[string]guesses             // by the key of who guessed
}

// asking is a device that waits.
type asking struct {
	AskingDevice
	nonce, code [sha256.Size]byte
}

// guesses are the wrong codes of one caller since the last right one.
type guesses struct {
	n    int
	last time.Time
}

func newCounter() *counter {
	return &counter{
		asking: map[wire.DeviceID]asking{},
		paired: map[wire.DeviceID]PairedDevice{},
		wrong:  map[string]guesses{},
	}
}

func (s *Service) deviceAPI() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("pairing.device.ask", tsidentity.CapSelf, s.askDevice, rpc.Audited()),
		rpc.Call("pairing.device.get", "pairing:write", s.getDevice, rpc.Audited()),
		rpc.Call("pairing.device.approve", "pairing:write", s.approveDevice, rpc.Audited("role", "nodes"), rpc.Sensitive(s.askApproveDevice)),
		rpc.Call("pairing.device.revoke", "pairing:write", s.revokeDevice, rpc.Audited(), rpc.Sensitive(s.askRevokeDevice)),
	}
}

// Given returns the rights that an owner gave a tagged device by pairing, beside
// what the policy file says. A device with other tags than at its approval is
// another one. It is asked for each request.
func (s *Service) Given(d tsidentity.Device) []tsidentity.Value {
	s.counter.mu.RLock()
	defer s.counter.mu.RUnlock()
	p, ok := s.counter.paired[wire.DeviceID(d.ID)]
	if !ok || !slices.Equal(p.Tags, d.Tags) {
		return nil
	}
	v := tsidentity.Value{Role: tsidentity.Role(p.Role), Why: "paired in Homie by " + p.ApprovedBy}
	if len(p.Nodes) > 0 {
		v.Nodes = slices.Clone(p.Nodes)
	}
	return []tsidentity.Value{v}
}

// askDevice is for a tagged device that has no rights: it answers what to show to
// an owner. Asking again makes what was shown before worthless.
func (s *Service) askDevice(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (DeviceSecret, error) {
	if who.Class != tsidentity.ClassTagged {
		return DeviceSecret{}, wire.Errorf(wire.Forbidden, "Only a tagged device, such as a tablet on the wall, can be paired. A person is let in by a grant in the tailnet policy file.")
	}
	id := wire.DeviceID(who.Device.ID)
	secret := newSecret(time.Now().Add(askingTime))
	c := s.counter
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expireLocked(time.Now())
	if _, again := c.asking[id]; !again && len(c.asking) >= maxAsking {
		return DeviceSecret{}, wire.Errorf(wire.Busy, "%d devices wait for an owner already. Ask one to decide about them, or wait ten minutes.", maxAsking).After(time.Minute)
	}
	c.asking[id] = asking{
		AskingDevice: AskingDevice{
			Device: id, Name: who.Device.Name, Tags: append([]string{}, who.Device.Tags...), OS: who.Device.OS,
			Addr: who.Device.Addr, ExpiresAt: secret.ExpiresAt,
		},
		nonce: sha256.Sum256([]byte(secret.Nonce)), code: sha256.Sum256([]byte(plainCode(secret.Code))),
	}
	return secret, nil
}

// codes are letters and digits that nobody takes for another.
var codes = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

func newSecret(until time.Time) DeviceSecret {
	var nonce [32]byte
	var code [5]byte
	rand.Read(nonce[:])
	rand.Read(code[:])
	text := strings.ToUpper(codes.EncodeToString(code[:]))
	return DeviceSecret{
		Nonce: base64.RawURLEncoding.EncodeToString(nonce[:]),
		Code:  text[:4] + "-" + text[4:], ExpiresAt: until.UTC().Truncate(time.Second),
	}
}

// plainCode is a code as people may type it: small, with spaces, O for 0.
func plainCode(s string) string {
	return strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(s))
}

func (c *counter) expireLocked(now time.Time) {
	for id, a := range c.asking {
		if !now.Before(a.ExpiresAt) {
			delete(c.asking, id)
		}
	}
	for key, g := range c.wrong {
		if now.Sub(g.last) > 2*longestWait {
			delete(c.wrong, key)
		}
	}
}

// find returns the device that shows the secret. Who guesses waits longer with
// each wrong one.
func (c *counter) find(who tsidentity.Caller, secret string) (AskingDevice, error) {
	now := time.Now()
	nonce, code := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(plainCode(secret)))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expireLocked(now)
	g := c.wrong[who.Key()]
	if wait := g.wait() - now.Sub(g.last); g.n >= freeGuesses && wait > 0 {
		return AskingDevice{}, wire.Errorf(wire.RateLimited, "That was wrong %d times. Wait %s, then look at the device's screen and try again.", g.n, wait.Round(time.Second)).After(wait)
	}
	var found *asking
	for _, a := range c.asking {
		if subtle.ConstantTimeCompare(a.nonce[:], nonce[:])|subtle.ConstantTimeCompare(a.code[:], code[:]) == 1 {
			found = &a
		}
	}
	if found == nil {
		c.wrong[who.Key()] = guesses{g.n + 1, now}
		return AskingDevice{}, wire.Errorf(wire.NotFound, "No device shows that at the moment. It counts for ten minutes and once: look at the device's screen again.")
	}
	delete(c.wrong, who.Key())
	return found.AskingDevice, nil
}

func (g guesses) wait() time.Duration {
	return min(time.Second<<min(max(g.n-freeGuesses, 0), 16), longestWait)
}

// use ends a secret: it opens nothing a second time.
func (c *counter) use(id wire.DeviceID, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.asking[id]
	if !ok || !a.ExpiresAt.Equal(until) {
		return false
	}
	delete(c.asking, id)
	return true
}

// getDevice tells which device shows a code, to be compared with the one in front
// of the owner, before they approve.
func (s *Service) getDevice(_ context.Context, who tsidentity.Caller, p SecretParams) (AskingDevice, error) {
	return s.counter.find(who, p.Secret)
}

// approveDevice gives a tagged device rights of its own, until they are revoked:
// the role of a kiosk or a guest, on all machines or some. What it shows, the
// device and the rights are one: none can be exchanged.
func (s *Service) approveDevice(ctx context.Context, who tsidentity.Caller, p ApproveDeviceParams) (PairedDevice, error) {
	a, err := s.approvable(who, p)
	if err != nil {
		return PairedDevice{}, err
	}
	if !s.counter.use(a.Device, a.ExpiresAt) {
		return PairedDevice{}, wire.Errorf(wire.Conflict, "Somebody else has decided about this device just now.")
	}
	out := PairedDevice{
		Device: a.Device, Name: a.Name, Tags: a.Tags, OS: a.OS, Role: p.Role, Nodes: append([]string{}, p.Nodes...),
		ApprovedBy: who.Name(), PairedAt: now(),
	}
	if err := s.db.Update(func(tx *store.Tx) error { return devices.Put(tx, string(a.Device), out) }); err != nil {
		return PairedDevice{}, err
	}
	s.counter.mu.Lock()
	s.counter.paired[a.Device] = out
	s.counter.mu.Unlock()
	s.tellAll()
	return out, nil
}

// approvable checks all that an approval binds, and uses nothing up.
func (s *Service) approvable(who tsidentity.Caller, p ApproveDeviceParams) (AskingDevice, error) {
	a, err := s.counter.find(who, p.Secret)
	if err != nil {
		return a, err
	}
	if a.Device != p.Device {
		return a, wire.Errorf(wire.Conflict, "That is shown by another device, %s, than the one you looked at.", a.Name)
	}
	for _, b := range tsidentity.Bundles() {
		if b.Role != tsidentity.Role(p.Role) {
			continue
		}
		for _, capability := range b.Allow {
			if !who.CanOnAll(capability) {
				return a, wire.Errorf(wire.Forbidden, "You can't give a device what you don't have yourself: %q on every machine.", capability).
					Missing(wire.Needs{Capability: capability})
			}
		}
	}
	return a, nil
}

// askApproveDevice puts an approval into words.
func (s *Service) askApproveDevice(_ context.Context, who tsidentity.Caller, p ApproveDeviceParams) (rpc.Question, error) {
	a, err := s.approvable(who, p)
	where := "all machines"
	if len(p.Nodes) > 0 {
		where = strings.Join(p.Nodes, ", ")
	}
	return rpc.Question{Words: fmt.Sprintf("Let the device %s (%s) in as a %s, on %s", a.Name, strings.Join(a.Tags, ", "), p.Role, where)}, err
}

// askRevokeDevice puts it into words.
func (s *Service) askRevokeDevice(_ context.Context, _ tsidentity.Caller, p DeviceParams) (rpc.Question, error) {
	s.counter.mu.RLock()
	defer s.counter.mu.RUnlock()
	d, ok := s.counter.paired[p.Device]
	if !ok {
		return rpc.Question{}, noSuchDevice(p.Device)
	}
	return rpc.Question{Words: "Take the rights of the device " + d.Name + " away"}, nil
}

func noSuchDevice(id wire.DeviceID) error {
	return wire.Errorf(wire.NotFound, "no device with the id %q was given rights here", id)
}

// revokeDevice takes the rights of a device away that it got by pairing. What it
// has open ends within a second or two.
func (s *Service) revokeDevice(_ context.Context, _ tsidentity.Caller, p DeviceParams) (wire.Nothing, error) {
	err := s.db.Update(func(tx *store.Tx) error {
		if _, ok, err := devices.Get(tx, string(p.Device)); err != nil || !ok {
			if err == nil {
				err = noSuchDevice(p.Device)
			}
			return err
		}
		return devices.Delete(tx, string(p.Device))
	})
	if err != nil {
		return wire.Nothing{}, err
	}
	s.counter.mu.Lock()
	delete(s.counter.paired, p.Device)
	s.counter.mu.Unlock()
	s.tellAll()
	return wire.Nothing{}, nil
}

// tellAll tells owners' screens, after a commit.
func (s *Service) tellAll() {
	all, err := s.read()
	if err != nil {
		s.log.Error("reading pairings", "err", err)
		return
	}
	s.changed.Publish(all)
}
