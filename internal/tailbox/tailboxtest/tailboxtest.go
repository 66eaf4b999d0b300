// Package tailboxtest runs a [tailbox.Tailnet] and its devices for as long as
// a test lasts.
package tailboxtest

import (
	"context"
	"testing"
	"time"

	"tailscale.com/tsnet"

	"homie/internal/tailbox"
)

// upTimeout bounds the start of devices, on a machine that does much else.
const upTimeout = 60 * time.Second

// Start runs a tailnet until the test and its clean-ups have ended.
func Start(t testing.TB, o tailbox.Options) *tailbox.Tailnet {
	t.Helper()
	net, err := tailbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- net.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("running the tailnet: %v", err)
		}
	})
	return net
}

// Up brings listed devices up, waits until they reach each other, and closes
// them when the test ends.
func Up(t testing.TB, net *tailbox.Tailnet, hostnames ...string) []*tsnet.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), upTimeout)
	defer cancel()
	servers := make([]*tsnet.Server, len(hostnames))
	for i, hostname := range hostnames {
		servers[i] = net.Device(hostname, t.TempDir())
		if err := servers[i].Start(); err != nil {
			t.Fatalf("starting %s: %v", hostname, err) // not closed: see below
		}
		// Close panics on a device that did not start.
		t.Cleanup(func() {
			if err := servers[i].Close(); err != nil {
				t.Errorf("closing %s: %v", hostname, err)
			}
		})
	}
	for i, s := range servers {
		if _, err := s.Up(ctx); err != nil {
			t.Fatalf("bringing %s up: %v", hostnames[i], err)
		}
	}
	if err := tailbox.Ready(ctx, servers...); err != nil {
		t.Fatal(err)
	}
	return servers
}
