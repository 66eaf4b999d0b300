// Package presence knows which machines are up and how they are.
//
// Whether a machine is connected comes from its link, how it is from its
// heartbeats, and how it is reached from the gateway's own tailnet device,
// never from what the machine says.
package presence

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
	wirepresence "homie/wire/presence"
	wireterminal "homie/wire/terminal"
)

// readCapability is the right to see a machine.
const readCapability = "presence:read"

const (
	pathEvery   = 10 * time.Second // between two looks at how a machine is reached
	pathTimeout = 3 * time.Second
	pathsAtOnce = 8
)

// Roster is the machines of the household.
type Roster interface {
	Nodes() ([]wirenodes.Node, error)
	Seen(id wire.DeviceID)
}

// Paths finds out how a tailnet address is reached.
type Paths interface {
	Path(ctx context.Context, addr string) Connection
}

// Service keeps what machines last said.
type Service struct {
	roster  Roster
	paths   Paths
	log     *slog.Logger
	changed *rpc.Topic[Machine]
	wake    chan struct{} // capacity 1; there is news

	mu     sync.Mutex
	health map[wire.DeviceID]wirepresence.HeartbeatParams
	routes map[wire.DeviceID]Connection
	news   news
}

// New returns the service.
func New(roster Roster, paths Paths, log *slog.Logger) *Service {
	s := &Service{
		roster: roster, paths: paths, log: log,
		wake:   make(chan struct{}, 1),
		health: map[wire.DeviceID]wirepresence.HeartbeatParams{},
		routes: map[wire.DeviceID]Connection{},
		news:   newNews(),
	}
	s.changed = rpc.Event[Machine]("presence.changed", readCapability).View(view)
	return s
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("presence.list", readCapability, s.list),
		rpc.Serve(wirepresence.Heartbeat, s.heartbeat),
		s.changed,
	}
}

// Run tells subscribers what is new and looks, now and then, at how each
// machine is reached.
func (s *Service) Run(ctx context.Context) error {
	var teller sync.WaitGroup
	teller.Go(func() { s.announce(ctx) })
	defer teller.Wait()
	ticker := time.NewTicker(pathEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.lookAtAll(ctx)
		}
	}
}

// Linked notes a machine that came up.
func (s *Service) Linked(ctx context.Context, n wirenodes.Node, _ *rpc.Conn) { s.look(ctx, n) }

func (s *Service) lookAtAll(ctx context.Context) {
	all, err := s.roster.Nodes()
	if err != nil {
		s.log.Error("listing machines", "err", err)
		return
	}
	var group errgroup.Group
	group.SetLimit(pathsAtOnce)
	for _, n := range all {
		if n.Online {
			group.Go(func() error {
				s.look(ctx, n)
				return nil
			})
		}
	}
	_ = group.Wait() // look has no error
}

func (s *Service) look(ctx context.Context, n wirenodes.Node) {
	ctx, cancel := context.WithTimeout(ctx, pathTimeout)
	defer cancel()
	path := s.paths.Path(ctx, n.Addr)
	s.mu.Lock()
	s.routes[n.Device] = path
	s.mu.Unlock()
	s.Changed(n)
}

// heartbeat takes what a machine says of itself. Which machine it is comes from
// the connection.
func (s *Service) heartbeat(_ context.Context, who tsidentity.Caller, p wirepresence.HeartbeatParams) (wire.Nothing, error) {
	id := wire.DeviceID(who.Device.ID)
	s.mu.Lock()
	s.health[id] = p
	s.mu.Unlock()
	s.roster.Seen(id)
	s.Changed(wirenodes.Node{Device: id})
	return wire.Nothing{}, nil
}

// list returns the machines of the household that the caller may see.
func (s *Service) list(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Machines, error) {
	all, err := s.roster.Nodes()
	if err != nil {
		return Machines{}, err
	}
	out := Machines{Machines: []Machine{}}
	for _, n := range all {
		if m, ok := view(who, s.machine(n)); ok {
			out.Machines = append(out.Machines, m)
		}
	}
	return out, nil
}

func (s *Service) machine(n wirenodes.Node) Machine {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := Machine{
		Name: n.Name, Device: n.Device, OS: n.OS, Arch: n.Arch, Version: n.Version,
		Account: n.Account, Capabilities: n.Capabilities, Online: n.Online,
		LastSeen: n.LastSeen, PairedAt: n.PairedAt, Addr: n.Addr,
		Connection: Connection{Kind: "unknown"}, Accounts: []string{},
		node: n,
	}
	if h, ok := s.health[n.Device]; ok {
		m.Health = &h
	}
	if c, ok := s.routes[n.Device]; ok && n.Online {
		m.Connection = c
	}
	return m
}

// view is a machine as a caller may see it.
func view(who tsidentity.Caller, m Machine) (Machine, bool) {
	if !who.CanOn(readCapability, access.Machine(m.node)) {
		return Machine{}, false
	}
	m.Accounts = access.Accounts(who, wireterminal.Start.Capability, m.node)
	m.MayOpenTerminal = !m.Removed && len(m.Accounts) > 0 && slices.Contains(m.Capabilities, "terminal")
	return m, true
}
