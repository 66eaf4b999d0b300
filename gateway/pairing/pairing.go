// Package pairing decides which machines belong to the household.
//
// A node that connects makes a request; an owner approves or rejects it, or a
// grant with autoApprove does. What was approved is remembered by the machine's
// StableID, and only that is ever asked of it: a node that offers more asks
// again, and a revoked one stays out.
//
//	unknown ── node.register ──> request ── approve ──> paired ── revoke ──> revoked
//	   ^                            └────── reject ───────────────────────────> │
//	   └──────────────────────────── forget ────────────────────────────────────┘
//
// A device that asked for or has a pairing is a node on every connection: its
// owner's identity gives it nothing (see IsNode).
//
// A tagged device that is no machine, such as a tablet on the wall, can be given
// the rights of a kiosk or a guest (device.go): an owner reads a QR code or a code
// off its screen, and says what it may. Those rights add to the policy file's, see
// Given.
package pairing

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
)

// maxRequests bounds the machines that may wait at once.
const maxRequests = 64

var (
	requests = store.NewTable[string, Request]("pairing.requests") // by device
	pairings = store.NewTable[string, Pairing]("pairing.pairings") // by device
)

// Service keeps pairings.
type Service struct {
	db      *store.Store
	log     *slog.Logger
	changed *rpc.Topic[Pairings]
	decided func(context.Context, wire.DeviceID)
	left    func(wirenodes.Node)
	asked   func(Request)
	counter *counter

	mu       sync.RWMutex
	nodes    map[wire.DeviceID]bool // devices that hold node rights only
	machines []wirenodes.Node       // what Machines returns; nil if not read since the last change
	changes  uint64                 // counts what may have made machines stale
}

// New returns the service.
func New(db *store.Store, log *slog.Logger) *Service {
	return &Service{
		db: db, log: log,
		changed: rpc.Event[Pairings]("pairing.changed", "pairing:read"),
		decided: func(context.Context, wire.DeviceID) {},
		left:    func(wirenodes.Node) {},
		asked:   func(Request) {},
		counter: newCounter(),
		nodes:   map[wire.DeviceID]bool{},
	}
}

// OnDecision sets what is told of each decision on a device, after its commit.
func (s *Service) OnDecision(f func(context.Context, wire.DeviceID)) { s.decided = f }

// OnLeave sets what is told, after the commit, of each machine that is paired no
// more or has another name or other tags: it gets the machine as it was.
func (s *Service) OnLeave(f func(was wirenodes.Node)) { s.left = f }

// OnAsk sets what is told, after the commit, of each machine that asks to be let
// in, or to do more than it was let in for.
func (s *Service) OnAsk(f func(Request)) { s.asked = f }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return append([]rpc.Entry{
		rpc.Call("pairing.list", "pairing:read", s.list),
		rpc.Call("pairing.approve", "pairing:write", s.approve, rpc.Audited("capabilities"), rpc.Sensitive(s.askApprove)),
		rpc.Call("pairing.reject", "pairing:write", s.reject, rpc.Audited()),
		rpc.Call("pairing.revoke", "pairing:write", s.revoke, rpc.Audited(), rpc.Sensitive(s.askAbout("Revoke"))),
		rpc.Call("pairing.forget", "pairing:write", s.forget, rpc.Audited(), rpc.Sensitive(s.askAbout("Forget"))),
		s.changed,
	}, s.deviceAPI()...)
}

// Load reads which devices are nodes; it must come before the first call.
func (s *Service) Load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.View(func(tx *store.Tx) error {
		for id := range requests.All(tx) {
			s.nodes[wire.DeviceID(id)] = true
		}
		for id := range pairings.All(tx) {
			s.nodes[wire.DeviceID(id)] = true
		}
		for id, d := range devices.All(tx) {
			s.counter.paired[wire.DeviceID(id)] = d
		}
		return nil
	})
}

// Run does nothing until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// IsNode reports whether a device asked for or has a pairing and so holds node
// rights only, whoever it belongs to.
func (s *Service) IsNode(stableID string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nodes[wire.DeviceID(stableID)]
}

func (s *Service) mark(id wire.DeviceID, isNode bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isNode {
		s.nodes[id] = true
	} else {
		delete(s.nodes, id)
	}
}

// Paired returns the machine with the given id, false if it is not paired.
func (s *Service) Paired(id wire.DeviceID) (n wirenodes.Node, ok bool, err error) {
	err = s.db.View(func(tx *store.Tx) error {
		p, found, err := pairings.Get(tx, string(id))
		if found && !p.Revoked {
			n, ok = p.node(), true
		}
		return err
	})
	return n, ok, err
}

// Machines returns every paired machine, by name. It is asked for each event and
// each second of each open terminal, and reads the store only after a change.
func (s *Service) Machines() ([]wirenodes.Node, error) {
	s.mu.RLock()
	known, changes := s.machines, s.changes
	s.mu.RUnlock()
	if known != nil {
		return slices.Clone(known), nil
	}
	all, err := s.read()
	if err != nil {
		return nil, err
	}
	out := make([]wirenodes.Node, 0, len(all.Paired))
	for _, p := range all.Paired {
		if !p.Revoked {
			out = append(out, p.node())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes { // else this may be what there was before
		s.machines = slices.Clone(out)
	}
	return out, nil
}

// commit changes pairings. What Machines remembers is forgotten before anybody
// is told that the change is made.
func (s *Service) commit(f func(*store.Tx) error) error {
	err := s.db.Update(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.machines = nil
	s.changes++
	return err
}

func (p Pairing) node() wirenodes.Node {
	return wirenodes.Node{
		Device: p.Device, Name: p.Name, Tags: p.Tags,
		OS: p.OS, Arch: p.Arch, Version: p.Version,
		Account: p.Account, Root: p.Root, WithGateway: p.WithGateway,
		Capabilities: p.Capabilities, PairedAt: p.PairedAt,
	}
}

// list returns the machines that wait for a word and those that are paired.
func (s *Service) list(context.Context, tsidentity.Caller, wire.Nothing) (Pairings, error) {
	return s.read()
}

func (s *Service) read() (Pairings, error) {
	out := Pairings{Requests: []Request{}, Paired: []Pairing{}, Devices: []PairedDevice{}}
	err := s.db.View(func(tx *store.Tx) error {
		for _, r := range requests.All(tx) {
			out.Requests = append(out.Requests, r)
		}
		for _, p := range pairings.All(tx) {
			out.Paired = append(out.Paired, p)
		}
		for _, d := range devices.All(tx) {
			out.Devices = append(out.Devices, d)
		}
		return nil
	})
	slices.SortFunc(out.Requests, func(a, b Request) int { return a.RequestedAt.Compare(b.RequestedAt) })
	slices.SortFunc(out.Paired, func(a, b Pairing) int { return strings.Compare(string(a.Name), string(b.Name)) })
	slices.SortFunc(out.Devices, func(a, b PairedDevice) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// publish tells owners' screens, and the machine itself, after a commit.
func (s *Service) publish(ctx context.Context, id wire.DeviceID) {
	all, err := s.read()
	if err != nil {
		s.log.Error("reading pairings", "err", err)
		return
	}
	s.changed.Publish(all)
	s.decided(ctx, id)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
