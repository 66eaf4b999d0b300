package tailbox

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// Person is a user, of this tailnet or of one that shares devices into it.
type Person struct {
	Login string // "olivia@example.com"
	Name  string // "Olivia"; what people are called
	// ID is given by the tailnet if it is zero.
	ID tailcfg.UserID
}

// Device is the listing of a device that may join.
type Device struct {
	Hostname string
	// Login is the person whose device it is; "" for a tagged device.
	Login string
	Tags  []string // "tag:homie"
	// Shared is the MagicDNS suffix of another tailnet, from which this device
	// is shared in; "" for a device of this tailnet.
	Shared string
	// Anonymous makes WhoIs fail for this device: its user has no profile.
	Anonymous bool
}

const (
	// taggedUser is the one user that all tagged devices have in common.
	taggedUser      = tailcfg.UserID(1)
	taggedUserLogin = "tagged-devices"
	firstUser       = tailcfg.UserID(1001)
	// maxDevices is how many addresses the box can give.
	maxDevices = 1 << 16
)

// device is a listed device and, once it joined, what control knows of it.
type device struct {
	Device
	number   int // gives its addresses; the first is 1
	approved bool
	expiry   time.Time // of its node key; zero means never

	joined    bool
	machine   key.MachinePublic
	node      key.NodePublic
	disco     key.DiscoPublic
	endpoints []netip.AddrPort
	hostinfo  tailcfg.HostinfoView
	version   tailcfg.CapabilityVersion
	homeRelay int
	phase     phase
	since     time.Time // start of the phase
	epoch     uint64    // counts its starts
	streams   int       // open map streams; online if there is one
	lastSeen  time.Time
}

// addresses are 100.64.x.y and its IPv6 twin.
func (d *device) addresses() []netip.Prefix {
	v4 := netip.AddrFrom4([4]byte{100, 64, byte(d.number >> 8), byte(d.number)})
	v6 := tsaddr.Tailscale4To6(v4)
	return []netip.Prefix{netip.PrefixFrom(v4, v4.BitLen()), netip.PrefixFrom(v6, v6.BitLen())}
}

// id is a number that the device keeps as long as it keeps its machine key.
func (d *device) id() tailcfg.NodeID {
	sum := d.digest()
	return tailcfg.NodeID(binary.BigEndian.Uint64(sum[:]) >> 12) // exact in a float64
}

func (d *device) stableID() tailcfg.StableNodeID {
	sum := d.digest()
	return tailcfg.StableNodeID("n" + base32.StdEncoding.EncodeToString(sum[8:18]) + "CNTRL")
}

func (d *device) digest() [sha256.Size]byte {
	return sha256.Sum256([]byte(d.Hostname + " " + d.machine.String()))
}

// expired reports whether the device must log in again.
func (d *device) expired() bool { return !d.expiry.IsZero() && d.expiry.Before(time.Now()) }

// AddPerson adds a person while the tailnet runs. The login may be one that
// somebody else had before a Rename.
func (t *Tailnet) AddPerson(p Person) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addPersonLocked(p)
}

func (t *Tailnet) addPersonLocked(p Person) error {
	if isSpecial(p.Login) || !strings.Contains(p.Login, "@") {
		return fmt.Errorf("person %q: a login looks like olivia@example.com", p.Login)
	}
	if t.personLocked(p.Login) != nil {
		return fmt.Errorf("person %q is listed twice", p.Login)
	}
	if p.ID == 0 {
		p.ID = firstUser + tailcfg.UserID(len(t.people))
	}
	t.people = append(t.people, &p)
	return nil
}

func (t *Tailnet) personLocked(login string) *Person {
	if i := slices.IndexFunc(t.people, func(p *Person) bool { return p.Login == login }); i >= 0 {
		return t.people[i]
	}
	return nil
}

// AddDevice lists another device while the tailnet runs.
func (t *Tailnet) AddDevice(d Device) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addDeviceLocked(d)
}

func (t *Tailnet) addDeviceLocked(d Device) error {
	switch {
	case d.Hostname == "" || strings.Trim(d.Hostname, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("device %q: a hostname is made of a-z, 0-9 and -", d.Hostname)
	case t.devices[d.Hostname] != nil:
		return fmt.Errorf("device %q is listed twice", d.Hostname)
	case (d.Login == "") == (len(d.Tags) == 0):
		return fmt.Errorf("device %q must have either a login or tags", d.Hostname)
	case d.Login != "" && t.personLocked(d.Login) == nil:
		return fmt.Errorf("device %q: nobody is called %q", d.Hostname, d.Login)
	}
	number, known := t.numbers[d.Hostname]
	if !known {
		number = len(t.numbers) + 1
	}
	if number >= maxDevices {
		return errors.New("the tailnet is full")
	}
	t.numbers[d.Hostname] = number
	d.Tags = slices.Clone(d.Tags)
	t.devices[d.Hostname] = &device{Device: d, number: number, approved: !t.approval}
	return nil
}
