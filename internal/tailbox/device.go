package tailbox

import (
	"context"
	"fmt"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
	"tailscale.com/types/logger"
)

const (
	readyPoll   = 5 * time.Millisecond
	pingTimeout = 50 * time.Millisecond
)

// Device configures a tsnet device of this process that joins as hostname and
// keeps its state in dir. The caller starts and closes it. A hostname that is
// not listed is refused by the control server when the device comes up.
func (t *Tailnet) Device(hostname, dir string) *tsnet.Server {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &tsnet.Server{
		Dir:        dir,
		Hostname:   hostname,
		ControlURL: t.URL(),
		AuthKey:    t.authKey,
		UserLogf:   logger.Discard,
	}
	if d := t.devices[hostname]; d != nil {
		s.AdvertiseTags = d.Tags
	}
	return s
}

// Ready waits until devices of this process, which must be up, can reach each
// other.
//
// Up returns before a device's relay connection and its peers' addresses have
// settled. A packet sent in that window is lost, and WireGuard repeats its
// handshake only after five seconds. So Ready waits for each relay connection
// and then pings each pair.
func Ready(ctx context.Context, servers ...*tsnet.Server) error {
	for _, s := range servers {
		if err := relayed(ctx, s); err != nil {
			return fmt.Errorf("waiting for the relay connection of %s: %w", s.Hostname, err)
		}
	}
	for _, from := range servers {
		client, err := from.LocalClient()
		if err != nil {
			return err
		}
		for _, to := range servers {
			if from == to {
				continue
			}
			if err := reach(ctx, client, to); err != nil {
				return fmt.Errorf("waiting for a way from %s to %s: %w", from.Hostname, to.Hostname, err)
			}
		}
	}
	return nil
}

// relayed waits until s has heard from its relay.
func relayed(ctx context.Context, s *tsnet.Server) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	health, sock := s.Sys().HealthTracker.Get(), s.Sys().MagicSock.Get()
	for {
		report := sock.GetLastNetcheckReport(ctx)
		if report != nil && report.PreferredDERP != 0 && !health.GetDERPRegionReceivedTime(report.PreferredDERP).IsZero() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

// reach pings until an answer comes.
func reach(ctx context.Context, from *local.Client, to *tsnet.Server) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	address, _ := to.TailscaleIPs()
	for {
		attempt, cancel := context.WithTimeout(ctx, pingTimeout)
		pong, err := from.Ping(attempt, address, tailcfg.PingDisco)
		cancel()
		if err == nil && pong.Err == "" { // Err: "no matching peer"
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}
