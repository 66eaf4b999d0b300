// Package terminal opens the terminals of the household's machines to the
// people who may use them.
//
// A terminal lives on its node. This service checks the caller's rights on that
// machine and passes the call on; the bytes of an attached terminal are relayed
// frame by frame, with the viewer's own credit, so that the gateway queues
// nothing. Rights are looked at again every second while a terminal is open.
package terminal

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/gateway/access"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
	wireterminal "homie/wire/terminal"
)

// Links reaches machines.
type Links interface {
	Link(name wire.NodeName) (wirenodes.Node, *rpc.Conn, error)
	Nodes() ([]wirenodes.Node, error)
}

// listTimeout bounds how long one slow machine may hold up a list.
const listTimeout = 3 * time.Second

// Service passes terminal calls on to nodes.
type Service struct {
	links   Links
	share   Share
	log     *slog.Logger
	changed *rpc.Topic[wireterminal.Session]

	viewing  seats  // by caller and machine
	starting seats  // by person and machine
	carrying seats  // files, by caller and machine
	open     opened // terminals that are typed into
	looking  opened // machines whose files are looked at

	profiles *shelf[Profile, *Profile]
	snippets *shelf[Snippet, *Snippet]
}

// New returns the service.
func New(links Links, db *store.Store, share Share, log *slog.Logger) *Service {
	s := &Service{links: links, share: share.orDefault(), log: log}
	s.profiles = newShelf(db, profiles, rpc.Event[Profile]("terminal.profile.changed", "terminal:write"), "profile")
	s.snippets = newShelf(db, snippets, rpc.Event[Snippet]("terminal.snippet.changed", "terminal:write"), "quick command")
	s.changed = rpc.Events(wireterminal.Changed).View(s.view)
	return s
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return append([]rpc.Entry{
		rpc.Serve(wireterminal.Start, s.start, rpc.Audited("account", "dir", "record"), rpc.Sensitive(s.askStart), rpc.Limit(rpc.Expensive)),
		rpc.ServeStream(wireterminal.Attach, s.attach, rpc.Audited("watch"), rpc.Sensitive(s.askAttach), rpc.Notes[wireterminal.ViewerNote, wireterminal.SessionNote]()),
		rpc.Serve(wireterminal.Input, s.input, rpc.Sensitive(s.askInput)),
		rpc.Serve(wireterminal.Resize, s.resize),
		rpc.Serve(wireterminal.Kill, s.kill, rpc.Audited()),
		rpc.Serve(wireterminal.List, s.list),
		rpc.Serve(wireterminal.Control, s.control, rpc.Audited("mode")),
		rpc.Serve(wireterminal.Update, s.update, rpc.Audited()),
		rpc.Serve(wireterminal.Multiplexers, s.multiplexers),
		rpc.Call("terminal.profile.list", "terminal:write", s.listProfiles),
		rpc.Call("terminal.profile.create", "terminal:write", s.createProfile, rpc.Audited("node", "account", "shared")),
		rpc.Call("terminal.profile.update", "terminal:write", s.updateProfile, rpc.Audited()),
		rpc.Call("terminal.profile.delete", "terminal:write", s.deleteProfile, rpc.Audited()),
		rpc.Call("terminal.snippet.list", "terminal:write", s.listSnippets),
		rpc.Call("terminal.snippet.create", "terminal:write", s.createSnippet, rpc.Audited("shared")),
		rpc.Call("terminal.snippet.update", "terminal:write", s.updateSnippet, rpc.Audited()),
		rpc.Call("terminal.snippet.delete", "terminal:write", s.deleteSnippet, rpc.Audited()),
		rpc.Serve(wireterminal.ListFiles, s.listFiles, rpc.Sensitive(s.askList)),
		rpc.ServeStream(wireterminal.ReadFile, s.readFile, rpc.Audited(), rpc.Sensitive(s.askRead)),
		rpc.ServeStream(wireterminal.WriteFile, s.writeFile, rpc.Audited(), rpc.Sensitive(s.askWrite), rpc.Notes[wire.Nothing, wireterminal.Written]()),
		s.changed, s.profiles.changed, s.snippets.changed,
	}, s.recordingAPI()...)
}

// Run does nothing until ctx ends: terminals live on their connections.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Linked follows the sessions of a machine that came up.
func (s *Service) Linked(ctx context.Context, n wirenodes.Node, conn *rpc.Conn) {
	if !slices.Contains(n.Capabilities, capability) {
		return
	}
	news := newFeed(n.Name, s.log)
	var following sync.WaitGroup
	following.Go(func() { s.follow(ctx, n.Name, conn, news) })
	news.run(ctx, s.changed.Publish)
	following.Wait()
}

// capability is what a node offers to have terminals.
const capability = "terminal"

