// Package homietest runs a household for a test: the tailnet in a box, a real
// gateway and real nodes on devices of their own, and people who call it from
// theirs. Only the control server is a stand-in.
//
//	h := homietest.New(t)              // tailnet and gateway
//	h.StartNode(tailbox.NodeDen)       // a machine, in this process
//	c, _ := h.Connect(tailbox.MaxTablet)
//
// A part of Homie can also run as a process of its own (Spawn), to be killed or
// frozen, and a test can play a machine's agent itself (Machine) to say what no
// honest one would. Everything ends with the test.
package homietest

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"

	"homie/gateway"
	"homie/gateway/stepup"
	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/node"
	"homie/node/pty"
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
	// Said is what the gateway and the nodes have logged.
	Said *Record

	t      testing.TB // of the part of the test that runs
	whole  testing.TB // of the whole test; devices of people last as long
	dir    string
	policy *string
	people map[string]*tsnet.Server
	parts  map[string]*part

	holders pty.Launch // of the nodes in this process
}

// part is a gateway or node that runs in this process.
type part struct {
	device *up.Device
	stop   func()
}

// New runs the box's household with its gateway, and adds devices to it if a
// test names any.
func New(t testing.TB, adjust ...func(*tailbox.Options)) *House {
	t.Helper()
	h := WithoutGateway(t, adjust...)
	h.StartGateway()
	return h
}

// WithoutGateway is New for a test that starts the gateway in its own way.
func WithoutGateway(t testing.TB, adjust ...func(*tailbox.Options)) *House {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	o := tailbox.Household(me.Username)
	for _, f := range adjust {
		f(&o)
	}
	said := &Record{}
	t.Cleanup(func() { // after all has ended that logs
		for _, line := range said.told() {
			t.Errorf("a secret was logged: %s", line)
		}
	})
	dir, holders := t.TempDir(), Holders(t) // which end before the directory is removed
	tailnet := tailboxtest.Start(t, o)
	said.Secret(tailnet.AuthKey())
	return &House{
		Tailnet: tailnet, Account: me.Username, Said: said,
		t: t, whole: t, dir: dir, holders: holders, policy: &o.Policy, people: map[string]*tsnet.Server{}, parts: map[string]*part{},
	}
}

// In returns the same house for a part of the test: what is opened or started
// there ends with that part, people's devices excepted.
func (h *House) In(t testing.TB) *House {
	c := *h
	c.t = t
	return &c
}

// device starts a device of this process for a part of Homie.
func (h *House) device(ctx context.Context, hostname string) (*up.Device, error) {
	s := h.Device(hostname, filepath.Join(h.dir, hostname, "tailnet"))
	return up.Start(ctx, up.Config{
		Hostname: hostname, Dir: s.Dir, ControlURL: h.URL(), AuthKey: h.AuthKey(), Tags: s.AdvertiseTags,
		Log: h.log(hostname),
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
	if hostname != tailbox.Gateway {
		h.meet(d.Server())
	}
	ended := make(chan error, 1)
	go func() { ended <- do(ctx, d) }()
	p, stopped := &part{device: d}, false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("%s ended with %v", hostname, err)
		}
		if h.parts[hostname] == p {
			delete(h.parts, hostname)
		}
		d.Close()
	}
	h.parts[hostname] = p
	h.t.Cleanup(p.stop)
}

// Stop ends a part of Homie in an orderly way; its state stays.
func (h *House) Stop(hostname string) { h.parts[hostname].stop() }

// StartGateway runs the gateway. Connect waits until it answers.
func (h *House) StartGateway(adjust ...func(*gateway.Config)) {
	h.t.Helper()
	h.launch(tailbox.Gateway, func(ctx context.Context, d *up.Device) error {
		conf := gateway.Config{
			Tailnet: d, StateDir: h.Dir(tailbox.Gateway), Version: version, Log: h.log(tailbox.Gateway),
			StepUp: stepup.Never, // a test of it says otherwise
		}
		for _, f := range adjust {
			f(&conf)
		}
		g, err := gateway.Open(conf)
		if err != nil {
			return err
		}
		defer g.Close()
		return g.Run(ctx)
	})
}

