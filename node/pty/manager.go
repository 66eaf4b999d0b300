package pty

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"homie/wire"
	"homie/wire/terminal"
)

// Bounds of a node's sessions, if Config does not say otherwise.
const (
	maxRunning = 64
	keptExited = 16
)

// Config says how a Manager runs its sessions. Every field may be zero.
type Config struct {
	// Dir is where sessions start that do not say where; it may begin with ~.
	// Default: the account's home.
	Dir string
	// MaxRunning bounds the sessions whose programs run, KeptExited those that
	// are kept to be read after their program ended; the oldest are dropped.
	MaxRunning, KeptExited int
	// Changed is told of each session that started, changed, ended or was
	// removed. It is called from one goroutine and may be told once of several
	// changes.
	Changed func(terminal.Session)
	Log     *slog.Logger
}

// Manager owns the sessions of a node. Its methods are safe for concurrent use;
// sessions start only while Run runs.
type Manager struct {
	cfg     Config
	account account
	wake    chan struct{} // capacity 1; there is news

	mu       sync.Mutex
	open     bool // Run runs
	sessions map[wire.SessionID]*Session
	started  uint64 // number of sessions ever
	starting int    // programs being started
	news     map[*Session]struct{}
	work     sync.WaitGroup // one for each session's goroutine; grows while open
}

// NewManager returns a Manager without sessions.
func NewManager(cfg Config) *Manager {
	if cfg.MaxRunning == 0 {
		cfg.MaxRunning = maxRunning
	}
	if cfg.KeptExited == 0 {
		cfg.KeptExited = keptExited
	}
	if cfg.Changed == nil {
		cfg.Changed = func(terminal.Session) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{
		cfg:      cfg,
		account:  ownAccount(),
		wake:     make(chan struct{}, 1),
		sessions: map[wire.SessionID]*Session{},
		news:     map[*Session]struct{}{},
	}
}

// Run carries the sessions until ctx ends, then ends them, and returns when
// they have ended, after a few seconds at most.
func (m *Manager) Run(ctx context.Context) error {
	defer heedSignals()()
	m.setOpen(true)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var helpers sync.WaitGroup
	helpers.Go(func() { watchChildren(running, m.reap) })
	helpers.Go(func() { m.announce(running) })

	<-ctx.Done()
	m.setOpen(false)
	m.endAll()
	m.work.Wait()
	stop()
	helpers.Wait()
	return nil
}

func (m *Manager) setOpen(open bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = open
}

func (m *Manager) endAll() {
	var ends sync.WaitGroup
	for _, s := range m.all() {
		ends.Go(s.End)
	}
	ends.Wait()
}

func (m *Manager) reap() {
	for _, s := range m.all() {
		s.reap()
	}
}

// Get returns a session of this node.
func (m *Manager) Get(id wire.SessionID) (*Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sessions[id]; s != nil {
		return s, nil
	}
	return nil, wire.Errorf(wire.NotFound, "there is no session %s on this machine any more", id)
}

// List returns the sessions in the order in which they started.
func (m *Manager) List() []terminal.Session {
	all := m.all()
	list := make([]terminal.Session, 0, len(all))
	for _, s := range all {
		list = append(list, s.Info())
	}
	return list
}

// Running counts the sessions whose programs run.
func (m *Manager) Running() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.runningLocked()
}

// Kill starts to end a session, or removes one that has ended. It does not wait
// for the program; Changed tells.
func (m *Manager) Kill(id wire.SessionID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[id]
	switch {
	case s == nil:
		return wire.Errorf(wire.NotFound, "there is no session %s on this machine any more", id)
	case s.hasEnded():
		m.dropLocked(s)
		wake(m.wake)
	case m.open && !s.isKilled(): // otherwise it is being ended already
		m.work.Go(s.End)
	}
	return nil
}

func (m *Manager) all() []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Collect(maps.Values(m.sessions))
	slices.SortFunc(all, byOrder)
	return all
}

func (m *Manager) runningLocked() int {
	n := 0
	for _, s := range m.sessions {
		if !s.hasEnded() {
			n++
		}
	}
	return n
}
