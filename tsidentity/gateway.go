package tsidentity

import (
	"context"
	"errors"
	"fmt"

	"tailscale.com/client/tailscale/apitype"
)

// ErrOtherGateway means that a device answers in the gateway's place which is
// not the one that a node is paired with.
var ErrOtherGateway = errors.New("this is not the gateway that this machine is paired with")

// WhoIs is the one question that a node asks the tailnet.
type WhoIs interface {
	WhoIs(ctx context.Context, remoteAddr string) (*apitype.WhoIsResponse, error)
}

// Gateways tells a node who it has dialed, and what that gateway may ask. It is
// safe for concurrent use.
type Gateways struct {
	pinned   func() string
	approved func() []string
	peers    cache[gateway] // keyed by tailnet IP
}

// gateway is what the tailnet says of the device at an address.
type gateway struct {
	known  bool
	device Device
	bound  Bound
}

// NewGateways returns what resolves the gateway for a node. The functions give
// the device id of the paired gateway ("" until there is one) and what the
// pairing approved; they are asked each time.
func NewGateways(tailnet WhoIs, pinned func() string, approved func() []string) *Gateways {
	g := &Gateways{pinned: pinned, approved: approved}
	g.peers.look = func(ctx context.Context, addr string) (gateway, error) {
		who, err := tailnet.WhoIs(ctx, addr)
		if err != nil {
			return gateway{}, err
		}
		if who.Node == nil || !trusted(who.Node) || sharedIn(who.Node) {
			return gateway{}, nil
		}
		return gateway{known: true, device: DeviceOf(who.Node, addr), bound: ParseBound(who.CapMap)}, nil
	}
	return g
}

// Resolve returns the gateway at remoteAddr as a caller, at most half a second
// old. It fails with ErrOtherGateway if the device there is another one than
// the node is paired with, or none that the tailnet vouches for.
func (g *Gateways) Resolve(ctx context.Context, remoteAddr string) (Caller, error) {
	addr, ok := peerAddr(remoteAddr)
	if !ok {
		return Caller{}, fmt.Errorf("%w: %s is no tailnet address", ErrOtherGateway, remoteAddr)
	}
	is, err := g.peers.get(ctx, addr.String())
	if err != nil {
		return Caller{}, fmt.Errorf("asking the tailnet who is at %s: %w", addr, err)
	}
	if pinned := g.pinned(); !is.known || (pinned != "" && pinned != is.device.ID) {
		return Caller{}, fmt.Errorf("%w: %s (%s) answers in its place", ErrOtherGateway, is.device.Name, addr)
	}
	return asGateway(is.device, g.approved(), is.bound), nil
}

// For returns Resolve for one connection.
func (g *Gateways) For(remoteAddr string) func(context.Context) (Caller, error) {
	return func(ctx context.Context) (Caller, error) { return g.Resolve(ctx, remoteAddr) }
}

// asGateway is the caller that a node sees when its gateway calls: it may ask
// for what the pairing approved, within the bound.
func asGateway(device Device, approved []string, bound Bound) Caller {
	return Caller{Class: ClassGateway, Device: device, Rights: Rights{Values: bound.Within(approved), Problems: bound.Problems}}
}
