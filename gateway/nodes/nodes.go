// Package nodes keeps the connections to the machines of the household.
//
// A node dials the gateway and registers; pairing says whether it is let in.
// Connections are keyed by machine and connection, so that the late end of an
// old connection never removes the fresh one that replaced it.
//
//	connected ── node.register ──> waiting | linked ── connection ends ──> gone
//
// Other services reach a machine through Link and learn of changes by OnLink
// and OnChange. What a machine is asked to do is their business.
package nodes

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
)

// Pairings says which machines belong to the household.
type Pairings interface {
	Admit(ctx context.Context, who tsidentity.Caller, name wire.NodeName, p wirenodes.RegisterParams) (wirenodes.Registered, error)
	Paired(id wire.DeviceID) (wirenodes.Node, bool, error)
	Machines() ([]wirenodes.Node, error)
}

// Service holds the links.
type Service struct {
	pairings Pairings
	self     func() wire.DeviceID // the gateway's own StableID
	log      *slog.Logger
	onLink   []func(context.Context, wirenodes.Node, *rpc.Conn)
	onChange []func(wirenodes.Node)

	mu    sync.Mutex
	links map[wire.DeviceID]*link
	seen  map[wire.DeviceID]time.Time // last sign of life
	addrs map[wire.DeviceID]string
}

// link is one connected node.
type link struct {
	conn   *rpc.Conn
	linked bool // paired: may be called
}

// New returns the service. self returns the gateway's own StableID.
func New(pairings Pairings, self func() wire.DeviceID, log *slog.Logger) *Service {
	return &Service{
		pairings: pairings, self: self, log: log,
		links: map[wire.DeviceID]*link{},
		seen:  map[wire.DeviceID]time.Time{},
		addrs: map[wire.DeviceID]string{},
	}
}

// OnLink adds a function that is called on a goroutine of its own for each node
// that comes up, with a context that ends with its connection. Call before Run.
func (s *Service) OnLink(f func(context.Context, wirenodes.Node, *rpc.Conn)) {
	s.onLink = append(s.onLink, f)
}

// OnChange adds a function that is called, without blocking for long, when a
// paired machine came, went, or was let do something else. Call before Run.
func (s *Service) OnChange(f func(wirenodes.Node)) { s.onChange = append(s.onChange, f) }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(wirenodes.Register, s.register),
	}
}

// Run does nothing until ctx ends: links live on their connections.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// NameOf is what people call a device that is a node: its tailnet name without
// the leading "homie-".
func NameOf(d tsidentity.Device) wire.NodeName {
	return wire.NodeName(strings.TrimPrefix(d.Name, "homie-"))
}

// register is a node's first call: what it is and what it offers. Who it is
// comes from the tailnet.
func (s *Service) register(ctx context.Context, who tsidentity.Caller, p wirenodes.RegisterParams) (wirenodes.Registered, error) {
	conn := rpc.ConnFrom(ctx)
	if conn == nil {
		return wirenodes.Registered{}, wire.Errorf(wire.Unsupported, "a node registers over a WebSocket")
	}
	if who.Device.ID == "" {
		return wirenodes.Registered{}, wire.Errorf(wire.Forbidden, "a node is a device of its own on the tailnet")
	}
	name := NameOf(who.Device)
	answer, err := s.pairings.Admit(ctx, who, name, p)
	if err != nil {
		return wirenodes.Registered{}, err
	}
	answer.GatewayID = s.self()
	s.connect(conn, who, answer)
	s.log.Info("node registered", "node", name, "device", who.Device.ID, "state", answer.State, "version", p.Version)
	return answer, nil
}

// connect makes conn the machine's link. An older connection of the same
// machine is closed: a machine has one node.
func (s *Service) connect(conn *rpc.Conn, who tsidentity.Caller, answer wirenodes.Registered) {
	id := wire.DeviceID(who.Device.ID)
	l := &link{conn: conn}
	s.mu.Lock()
	old := s.links[id]
	again := old != nil && old.conn == conn
	l.linked = again && old.linked && answer.State == wirenodes.Paired
	s.links[id] = l
	s.seen[id] = time.Now()
	s.addrs[id] = who.Device.Addr
	s.mu.Unlock()
	if old != nil && !again {
		old.conn.Close(wire.Errorf(wire.Conflict, "this machine connected again"))
	}
	if !again {
		l.conn.OnClose(func() { s.gone(id, l) })
	}
	if answer.State == wirenodes.Paired {
		conn.Go(func(ctx context.Context) { s.confirm(ctx, id, l, answer) })
	}
}

