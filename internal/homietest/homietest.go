// Package homietest runs a household for a test: the tailnet in a box, a real
// gateway and real nodes on devices of their own, and people who call it from
// theirs. Only the control server is a stand-in.
package homietest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tailscale.com/tsnet"

	"homie/gateway"
	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/node"
	"homie/rpc"
	"homie/tsidentity/up"
	"homie/wire"
)

// startTimeout bounds everything that a test waits for.
const startTimeout = 60 * time.Second

// House is a household that runs until its test ends.
type House struct {
	*tailbox.Tailnet

	// Account is the OS account that runs the test, named in the policy's "as".
	Account string

	t       testing.TB
	dir     string
	people  map[string]*tsnet.Server
	stopper map[string]func()
}

// New runs the box's household with its gateway, and adds devices to it if a
// test names any.
func New(t testing.TB, adjust ...func(*tailbox.Options)) *House {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	o := tailbox.Household(me.Username)
	for _, f := range adjust {
		f(&o)
	}
	h := &House{
		Tailnet: tailboxtest.Start(t, o), Account: me.Username,
		t: t, dir: t.TempDir(), people: map[string]*tsnet.Server{}, stopper: map[string]func(){},
	}
	h.StartGateway()
	return h
}

// device starts a device of this process for a part of Homie.
func (h *House) device(ctx context.Context, hostname string) (*up.Device, error) {
	s := h.Device(hostname, filepath.Join(h.dir, hostname, "tailnet"))
	return up.Start(ctx, up.Config{
		Hostname: hostname, Dir: s.Dir, ControlURL: h.URL(), AuthKey: h.AuthKey(), Tags: s.AdvertiseTags, Log: Log(h.t),
	})
}

// Dir is the state directory of a part of Homie.
func (h *House) Dir(hostname string) string { return filepath.Join(h.dir, hostname) }

// launch runs a part of Homie until Stop or the end of the test.
func (h *House) launch(hostname string, do func(context.Context, *up.Device) error) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	start, stop := context.WithTimeout(ctx, startTimeout)
	defer stop()
	d, err := h.device(start, hostname)
	if err != nil {
		cancel()
		h.t.Fatalf("starting %s: %v", hostname, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- do(ctx, d) }()
	stopped := false
	h.stopper[hostname] = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("%s ended with %v", hostname, err)
		}
		d.Close()
	}
	h.t.Cleanup(h.stopper[hostname])
}

// Stop ends a part of Homie in an orderly way; its state stays.
func (h *House) Stop(hostname string) { h.stopper[hostname]() }

// StartGateway runs the gateway and waits until it answers.
func (h *House) StartGateway() {
	h.t.Helper()
	h.launch(tailbox.Gateway, func(ctx context.Context, d *up.Device) error {
		g, err := gateway.Open(gateway.Config{
			Tailnet: d, StateDir: h.Dir(tailbox.Gateway), Version: "test", Log: Log(h.t).With("part", "gateway"),
		})
		if err != nil {
			return err
		}
		defer g.Close()
		return g.Run(ctx)
	})
}

// StartNode runs a node.
func (h *House) StartNode(hostname string) {
	h.t.Helper()
	h.launch(hostname, func(ctx context.Context, d *up.Device) error {
		n, err := node.New(node.Config{
			Tailnet: d, Gateway: tailbox.Gateway, StateDir: h.Dir(hostname), Dir: h.t.TempDir(),
			Roots: h.Roots(), Version: "test", Log: Log(h.t).With("part", hostname),
		})
		if err != nil {
			return err
		}
		return n.Run(ctx)
	})
}

// Address is where the gateway is.
func (h *House) Address() string { return "https://" + h.FQDN(tailbox.Gateway) }

// Person returns the tailnet device of somebody, started if need be.
func (h *House) Person(hostname string) *tsnet.Server {
	h.t.Helper()
	if h.people[hostname] == nil {
		h.people[hostname] = tailboxtest.Up(h.t, h.Tailnet, hostname)[0]
	}
	return h.people[hostname]
}

// Client returns an HTTP client on somebody's device.
func (h *House) Client(hostname string) *http.Client {
	h.t.Helper()
	tr := &http.Transport{DialContext: h.Person(hostname).Dial, TLSClientConfig: &tls.Config{RootCAs: h.Roots()}}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: startTimeout}
}

// Connect opens a connection from somebody's device and says hello, waiting
// for the gateway if it is only starting.
func (h *House) Connect(hostname string) (*rpc.Conn, wire.HelloResult) {
	h.t.Helper()
	who := h.Person(hostname)
	var c *rpc.Conn
	Eventually(h.t, "connecting from "+hostname, func() error {
		ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
		defer cancel()
		var err error
		c, err = rpc.Dialer{URL: h.Address(), NetDial: who.Dial, TLS: &tls.Config{RootCAs: h.Roots()}}.Dial(ctx)
		return err
	})
	Carry(h.t, c)
	hello, err := c.Hello(h.t.Context(), wire.ClientInfo{Kind: "cli", Version: "test"})
	if err != nil {
		h.t.Fatalf("hello from %s: %v", hostname, err)
	}
	return c, hello
}

// Carry runs a connection until the test ends.
func Carry(t testing.TB, c *rpc.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(ctx) // what ended it shows in the calls on it
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// Eventually tries f until it succeeds, and fails the test with its last error
// after a bound that no healthy machine reaches.
func Eventually(t testing.TB, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(startTimeout)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// Log writes to the test's own log.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testWriter struct{ t testing.TB }

// Write logs one line, as long as the test runs.
func (w testWriter) Write(b []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSuffix(string(b), "\n"))
	}
	return len(b), nil
}
