// Package device joins the benchmark's tailnet, for the programs beside which
// Homie is measured: a tsnet device as it comes, without what Homie adds.
package device

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
	"tailscale.com/types/logger"
)

// Settings say how to join. The auth key is in TS_AUTHKEY, where tsnet looks.
type Settings struct {
	control, hostname, dir, tag string
}

// Flags declares the settings.
func Flags(f *flag.FlagSet) *Settings {
	s := new(Settings)
	f.StringVar(&s.control, "control-url", "", "control server's `address`")
	f.StringVar(&s.hostname, "hostname", "", "the device's `name`")
	f.StringVar(&s.dir, "state-dir", "", "`directory` for the device's state")
	f.StringVar(&s.tag, "tags", "", "`tag` to ask for")
	return s
}

// Device is a device that has joined.
type Device struct {
	*tsnet.Server
	Local *local.Client
	// Far is added to each round trip of the sockets that it dials.
	Far time.Duration
}

// Join brings the device up. The caller closes it.
func Join(ctx context.Context, s *Settings) (*Device, error) {
	server := &tsnet.Server{Dir: s.dir, Hostname: s.hostname, ControlURL: s.control, UserLogf: logger.Discard}
	if s.tag != "" {
		server.AdvertiseTags = []string{s.tag}
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", s.hostname, err)
	}
	lc, err := server.LocalClient()
	if err == nil {
		_, err = server.Up(ctx)
	}
	if err != nil {
		_ = server.Close() // the first error says more
		return nil, fmt.Errorf("joining as %s: %w", s.hostname, err)
	}
	return &Device{Server: server, Local: lc}, nil
}

// Close takes the device off the tailnet.
func (d *Device) Close() { _ = d.Server.Close() } // the process ends next

const (
	lookAgain = 2 * time.Millisecond
	onePing   = 50 * time.Millisecond
)

// Reach waits until the host answers on the tailnet. A first packet that is
// lost would cost the five seconds after which WireGuard tries again.
func (d *Device) Reach(ctx context.Context, host string) error {
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		if addr, err := d.lookup(ctx, host); err != nil {
			return err
		} else if addr.IsValid() && d.answers(ctx, addr) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s on the tailnet: %w", host, context.Cause(ctx))
		case <-again.C:
		}
	}
}

// lookup returns the host's address, invalid if it is not on the tailnet yet.
func (d *Device) lookup(ctx context.Context, host string) (netip.Addr, error) {
	st, err := d.Local.Status(ctx)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("reading the tailnet: %w", err)
	}
	for _, p := range st.Peer {
		if is(p, host) && len(p.TailscaleIPs) > 0 {
			return p.TailscaleIPs[0], nil
		}
	}
	return netip.Addr{}, nil
}

func is(p *ipnstate.PeerStatus, host string) bool { return strings.TrimSuffix(p.DNSName, ".") == host }

func (d *Device) answers(ctx context.Context, addr netip.Addr) bool {
	ctx, cancel := context.WithTimeout(ctx, onePing)
	defer cancel()
	pong, err := d.Local.Ping(ctx, addr, tailcfg.PingDisco)
	return err == nil && pong.Err == ""
}
