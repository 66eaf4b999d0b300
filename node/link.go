package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"tailscale.com/tailcfg"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// Backoff between two attempts to reach the gateway.
const (
	firstBackoff   = time.Second
	longestBackoff = 30 * time.Second
)

func nameOf(c Config) wire.NodeName {
	return wire.NodeName(strings.TrimPrefix(c.Tailnet.State().Name, "homie-"))
}

// stayLinked keeps a connection to the gateway. A failure is logged when it
// changes, not each time.
func (n *Node) stayLinked(ctx context.Context) error {
	backoff, said := firstBackoff, ""
	n.settle(ctx)
	for {
		linked, err := n.link(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the node was asked to end, and the link ended with it
		}
		if linked {
			backoff, said = firstBackoff, ""
			n.conf.Log.Warn("gateway lost", "err", err)
		} else if err.Error() != said {
			said = err.Error()
			n.conf.Log.Warn("no link to the gateway", "gateway", n.conf.Gateway, "err", err)
		}
		wait := time.NewTimer(backoff/2 + rand.N(backoff/2+1))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		if !linked {
			backoff = min(2*backoff, longestBackoff)
		}
	}
}

// settle gives a device that has just joined a moment to learn of the gateway,
// which is no failure yet.
func (n *Node) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := n.find(ctx); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// settleTime is enough for a first map of the tailnet to arrive.
const settleTime = 2 * time.Second

// link makes one connection and carries it to its end.
func (n *Node) link(ctx context.Context) (linked bool, err error) {
	at, err := n.find(ctx)
	if err != nil {
		return false, err
	}
	if at.addr.IsValid() {
		reach, cancel := context.WithTimeout(ctx, reachTimeout)
		err := n.reach(reach, at.addr)
		cancel()
		if err != nil {
			return false, fmt.Errorf("%s does not answer on the tailnet: %w", at.url, err)
		}
	}
	c, gateway, err := n.dial(ctx, at)
	if errors.Is(err, tsidentity.ErrOtherGateway) {
		return false, fmt.Errorf("%w; if the home has a new gateway, remove %s and pair again", err, n.state.path)
	}
	if err != nil {
		return false, err
	}
	return n.serve(ctx, c, gateway)
}

// dial opens a connection to the gateway and returns which device that is, as
// the tailnet knows it.
func (n *Node) dial(ctx context.Context, at place) (c *rpc.Conn, gateway wire.DeviceID, err error) {
	var remote string
	dialer := rpc.Dialer{
		URL:      at.url,
		TLS:      &tls.Config{RootCAs: n.conf.Roots, MinVersion: tls.VersionTLS12},
		Registry: n.registry,
		NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			raw, is, err := n.connect(ctx, network, at.instead(addr))
			if err != nil {
				return nil, err
			}
			remote, gateway = raw.RemoteAddr().String(), wire.DeviceID(is.Device.ID)
			return raw, nil
		},
		Identify: func(ctx context.Context) (tsidentity.Caller, error) { return n.gateways.Resolve(ctx, remote) },
	}
	c, err = dialer.Dial(ctx)
	return c, gateway, err
}

// connect opens a network connection and asks, before anything is said on it,
// whether at its other end is the gateway that this machine belongs to.
func (n *Node) connect(ctx context.Context, network, addr string) (net.Conn, tsidentity.Caller, error) {
	raw, err := n.conf.Tailnet.Dial(ctx, network, addr)
	if err != nil {
		return nil, tsidentity.Caller{}, err
	}
	is, err := n.gateways.Resolve(ctx, raw.RemoteAddr().String())
	if err != nil {
		raw.Close()
		return nil, tsidentity.Caller{}, err
	}
	return raw, is, nil
}

// reachTimeout bounds the wait for a gateway that the tailnet shows.
const reachTimeout = 5 * time.Second

// reach waits until packets get through to a peer. A first packet that is lost
// while the two devices still learn of each other would cost the five seconds
// that WireGuard waits before it tries again.
func (n *Node) reach(ctx context.Context, addr netip.Addr) error {
	for {
		once, cancel := context.WithTimeout(ctx, pingTimeout)
		r, err := n.conf.Tailnet.Local().Ping(once, addr, tailcfg.PingDisco)
		cancel()
		if err == nil && r.Err == "" {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// pingTimeout is how long one ping may take before the next one goes out.
const pingTimeout = 250 * time.Millisecond

// place is where the gateway is.
type place struct {
	url  string
	addr netip.Addr // invalid when the address is a foreign name
}

// instead returns what to dial for a host and port: the name was looked up in
// the tailnet already.
func (p place) instead(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || !p.addr.IsValid() {
		return addr
	}
	return net.JoinHostPort(p.addr.String(), port)
}

// find looks the gateway up: the one this machine is paired with, whatever it
// is called by now, else the one with the configured name.
func (n *Node) find(ctx context.Context) (place, error) {
	scheme := "https"
	if n.conf.PlainHTTP {
		scheme = "http"
	}
	if u, err := url.Parse(n.conf.Gateway); err == nil && u.Host != "" {
		if !strings.HasSuffix(u.Hostname(), ".ts.net") {
			return place{url: n.conf.Gateway}, nil
		}
		scheme = u.Scheme
	}
	st, err := n.conf.Tailnet.Local().Status(ctx)
	if err != nil {
		return place{}, fmt.Errorf("reading the tailnet: %w", err)
	}
	want := gatewayName(n.conf.Gateway)
	pinned := n.state.gateway()
	for _, p := range st.Peer {
		name := strings.TrimSuffix(p.DNSName, ".")
		short, _, _ := strings.Cut(name, ".")
		match := short == want || name == want
		if pinned != "" {
			match = string(p.ID) == pinned
		}
		if match && len(p.TailscaleIPs) > 0 {
			return place{url: scheme + "://" + name, addr: p.TailscaleIPs[0]}, nil
		}
	}
	if pinned != "" {
		return place{}, errors.New("the gateway that this machine is paired with is not visible on the tailnet")
	}
	return place{}, fmt.Errorf("no device called %q is visible on this tailnet; name the gateway with --gateway, and let nodes reach it on tcp:443 in the policy file", want)
}

// gatewayName is the host in a gateway's name or address.
func gatewayName(s string) string {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Hostname()
	}
	return strings.ToLower(strings.TrimSuffix(s, "."))
}