// confirm tells a machine that it is paired and, when it knows, links it: until
// then it refuses what its gateway asks. One that can't be told starts over.
func (s *Service) confirm(ctx context.Context, id wire.DeviceID, l *link, answer wirenodes.Registered) {
	tell, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	if _, err := rpc.Invoke(tell, l.conn, wirenodes.PairingChanged, answer); err != nil {
		if !errors.Is(err, rpc.ErrClosed) && ctx.Err() == nil {
			s.log.Warn("telling a node of its pairing", "node", answer.Name, "err", err)
			l.conn.Close(wire.Errorf(wire.Protocol, "this machine did not take its pairing"))
		}
		return
	}
	s.mu.Lock()
	first := !l.linked && s.links[id] == l
	l.linked = true
	s.mu.Unlock()
	if first {
		s.up(id, l)
	}
}

// confirmTimeout bounds how long a machine may take to hear of its pairing.
const confirmTimeout = 5 * time.Second

// up tells the other services that a machine may be called.
func (s *Service) up(id wire.DeviceID, l *link) {
	n, ok := s.node(id)
	if !ok { // an owner removed it while it registered
		s.cutOff(l)
		return
	}
	s.announce(n)
	for _, f := range s.onLink {
		l.conn.Go(func(ctx context.Context) { f(ctx, n, l.conn) })
	}
}

// gone removes a link whose connection has ended.
func (s *Service) gone(id wire.DeviceID, l *link) {
	s.mu.Lock()
	current := s.links[id] == nil || s.links[id].conn == l.conn
	if current {
		delete(s.links, id)
		s.seen[id] = time.Now()
	}
	s.mu.Unlock()
	if !current {
		return
	}
	if n, ok := s.node(id); ok {
		s.log.Info("node gone", "node", n.Name, "device", id)
		s.announce(n)
	}
}

func (s *Service) announce(n wirenodes.Node) {
	for _, f := range s.onChange {
		f(n)
	}
}

// Seen notes a sign of life of a node.
func (s *Service) Seen(id wire.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[id] = time.Now()
}

// Decided acts on an owner's decision: a machine that was let in is told so and
// linked, if it is connected, and one that was cut off is disconnected.
func (s *Service) Decided(ctx context.Context, id wire.DeviceID) {
	n, paired, err := s.pairings.Paired(id)
	if err != nil {
		s.log.Error("reading a pairing", "device", id, "err", err)
		return
	}
	s.mu.Lock()
	l := s.links[id]
	s.mu.Unlock()
	switch {
	case !paired && l != nil:
		s.cutOff(l)
	case paired:
		s.announce(s.state(n)) // it is new, or may do more than before
		if l != nil {
			answer := wirenodes.Registered{State: wirenodes.Paired, Name: n.Name, Approved: n.Capabilities, GatewayID: s.self()}
			s.confirm(context.WithoutCancel(ctx), id, l, answer)
		}
	}
}

// cutOff ends the link of a machine that is not of the household any more.
// Nobody calls it from here on, however long its connection takes to end.
func (s *Service) cutOff(l *link) {
	s.mu.Lock()
	l.linked = false
	s.mu.Unlock()
	l.conn.Close(wire.Errorf(wire.Forbidden, "this machine was removed from the household"))
}

// node returns a paired machine with its state of connection.
func (s *Service) node(id wire.DeviceID) (wirenodes.Node, bool) {
	n, ok, err := s.pairings.Paired(id)
	if err != nil {
		s.log.Error("reading a pairing", "device", id, "err", err)
	}
	if err != nil || !ok {
		return wirenodes.Node{}, false
	}
	return s.state(n), true
}

func (s *Service) state(n wirenodes.Node) wirenodes.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[n.Device]
	n.Online = l != nil && l.linked
	n.LastSeen = s.seen[n.Device].UTC()
	n.Addr = s.addrs[n.Device]
	return n
}

// Nodes returns every machine of the household, by name.
func (s *Service) Nodes() ([]wirenodes.Node, error) {
	all, err := s.pairings.Machines()
	for i, n := range all {
		all[i] = s.state(n)
	}
	return all, err
}

// Link returns the machine with the given name and, if it is connected, its
// connection. The errors are for the caller as they are.
func (s *Service) Link(name wire.NodeName) (wirenodes.Node, *rpc.Conn, error) {
	all, err := s.Nodes()
	if err != nil {
		return wirenodes.Node{}, nil, err
	}
	for _, n := range all {
		if n.Name != name {
			continue
		}
		conn := s.linked(n.Device)
		if conn == nil {
			return n, nil, wire.Errorf(wire.Unavailable, "%s is not connected right now. Check that it is switched on and that Homie runs on it.", name)
		}
		return n, conn, nil
	}
	return wirenodes.Node{}, nil, wire.Errorf(wire.NotFound, "there is no machine called %q", name)
}

// linked returns the connection to a machine that may be called, else nil.
func (s *Service) linked(id wire.DeviceID) *rpc.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.links[id]; l != nil && l.linked {
		return l.conn
	}
	return nil
}