// reach returns a machine's connection if who may do what d needs there.
func (s *Service) reach(who tsidentity.Caller, name wire.NodeName, needs string) (wirenodes.Node, *rpc.Conn, error) {
	n, conn, err := s.links.Link(name)
	if n.Device == "" || !who.CanOn(needs, access.Machine(n)) {
		return n, nil, s.refuse(who, needs, name)
	}
	if err != nil {
		return n, nil, err
	}
	if !slices.Contains(n.Capabilities, capability) {
		return n, nil, wire.Errorf(wire.Unsupported, "%s does not offer terminals", name)
	}
	return n, conn, nil
}

// refuse says why a machine can't be reached. Whoever may not reach a machine
// does not learn whether it exists; whoever may reach all of them does.
func (s *Service) refuse(who tsidentity.Caller, needs string, name wire.NodeName) error {
	if name == "" {
		return wire.Errorf(wire.InvalidParams, "params: node is missing; it is the name of a machine")
	}
	if !who.CanOnAll(needs) {
		return forbidden(needs, name)
	}
	all, err := s.links.Nodes()
	if err != nil {
		return err
	}
	names := make([]string, 0, len(all))
	for _, n := range all {
		names = append(names, string(n.Name))
	}
	there := "There are none yet."
	if len(names) > 0 {
		there = "There are: " + strings.Join(names, ", ") + "."
	}
	return wire.Errorf(wire.NotFound, "There is no machine called %q. %s", name, there)
}

func forbidden(needs string, name wire.NodeName) *wire.Error {
	return wire.Errorf(wire.Forbidden, "You may not do this on %s. The person who runs this home can allow it by granting %q for that machine in the tailnet policy file.", name, needs).
		Missing(wire.Needs{Capability: needs, Node: name})
}

// start opens a new terminal on a machine, under an OS account that the
// caller's grants name there. It runs on when everybody has gone.
func (s *Service) start(ctx context.Context, who tsidentity.Caller, p wireterminal.StartParams) (wireterminal.Session, error) {
	n, conn, err := s.reach(who, p.Node, wireterminal.Start.Capability)
	if err != nil {
		return wireterminal.Session{}, err
	}
	if p.Account, err = settle(who, n, p.Account); err != nil {
		return wireterminal.Session{}, err
	}
	if err := mayStartAs(who, n, p.Account); err != nil {
		return wireterminal.Session{}, err
	}
	leave, err := s.mayStart(ctx, who, p.Node, conn)
	if err != nil {
		return wireterminal.Session{}, err
	}
	defer leave()
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Start, p)
	if err != nil {
		return wireterminal.Session{}, offline(p.Node, err)
	}
	out = out.Shown()
	out.Node = p.Node
	s.open.hold(who, p.Node, out.ID)()
	return out, nil
}

// attach shows a terminal: what it printed from the given byte on, and then
// what it prints. Unless it only watches, what the viewer types goes the other
// way on the same stream.
func (s *Service) attach(ctx context.Context, who tsidentity.Caller, p wireterminal.AttachParams) (wireterminal.Attached, rpc.Pump, error) {
	check := func(who tsidentity.Caller) error { return s.mayView(who, p) }
	if err := check(who); err != nil {
		return wireterminal.Attached{}, nil, err
	}
	_, conn, err := s.reach(who, p.Node, wireterminal.Attach.Capability)
	if err != nil {
		return wireterminal.Attached{}, nil, err
	}
	leave, err := s.sit(who, p.Node)
	if err != nil {
		return wireterminal.Attached{}, nil, err
	}
	out, far, err := rpc.Open(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Attach, p)
	if err != nil {
		leave()
		return wireterminal.Attached{}, nil, offline(p.Node, err)
	}
	if err := s.mayUse(who, p, out.Session); err != nil {
		leave()
		far.Close(err)
		return wireterminal.Attached{}, nil, err
	}
	out.Session = out.Session.Shown()
	out.Session.Node = p.Node
	out.LinkMs = conn.RoundTrip().Milliseconds()
	return out, func(ctx context.Context, near *rpc.Stream) error {
		defer leave()
		if p.Watch {
			near.Drop() // the machine need not be trusted to
		} else {
			defer s.open.hold(who, p.Node, p.Session)()
		}
		near.Guard(func(who tsidentity.Caller) error {
			return errors.Join(check(who), s.mayUse(who, p, out.Session))
		})
		return offline(p.Node, rpc.Relay(ctx, near, far))
	}, nil
}

// mayView checks the caller's rights on the machine of a viewed terminal.
func (s *Service) mayView(who tsidentity.Caller, p wireterminal.AttachParams) error {
	needs := wireterminal.Attach.Capability
	if !p.Watch {
		needs = wireterminal.Start.Capability
	}
	n, _, _ := s.links.Link(p.Node) // an offline machine is judged by what pairing knows
	if n.Device == "" || !who.CanOn(needs, access.Machine(n)) {
		return s.refuse(who, needs, p.Node)
	}
	return nil
}

// mayUse checks that who may act as the account a session runs under: typing
// into a shell is running as its account.
func (s *Service) mayUse(who tsidentity.Caller, p wireterminal.AttachParams, session wireterminal.Session) error {
	if p.Watch {
		return nil
	}
	return s.mayRunAs(who, p.Node, session.Account)
}

