// Package pty is the node's terminals: programs that run on a pseudo-terminal
// of this machine and outlive whoever looks at them.
//
//	program ── PTY ── reader ──> Ring ──> viewer ──> stream   (one each)
//	             ^                        viewer ──> stream
//	             └───────── typing ─────────┘
//
// A Manager owns the sessions. A Session has one reader, which moves what the
// program prints into the session's Ring: the latest bytes, numbered from the
// session's first one. A viewer is a cursor into the ring, never a queue, so
// that a slow one costs no memory; one that falls behind the ring is moved
// forward and its stream shows the gap. The PTY is drained whether anybody
// looks or not, with one exception: the viewer who typed last may hold it, so
// that a person who looks at what they started misses nothing (see hold).
//
// What a viewer types goes to the PTY from the viewer's own goroutine, in
// order. A program that does not read its input holds up those who type into
// it and nobody else: their streams stop granting credit.
//
// Invariants: a session ends only with its program; everything the program
// printed is in the ring before the session counts as ended; a session in which
// nothing happens holds one parked goroutine and no operating-system thread.
//
// The package does not decide who may do what; the gateway does, and the node
// trusts its own gateway. It runs programs as the node's own account only.
package pty

import (
	"cmp"
	"context"
	"log/slog"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// Options is what the service needs from the node.
type Options struct {
	Node wire.NodeName // what sessions are told when the gateway does not say
	Dir  string        // where sessions start that do not say where
	Log  *slog.Logger
}

// Service serves the terminals of this machine to its gateway.
type Service struct {
	node    wire.NodeName
	manager *Manager
	changed *rpc.Topic[terminal.Session]
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{node: o.Node, changed: rpc.Events(terminal.Changed)}
	s.manager = NewManager(Config{Dir: o.Dir, Changed: s.changed.Publish, Log: o.Log})
	return s
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(terminal.Start, s.start),
		rpc.ServeStream(terminal.Attach, s.attach),
		rpc.Serve(terminal.Input, s.input),
		rpc.Serve(terminal.Resize, s.resize),
		rpc.Serve(terminal.Kill, s.kill),
		rpc.Serve(terminal.List, s.list),
		s.changed,
	}
}

// Run owns the sessions; when ctx ends, they are hung up.
func (s *Service) Run(ctx context.Context) error { return s.manager.Run(ctx) }

// Sessions counts the programs that run.
func (s *Service) Sessions() int { return s.manager.Running() }

func (s *Service) start(_ context.Context, who tsidentity.Caller, p terminal.StartParams) (terminal.Session, error) {
	p.Node = cmp.Or(p.Node, s.node)
	return s.manager.Start(p, who.OnBehalf)
}

func (s *Service) attach(_ context.Context, _ tsidentity.Caller, p terminal.AttachParams) (terminal.Attached, rpc.Pump, error) {
	session, err := s.manager.Get(p.Session)
	if err != nil {
		return terminal.Attached{}, nil, err
	}
	a, err := session.Attach(p.Offset)
	if err != nil {
		return terminal.Attached{}, nil, err
	}
	return a, func(ctx context.Context, st *rpc.Stream) error {
		return session.Serve(ctx, viewerStream{st}, a.Offset, p.Watch)
	}, nil
}

func (s *Service) input(ctx context.Context, _ tsidentity.Caller, p terminal.InputParams) (wire.Nothing, error) {
	session, err := s.manager.Get(p.Session)
	if err != nil {
		return wire.Nothing{}, err
	}
	return wire.Nothing{}, session.Type(ctx, []byte(p.Data))
}

func (s *Service) resize(_ context.Context, _ tsidentity.Caller, p terminal.ResizeParams) (wire.Nothing, error) {
	session, err := s.manager.Get(p.Session)
	if err != nil {
		return wire.Nothing{}, err
	}
	return wire.Nothing{}, session.Resize(p.Cols, p.Rows)
}

func (s *Service) kill(_ context.Context, _ tsidentity.Caller, p terminal.KillParams) (wire.Nothing, error) {
	return wire.Nothing{}, s.manager.Kill(p.Session)
}

func (s *Service) list(context.Context, tsidentity.Caller, terminal.ListParams) (terminal.Sessions, error) {
	return terminal.Sessions{Sessions: s.manager.List()}, nil
}

// viewerStream is an rpc stream as a viewer needs it.
type viewerStream struct{ *rpc.Stream }

// Recv returns what the viewer typed next.
func (v viewerStream) Recv(ctx context.Context) ([]byte, error) {
	c, err := v.Stream.Recv(ctx)
	return c.Data, err
}
