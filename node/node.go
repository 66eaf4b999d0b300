// Package node is a machine's agent: it joins the tailnet as a device of its
// own, dials the household's gateway, and offers what the machine can do.
//
//	start ──> find the gateway ──> dial ──> rpc.hello ──> node.register
//	              ^                                            │
//	              └── backoff, 1 s to 30 s <── link lost <── serve, heartbeat
//
// The node listens on no port. Over the one connection that it dials, the
// gateway calls the methods of its capabilities (capabilities.go is the list).
// The node serves only the gateway it was paired with, and of that only what
// the pairing approved and the policy file bounds.
//
// Terminals live on when the link is lost, when the gateway is, and when the
// node's own process is: another one holds them, see the folder pty.
package node

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/node/audit"
	"homie/node/jobs"
	"homie/node/pty"
	"homie/node/system"
	"homie/rpc"
	"homie/tsidentity"
	"homie/tsidentity/up"
	"homie/wire"
	"homie/wire/nodes"
	"homie/wire/presence"
)

// heartbeatEvery is the time between two heartbeats.
const heartbeatEvery = 3 * time.Second

// Config is what a node is made of.
type Config struct {
	// Tailnet is the node's own device, joined already.
	Tailnet *up.Device
	// Gateway is the gateway's name on the tailnet, such as "homie", or its
	// https address.
	Gateway string
	// StateDir holds what the node remembers: which gateway is its own.
	StateDir string
	// Dir is where terminals start; "" means the account's home.
	Dir string
	// Linger is how long terminals outlive a node that has gone; 0 is for ever.
	Linger time.Duration
	// MaxSessions bounds the terminals whose programs run. Default: 64.
	MaxSessions int
	// IdleEnd is after how long without use terminals end; 0 is never.
	IdleEnd time.Duration
	// Recording is what is recorded of terminals, and what is kept.
	Recording pty.Recording
	// MaxUpload bounds the files that are sent here, in bytes; 0 is for no bound
	// but the disk's.
	MaxUpload int64
	// Holder starts the process that holds the terminals; nil starts this
	// program.
	Holder pty.Launch
	// Jobs is the folder with the files of jobs; "" is jobs.d in StateDir.
	Jobs string
	// MaxRuns bounds the runs of jobs that are carried at once. Default: twice
	// the machine's processors.
	MaxRuns int
	// Runner starts the processes that carry runs; nil starts this program.
	Runner jobs.Launch
	// Roots are the certificate authorities that vouch for the gateway; nil
	// means the operating system's.
	Roots *x509.CertPool
	// PlainHTTP reaches a gateway that runs without certificates.
	PlainHTTP bool
	// WithGateway says that the node runs under the account that owns the
	// gateway's state, on the same machine.
	WithGateway bool
	Version     string
	Log         *slog.Logger
	// Out is where a person at the machine reads what to do next.
	Out io.Writer
	// Pending, if set, is told the node's device id when it waits for approval;
	// a program that owns the gateway may approve it.
	Pending func(context.Context, wire.DeviceID) error
}

// Node is one machine's agent.
type Node struct {
	conf         Config
	state        *state
	gateways     *tsidentity.Gateways
	capabilities []offer
	registry     *rpc.Registry
}

// New returns a node; it reads its state and starts nothing.
func New(conf Config) (*Node, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Out == nil {
		conf.Out = io.Discard
	}
	n := &Node{conf: conf}
	var err error
	if n.state, err = loadState(conf.StateDir); err != nil {
		return nil, err
	}
	n.gateways = tsidentity.NewGateways(conf.Tailnet.Local(), n.state.gateway, n.state.approved)
	n.capabilities = capabilities(conf)
	heads, err := audit.New(conf.StateDir, n.state.gateway)
	if err != nil {
		return nil, err
	}
	entries := append(heads.API(), rpc.Serve(nodes.PairingChanged, n.pairingChanged))
	for _, c := range n.capabilities {
		entries = append(entries, c.serve.API()...)
	}
	n.registry, err = rpc.NewRegistry(rpc.Options{
		Log: conf.Log, TrustMeta: true, Rate: linkRate,
		Server: wire.ServerInfo{Name: "homie node", Version: conf.Version},
	}, entries...)
	return n, err
}

