package tsidentity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"

	"tailscale.com/client/local"
	"tailscale.com/client/tailscale/apitype"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
)

// Tailnet is what a Resolver asks; a tsnet device's *local.Client is one.
type Tailnet interface {
	WhoIs(ctx context.Context, remoteAddr string) (*apitype.WhoIsResponse, error)
	StatusWithoutPeers(ctx context.Context) (*ipnstate.Status, error)
}

// ResolverConfig is what a Resolver works with.
type ResolverConfig struct {
	Tailnet Tailnet
	// IsNode reports whether the device asked for, or has, a pairing as a
	// homie node. It is asked for each request, so that it must be quick and
	// safe for concurrent use. Nil means that there are no nodes.
	IsNode func(deviceID string) bool
	// Given returns rights that a tagged device holds beside what the policy file
	// grants it. It is asked for each request, as IsNode is. Nil means none.
	Given func(Device) []Value
	// Owner is the login of the person who owns a gateway whose device is
	// tagged; "" for none. See OwnerPin.
	Owner string
	// Pin remembers who Owner was; it is needed if Owner is set.
	Pin OwnerPin
	// Log gets what an admin should know; nil discards it.
	Log *slog.Logger
}

// Resolver turns remote addresses of tailnet connections into callers. It is
// safe for concurrent use.
type Resolver struct {
	conf  ResolverConfig
	peers cache[Caller] // keyed by tailnet IP
	self  cache[self]   // one entry

	pinMu  sync.Mutex // held over the store, which happens once
	pinned *Pinned    // who Owner turned out to be; nil until read

	mu       sync.Mutex
	reported map[string]string // device id → problems already logged
}

// self is the gateway's own device.
type self struct {
	id     string
	owner  tailcfg.UserID
	tagged bool
}

// NewResolver returns a resolver. It asks nothing yet.
func NewResolver(conf ResolverConfig) *Resolver {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	r := &Resolver{conf: conf, reported: map[string]string{}}
	r.peers.look = r.look
	r.self.look = r.lookSelf
	return r
}

// Resolve returns who is behind a connection from remoteAddr (an IP, or an IP
// and port) to the gateway. The answer is at most half a second old, so that
// asking again is the way to keep watch over an open connection.
//
// Whoever the tailnet does not know is a caller of ClassUnknown and no error.
// An error means that the tailnet could not be asked; nothing may be served
// then.
func (r *Resolver) Resolve(ctx context.Context, remoteAddr string) (Caller, error) {
	addr, ok := peerAddr(remoteAddr)
	if !ok {
		return Caller{Class: ClassUnknown}, nil
	}
	who, err := r.peers.get(ctx, addr.String())
	if err != nil {
		return Caller{}, fmt.Errorf("asking the tailnet who is at %s: %w", addr, err)
	}
	// Not a matter of the cache: from the moment a device asks to be a node,
	// it is one and nothing else.
	if r.conf.IsNode != nil && who.Device.ID != "" && r.conf.IsNode(who.Device.ID) {
		who = asNode(who)
	}
	return r.given(who), nil
}

// given adds to the rights of a tagged device what it was given. Of a node, and of
// whoever is not tagged, the class decides alone.
func (r *Resolver) given(who Caller) Caller {
	if r.conf.Given == nil || who.Class != ClassTagged {
		return who
	}
	if more := r.conf.Given(who.Device); len(more) > 0 {
		who.Rights.Values = slices.Concat(who.Rights.Values, more)
	}
	return who
}

// For returns Resolve for one connection.
func (r *Resolver) For(remoteAddr string) func(context.Context) (Caller, error) {
	return func(ctx context.Context) (Caller, error) { return r.Resolve(ctx, remoteAddr) }
}

// peerAddr returns the IP in a remote address. The port is of no use: it makes
// WhoIs look at connections that tailscaled relays from this host, and those
// carry no identity worth the name.
func peerAddr(remoteAddr string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(remoteAddr)
	if err != nil {
		ap, err := netip.ParseAddrPort(remoteAddr)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = ap.Addr()
	}
	addr = addr.Unmap().WithZone("")
	return addr, addr.IsValid() && !addr.IsLoopback() && !addr.IsUnspecified()
}

// look asks the tailnet about one peer.
func (r *Resolver) look(ctx context.Context, addr string) (Caller, error) {
	who, err := r.conf.Tailnet.WhoIs(ctx, addr)
	if errors.Is(err, local.ErrPeerNotFound) {
		return Caller{Class: ClassUnknown, Device: Device{Addr: addr}}, nil
	}
	if err != nil {
		return Caller{}, err
	}
	me, err := r.self.get(ctx, "")
	if err != nil {
		return Caller{}, fmt.Errorf("reading this device's own state: %w", err)
	}
	c := classify(who, addr, me)
	r.report(c)
	if c.Class != ClassPerson {
		return c, nil
	}
	why, err := r.owns(who.UserProfile, me)
	if err != nil {
		return Caller{}, err
	}
	if why != "" {
		c.Rights.Values = append([]Value{{Role: RoleOwner, Why: why}}, c.Rights.Values...)
	}
	return c, nil
}

func (r *Resolver) lookSelf(ctx context.Context, _ string) (self, error) {
	st, err := r.conf.Tailnet.StatusWithoutPeers(ctx)
	if err != nil {
		return self{}, err
	}
	if st.Self == nil || st.Self.ID == "" {
		return self{}, errors.New("this device has not joined a tailnet yet")
	}
	return self{
		id:     string(st.Self.ID),
		owner:  st.Self.UserID,
		tagged: st.Self.Tags != nil && st.Self.Tags.Len() > 0,
	}, nil
}

// maxReported bounds the devices whose problems are remembered.
const maxReported = 1024

// report logs a device's malformed grant values once, and again if they change.
func (r *Resolver) report(c Caller) {
	text := fmt.Sprint(c.Rights.Problems)
	r.mu.Lock()
	known, seen := r.reported[c.Device.ID]
	changed := seen != (len(c.Rights.Problems) > 0) || (seen && known != text)
	switch {
	case len(c.Rights.Problems) == 0:
		delete(r.reported, c.Device.ID)
	case len(r.reported) < maxReported || seen:
		r.reported[c.Device.ID] = text
	}
	r.mu.Unlock()
	if changed && len(c.Rights.Problems) > 0 {
		r.conf.Log.Warn("grant values are skipped", "caller", c.Name(), "device", c.Device.Name, "problems", c.Rights.Problems)
	}
}
