package up

import (
	"context"
	"net/netip"
	"net/url"
	"time"

	"tailscale.com/envknob"
	"tailscale.com/net/netns"
)

const (
	// settleTimeout bounds the wait for the relay: a device without one is
	// slower to reach, and still of use.
	settleTimeout = 2 * time.Second
	settlePoll    = 5 * time.Millisecond
)

// settle waits until the device has heard from its home relay. tsnet's Up
// returns before that, and the answer to a packet sent in between may be lost;
// WireGuard repeats a handshake only after five seconds.
//
// It uses Server.Sys, which is exported but not promised to stay.
func (d *Device) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	health, sock := d.server.Sys().HealthTracker.Get(), d.server.Sys().MagicSock.Get()
	for {
		report := sock.GetLastNetcheckReport(ctx)
		if report != nil && report.PreferredDERP != 0 && !health.GetDERPRegionReceivedTime(report.PreferredDERP).IsZero() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// askAnew keeps a device from running on what it remembers of the tailnet. With
// its cache it counts as running before the tailnet has been asked, and one that
// has expired or was deleted meanwhile would not log in again, nor use its key.
// Homie's own build has no such cache; other builds do.
func askAnew() { envknob.Setenv("TS_USE_CACHED_NETMAP", "false") }

// stayOnLoopback lets sockets hear loopback if the control server is there, and
// with it the whole tailnet. Tailscale otherwise binds the sockets of a program
// without root to the interface of the default route, which hears no loopback.
func stayOnLoopback(controlURL string) {
	u, err := url.Parse(controlURL)
	if err != nil {
		return
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
		netns.SetEnabled(false)
	}
}