// version is what parts of Homie say theirs is.
const version = "test"

// StartNode runs a node.
func (h *House) StartNode(hostname string, adjust ...func(*node.Config)) {
	h.t.Helper()
	h.launch(hostname, func(ctx context.Context, d *up.Device) error {
		conf := node.Config{
			Tailnet: d, Gateway: tailbox.Gateway, StateDir: h.Dir(hostname), Dir: h.t.TempDir(),
			Roots: h.Roots(), Version: version, Log: h.log(hostname), Holder: h.holders,
		}
		for _, f := range adjust {
			f(&conf)
		}
		n, err := node.New(conf)
		if err != nil {
			return err
		}
		return n.Run(ctx)
	})
}

// Address is where the gateway is.
func (h *House) Address() string { return "https://" + h.FQDN(tailbox.Gateway) }

// Person returns the tailnet device of somebody, started if need be, or that of
// a part of Homie that runs.
func (h *House) Person(hostname string) *tsnet.Server {
	h.t.Helper()
	if p := h.parts[hostname]; p != nil {
		return p.device.Server()
	}
	if h.people[hostname] == nil {
		h.people[hostname] = tailboxtest.Up(h.whole, h.Tailnet, hostname)[0]
		h.meet(h.people[hostname])
	}
	return h.people[hostname]
}

// meet waits until a device that has just started reaches the gateway, if that
// runs in this process: before, it does not even know its name.
func (h *House) meet(s *tsnet.Server) {
	h.t.Helper()
	g := h.parts[tailbox.Gateway]
	if g == nil {
		return
	}
	lc, err := s.LocalClient()
	if err != nil {
		h.t.Fatal(err)
	}
	Eventually(h.t, s.Hostname+" reaches the gateway", func() error {
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Second)
		defer cancel()
		r, err := lc.Ping(ctx, g.device.State().Addrs[0], tailcfg.PingDisco)
		if err == nil && r.Err != "" {
			err = errors.New(r.Err)
		}
		return err
	})
}

// TLS trusts the box's certificates.
func (h *House) TLS() *tls.Config { return &tls.Config{RootCAs: h.Roots()} }

// Client returns an HTTP client on somebody's device. It follows no redirects.
func (h *House) Client(hostname string) *http.Client {
	h.t.Helper()
	tr := &http.Transport{DialContext: h.Person(hostname).Dial, TLSClientConfig: h.TLS()}
	h.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport: tr, Timeout: startTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Connect opens a connection from somebody's device and says hello, waiting
// for the gateway if it is only starting.
func (h *House) Connect(hostname string) (*rpc.Conn, wire.HelloResult) {
	h.t.Helper()
	c := h.Open(hostname, rpc.Dialer{})
	hello, err := c.Hello(h.t.Context(), wire.ClientInfo{Kind: "cli", Version: version})
	if err != nil {
		h.t.Fatalf("hello from %s: %v", hostname, err)
	}
	return c, hello
}

// Open is Connect without the hello, with what d sets beside address and way.
func (h *House) Open(hostname string, d rpc.Dialer) *rpc.Conn {
	h.t.Helper()
	who := h.Person(hostname)
	var c *rpc.Conn
	Eventually(h.t, "connecting from "+hostname, func() error {
		ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
		defer cancel()
		d.URL, d.NetDial, d.TLS = h.Address(), who.Dial, h.TLS()
		var err error
		c, err = d.Dial(ctx)
		return err
	})
	Carry(h.t, c)
	return c
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

// Within fails the test unless f returns nil in time, however often it has to
// be asked.
func Within(t testing.TB, limit time.Duration, what string, f func() error) {
	t.Helper()
	start := time.Now()
	Eventually(t, what, f)
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took.Round(time.Millisecond), limit)
	}
}

// log is where a part of Homie logs.
func (h *House) log(hostname string) *slog.Logger {
	return Log(h.whole, h.Said).With("part", hostname)
}

// Forget deletes the state of a part of Homie that does not run.
func (h *House) Forget(hostname string) {
	h.t.Helper()
	if err := os.RemoveAll(h.Dir(hostname)); err != nil {
		h.t.Fatal(err)
	}
}