// linkRate bounds what the gateway may ask; it stands for a whole household.
var linkRate = rpc.Rate{PerSecond: 2000, Burst: 4000}

// Run carries the node until ctx ends. Losing the gateway is no error.
func (n *Node) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range n.capabilities {
		group.Go(func() error { return c.serve.Run(ctx) })
	}
	group.Go(func() error { return n.stayLinked(ctx) })
	return group.Wait()
}

// serve carries one connection to the gateway, the given device, until it ends. linked reports
// whether the gateway took the registration.
func (n *Node) serve(ctx context.Context, c *rpc.Conn, gateway wire.DeviceID) (linked bool, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := c.Run(ctx); err != nil {
			return err
		}
		return rpc.ErrClosed
	})
	group.Go(func() error {
		client := wire.ClientInfo{Kind: "node", Version: n.conf.Version}
		if _, err := c.Hello(ctx, client); err != nil {
			return err
		}
		if err := n.register(ctx, c, gateway); err != nil {
			return err
		}
		linked = true
		return n.heartbeat(ctx, c)
	})
	return linked, group.Wait()
}

// register offers what the machine can do to the gateway, which is the given
// device: what it says of itself is not what a node pins.
func (n *Node) register(ctx context.Context, c *rpc.Conn, gateway wire.DeviceID) error {
	self := system.Describe()
	answer, err := rpc.Invoke(ctx, c, nodes.Register, nodes.RegisterParams{
		OS: self.OS, Arch: self.Arch, Version: n.conf.Version,
		Account: self.Account, Root: self.Root,
		Capabilities: n.offered(), WithGateway: n.conf.WithGateway,
	})
	if err != nil {
		return err
	}
	if answer.GatewayID != gateway {
		return fmt.Errorf("the gateway says that it is device %q, and the tailnet says %q", answer.GatewayID, gateway)
	}
	return n.paired(ctx, answer)
}

// paired takes the gateway's word on the pairing and pins the gateway with the
// first one.
func (n *Node) paired(ctx context.Context, answer nodes.Registered) error {
	first, err := n.state.record(answer)
	if err != nil {
		return err
	}
	switch {
	case answer.State == nodes.Paired && first:
		fmt.Fprintf(n.conf.Out, "This machine is paired: it shows up in Homie as %q.\n", answer.Name)
	case answer.State == nodes.Pending:
		fmt.Fprintf(n.conf.Out, "Waiting for approval: an owner of the home lets %q in from Homie's Machines page.\n", answer.Name)
	}
	n.conf.Log.Info("registered", "node", answer.Name, "state", answer.State, "approved", answer.Approved)
	if answer.State == nodes.Pending && n.conf.Pending != nil {
		return n.conf.Pending(ctx, wire.DeviceID(n.conf.Tailnet.State().ID))
	}
	return nil
}

// pairingChanged takes an owner's decision while the link is up.
func (n *Node) pairingChanged(ctx context.Context, who tsidentity.Caller, p nodes.Registered) (wire.Nothing, error) {
	if string(p.GatewayID) != who.Device.ID {
		return wire.Nothing{}, wire.Errorf(wire.Forbidden, "that is not the id of the gateway that says so")
	}
	return wire.Nothing{}, n.paired(ctx, p)
}

func (n *Node) offered() []string {
	names := make([]string, 0, len(n.capabilities))
	for _, c := range n.capabilities {
		names = append(names, c.name)
	}
	slices.Sort(names)
	return names
}

func (n *Node) sessions() int {
	total := 0
	for _, c := range n.capabilities {
		total += c.serve.Sessions()
	}
	return total
}

// heartbeat tells the gateway how the machine is until the link ends.
func (n *Node) heartbeat(ctx context.Context, c *rpc.Conn) error {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for {
		p := system.Health(ctx, n.conf.Log)
		p.Sessions = n.sessions()
		if _, err := rpc.Invoke(ctx, c, presence.Heartbeat, p); err != nil && errors.Is(err, rpc.ErrClosed) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