func (s *Service) mayRunAs(who tsidentity.Caller, name wire.NodeName, account string) error {
	n, _, _ := s.links.Link(name)
	if access.MayRunAs(who, wireterminal.Start.Capability, n, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden, "You may watch this terminal but not type into it: it runs as %q.", account).
		Missing(wire.Needs{Capability: wireterminal.Start.Capability, Node: name, Account: account})
}

// session returns one session if who may type into it.
func (s *Service) session(ctx context.Context, who tsidentity.Caller, name wire.NodeName, id wire.SessionID, needs string) (*rpc.Conn, wireterminal.Session, error) {
	var none wireterminal.Session
	_, conn, err := s.reach(who, name, needs)
	if err != nil {
		return nil, none, err
	}
	all, err := rpc.Invoke(ctx, conn, wireterminal.List, wireterminal.ListParams{})
	if err != nil {
		return nil, none, offline(name, err)
	}
	i := slices.IndexFunc(all.Sessions, func(v wireterminal.Session) bool { return v.ID == id })
	if i < 0 {
		return nil, none, wire.Errorf(wire.NotFound, "%s has no terminal %q; it may have ended", name, id)
	}
	return conn, all.Sessions[i], s.mayRunAs(who, name, all.Sessions[i].Account)
}

// input types text into a terminal; for programs. People's keys travel on the
// stream of attach.
func (s *Service) input(ctx context.Context, who tsidentity.Caller, p wireterminal.InputParams) (wire.Nothing, error) {
	conn, _, err := s.session(ctx, who, p.Node, p.Session, wireterminal.Input.Capability)
	if err != nil {
		return wire.Nothing{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Input, p)
	return out, offline(p.Node, err)
}

// resize sets a terminal's size in character cells.
func (s *Service) resize(ctx context.Context, who tsidentity.Caller, p wireterminal.ResizeParams) (wire.Nothing, error) {
	conn, _, err := s.session(ctx, who, p.Node, p.Session, wireterminal.Resize.Capability)
	if err != nil {
		return wire.Nothing{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Resize, p)
	return out, offline(p.Node, err)
}

// kill ends a terminal: its programs are hung up and, two seconds later,
// killed. One that has ended already is taken off the list.
func (s *Service) kill(ctx context.Context, who tsidentity.Caller, p wireterminal.KillParams) (wire.Nothing, error) {
	conn, _, err := s.session(ctx, who, p.Node, p.Session, wireterminal.Kill.Capability)
	if err != nil {
		return wire.Nothing{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.Kill, p)
	return out, offline(p.Node, err)
}

// list returns the terminals of one machine, or of all that are connected and
// that the caller may see, oldest first.
func (s *Service) list(ctx context.Context, who tsidentity.Caller, p wireterminal.ListParams) (wireterminal.Sessions, error) {
	if p.Node != "" {
		_, conn, err := s.reach(who, p.Node, wireterminal.List.Capability)
		if err != nil {
			return wireterminal.Sessions{}, err
		}
		out, err := listOf(ctx, p.Node, conn)
		return wireterminal.Sessions{Sessions: out}, offline(p.Node, err)
	}
	all, err := s.links.Nodes()
	if err != nil {
		return wireterminal.Sessions{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		out = []wireterminal.Session{}
	)
	for _, n := range all {
		_, conn, err := s.reach(who, n.Name, wireterminal.List.Capability)
		if err != nil {
			continue // not for this caller, or not connected
		}
		wg.Go(func() {
			got, err := listOf(ctx, n.Name, conn)
			if err != nil {
				s.log.Debug("listing terminals", "node", n.Name, "err", err)
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(out, got...)
		})
	}
	wg.Wait()
	slices.SortFunc(out, func(a, b wireterminal.Session) int { return a.StartedAt.Compare(b.StartedAt) })
	return wireterminal.Sessions{Sessions: out}, nil
}

func listOf(ctx context.Context, name wire.NodeName, conn *rpc.Conn) ([]wireterminal.Session, error) {
	got, err := rpc.Invoke(ctx, conn, wireterminal.List, wireterminal.ListParams{})
	out := make([]wireterminal.Session, 0, min(len(got.Sessions), maxKnown))
	for _, v := range got.Sessions[:min(len(got.Sessions), maxKnown)] {
		v = v.Shown()
		v.Node = name
		out = append(out, v)
	}
	return out, err
}

// view lets a caller see the events of the machines they may see.
func (s *Service) view(who tsidentity.Caller, v wireterminal.Session) (wireterminal.Session, bool) {
	n, _, _ := s.links.Link(v.Node)
	return v, n.Device != "" && who.CanOn(wireterminal.Changed.Capability, access.Machine(n))
}

// offline says in words that a machine went away during a call.
func offline(name wire.NodeName, err error) error {
	if errors.Is(err, rpc.ErrClosed) {
		return wire.Errorf(wire.Unavailable, "%s went offline. Its terminals run on; Homie connects again by itself.", name).Because(err)
	}
	return err
}
