package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/tailcfg"

	"homie/rpc"
	"homie/tsidentity/up"
)

// loggedIn reaches the gateway as the device that 'homie login' made.
func loggedIn(ctx context.Context, dir string) (rpc.Dialer, func(), error) {
	st, err := readClient(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return rpc.Dialer{}, nil, fmt.Errorf("%w: none runs under this account on this host; name one with --url https://homie.<tailnet>.ts.net, or run 'homie login'", errUnreachable)
	}
	if err != nil {
		return rpc.Dialer{}, nil, err
	}
	d, err := takeTurns(ctx, func() (*up.Device, error) { return st.start(ctx, dir) })
	if ctx.Err() != nil {
		return rpc.Dialer{}, nil, ctx.Err()
	}
	if err != nil {
		return rpc.Dialer{}, nil, fmt.Errorf("%w as %s: %w", errUnreachable, st.Hostname, err)
	}
	host := st.Gateway
	if !strings.Contains(host, ".") {
		_, suffix, _ := strings.Cut(d.FQDN(), ".")
		host += "." + suffix
	}
	reach(ctx, d, host)
	scheme := "https://"
	if st.PlainHTTP {
		scheme = "http://"
	}
	return rpc.Dialer{URL: scheme + host, NetDial: d.Dial}, d.Close, nil
}

// takeTurns starts a device that another command may be using: there is one of
// it, and commands that run at the same time wait for each other.
func takeTurns(ctx context.Context, start func() (*up.Device, error)) (*up.Device, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		d, err := start()
		if !errors.Is(err, up.ErrInUse) {
			return d, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-retry.C:
		}
	}
}

const (
	pingTimeout  = 250 * time.Millisecond // before the next one goes out
	reachTimeout = 5 * time.Second
)

// reach pings the gateway until it answers, for a while: a device that has only
// come up knows its peers a moment later, and WireGuard repeats a first packet
// that got lost meanwhile only after five seconds. If nothing comes of it, that
// shows when the gateway is dialed.
func reach(ctx context.Context, d *up.Device, host string) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if addr := peer(ctx, d, host); addr.IsValid() && answers(ctx, d, addr) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

func answers(ctx context.Context, d *up.Device, addr netip.Addr) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	r, err := d.Local().Ping(ctx, addr, tailcfg.PingDisco)
	return err == nil && r.Err == ""
}

// peer returns the address of a device of the tailnet, the zero one if there is
// none of that name.
func peer(ctx context.Context, d *up.Device, host string) netip.Addr {
	st, err := d.Local().Status(ctx)
	if err != nil {
		return netip.Addr{}
	}
	for _, p := range st.Peer {
		if strings.EqualFold(strings.TrimSuffix(p.DNSName, "."), host) && len(p.TailscaleIPs) > 0 {
			return p.TailscaleIPs[0]
		}
	}
	return netip.Addr{}
}
