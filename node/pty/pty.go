// Package pty is the node's terminals, as its gateway sees them: a relay to the
// process that holds them.
//
//	gateway ── the node's link ──> Service ── unix socket ──> holder
//
// The Service finds the holder of the node's state directory, or starts it, and
// keeps one connection to it. Calls are passed on with the person they are made
// for; attached terminals are joined frame by frame with the viewer's own
// credit, so that the node queues nothing. When the holder runs another program
// than the node, it is asked to replace itself, before anything is passed on.
//
// What runs lives in the holder (see the folder holder) and outlives the node:
// when Run returns, nothing of it has ended. What people may is decided by the
// gateway; here it is seen to that the gateway keeps within its bound, see bound.go.
package pty

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// Options is what the service needs from the node.
type Options struct {
	Node     wire.NodeName // what sessions are told when the gateway does not say
	Dir      string        // where sessions start that do not say where
	StateDir string        // the node's
	Version  string
	// Linger is how long sessions outlive a node that has gone; 0 is for ever.
	Linger time.Duration
	// MaxSessions bounds the sessions whose programs run. Default: 64.
	MaxSessions int
	// IdleEnd is after how long without use sessions end, after they said so; 0
	// is never.
	IdleEnd time.Duration
	// Recording is what is recorded and kept.
	Recording Recording
	// MaxUpload bounds the files that are sent here, in bytes; 0 is for no bound
	// but the disk's.
	MaxUpload int64
	// Launch starts a holder where none is. Default: this program as 'homie
	// holder', in a session of its own.
	Launch Launch
	Log    *slog.Logger
}

// Recording is what a node wants of its recordings.
type Recording struct {
	All      bool // record each session from its start
	Days, MB int  // how long they are kept, and how much in all; 0 is the default
}

// Launch starts the holder of a state directory and does not wait until it
// answers. It may be called again when one does not.
type Launch func(ctx context.Context, stateDir string) error

// Service serves the terminals of this machine to its gateway.
type Service struct {
	o       Options
	changed *rpc.Topic[terminal.Session]

	mu   sync.Mutex
	conn *rpc.Conn     // to the holder, nil while there is none
	news chan struct{} // closed when conn or broken changes
	// broken is why there will never be one.
	broken error
	known  map[wire.SessionID]terminal.Session // as last published
}

// New returns the service.
func New(o Options) *Service {
	if o.Launch == nil {
		o.Launch = Program("")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		o: o, changed: rpc.Events(terminal.Changed).View(shown),
		news: make(chan struct{}), known: map[wire.SessionID]terminal.Session{},
	}
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(terminal.Start, s.start),
		rpc.ServeStream(terminal.Attach, join(s, terminal.Attach)),
		rpc.Serve(terminal.Input, passOn(s, terminal.Input, once)),
		rpc.Serve(terminal.Resize, passOn(s, terminal.Resize, again)),
		rpc.Serve(terminal.Kill, passOn(s, terminal.Kill, once)),
		rpc.Serve(terminal.Update, passOn(s, terminal.Update, again)),
		rpc.Serve(terminal.Multiplexers, s.multiplexers),
		rpc.Serve(terminal.List, s.list),
		rpc.Serve(terminal.ListFiles, passOn(s, terminal.ListFiles, again)),
		rpc.ServeStream(terminal.ReadFile, join(s, terminal.ReadFile)),
		rpc.ServeStream(terminal.WriteFile, s.writeFile),
		rpc.Serve(terminal.Control, passOn(s, terminal.Control, once)),
		rpc.Serve(terminal.Record, passOn(s, terminal.Record, once)),
		rpc.Serve(terminal.RecordStop, passOn(s, terminal.RecordStop, again)),
		rpc.Serve(terminal.RecordingList, s.recordings),
		rpc.ServeStream(terminal.RecordingRead, join(s, terminal.RecordingRead)),
		rpc.Serve(terminal.RecordingDelete, passOn(s, terminal.RecordingDelete, once)),
		s.changed,
	}
}

// Sessions counts the programs that run, as far as the node knows.
func (s *Service) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for v := range maps.Values(s.known) {
		if v.State == terminal.Running {
			n++
		}
	}
	return n
}

// tell makes a call to the holder, for whoever the gateway calls for.
func tell[P, R any](ctx context.Context, s *Service, who tsidentity.Caller, m wire.Method[P, R], p P, tries int) (r R, err error) {
	err = s.withHolder(ctx, tries, func(c *rpc.Conn) (err error) {
		r, err = rpc.Invoke(rpc.WithOnBehalf(ctx, who), c, m, p)
		return err
	})
	return r, err
}

// passOn returns a handler that makes the same call to the holder.
func passOn[P, R any](s *Service, m wire.Method[P, R], tries int) func(context.Context, tsidentity.Caller, P) (R, error) {
	return func(ctx context.Context, who tsidentity.Caller, p P) (r R, err error) {
		if _, err := s.mayCall(ctx, who, m.Capability, p); err != nil {
			return r, err
		}
		return tell(ctx, s, who, m, p, tries)
	}
}

// join returns a handler that opens the same stream to the holder and joins the
// two, for as long as that is within the bound.
func join[P, R any](s *Service, m wire.Method[P, R]) func(context.Context, tsidentity.Caller, P) (R, rpc.Pump, error) {
	return func(ctx context.Context, who tsidentity.Caller, p P) (out R, _ rpc.Pump, err error) {
		account, err := s.mayCall(ctx, who, m.Capability, p)
		if err != nil {
			return out, nil, err
		}
		var far *rpc.Stream
		err = s.withHolder(ctx, again, func(c *rpc.Conn) (err error) {
			out, far, err = rpc.Open(rpc.WithOnBehalf(ctx, who), c, m, p)
			return err
		})
		if err != nil {
			return out, nil, err
		}
		return out, func(ctx context.Context, near *rpc.Stream) error {
			near.Guard(func(who tsidentity.Caller) error { return s.may(who, needs(m.Capability, p), account) })
			return lost(rpc.Relay(ctx, near, far))
		}, nil
	}
}

// start passes a call on, and knows the session from the answer: the holder's
// own word of it may come later, and never does from one that dies before it.
func (s *Service) start(ctx context.Context, who tsidentity.Caller, p terminal.StartParams) (v terminal.Session, err error) {
	if _, err := s.mayCall(ctx, who, terminal.Start.Capability, p); err != nil {
		return v, err
	}
	err = s.withHolder(ctx, once, func(c *rpc.Conn) (err error) {
		if v, err = rpc.Invoke(rpc.WithOnBehalf(ctx, who), c, terminal.Start, p); err == nil {
			s.learn(c, v)
		}
		return err
	})
	return v, err
}

// writeFile lets pass what is not larger than this machine takes.
func (s *Service) writeFile(ctx context.Context, who tsidentity.Caller, p terminal.WriteFileParams) (terminal.Writing, rpc.Pump, error) {
	if s.o.MaxUpload > 0 && p.Size > s.o.MaxUpload {
		return terminal.Writing{}, nil, wire.Errorf(wire.TooLarge, "%s is too large: this machine takes files of up to %d bytes, as its --max-upload says.", p.Name, s.o.MaxUpload)
	}
	return join(s, terminal.WriteFile)(ctx, who, p)
}

func (s *Service) list(ctx context.Context, who tsidentity.Caller, p terminal.ListParams) (terminal.Sessions, error) {
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken != nil { // and so nothing ever ran
		return terminal.Sessions{Sessions: []terminal.Session{}}, nil
	}
	all, err := tell(ctx, s, who, terminal.List, p, again)
	all.Sessions = slices.DeleteFunc(all.Sessions, func(v terminal.Session) bool {
		return !who.MayUse(terminal.List.Capability, v.Account)
	})
	return all, err
}

// How often a call may be made to a holder that goes away meanwhile, as one does
// that is replaced: what has an effect of its own is not repeated.
const (
	once  = 1
	again = 3
)

// holderTime bounds how long a call waits for a holder that is being started or
// replaced.
const holderTime = 3 * time.Second

// withHolder makes a call to the holder.
func (s *Service) withHolder(ctx context.Context, tries int, call func(*rpc.Conn) error) (err error) {
	var c *rpc.Conn
	for range tries {
		if c, err = s.holder(ctx, c); err != nil {
			return err
		}
		err = call(c)
		if !errors.Is(err, rpc.ErrClosed) && !isMoving(err) {
			return err
		}
	}
	return lost(err)
}

// isMoving reports whether a holder refused a call because it is being replaced
// at the moment.
func isMoving(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	return ok && e.Data.Reason == wire.Unavailable && e.Data.RetryAfterMs > 0
}

// holder returns the connection to the holder, another one than old.
func (s *Service) holder(ctx context.Context, old *rpc.Conn) (*rpc.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, holderTime)
	defer cancel()
	for {
		s.mu.Lock()
		conn, news, broken := s.conn, s.news, s.broken
		s.mu.Unlock()
		switch {
		case broken != nil:
			return nil, broken
		case conn != nil && conn != old:
			return conn, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, errAway.Because(context.Cause(ctx))
		}
	}
}

// errAway says that the holder does not answer, which passes.
var errAway = wire.Errorf(wire.Unavailable, "The terminals of this machine do not answer at the moment. Try again.").After(100 * time.Millisecond)

// lost says in words that the holder went away during a call.
func lost(err error) error {
	if errors.Is(err, rpc.ErrClosed) {
		return errAway.Because(err)
	}
	return err
}
