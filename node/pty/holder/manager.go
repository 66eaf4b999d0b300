package holder

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"homie/internal/accounts"
	"homie/wire"
	"homie/wire/holder"
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
	// StateDir is where recordings are kept, and where to put what shells read, to
	// mark what they do. Default: neither.
	StateDir string
	// Environ is what sessions inherit variables from. Default: this process's.
	Environ []string
	// MaxRunning bounds the sessions whose programs run, KeptExited those that
	// are kept to be read after their program ended; the oldest are dropped.
	MaxRunning, KeptExited int
	// Changed is told of each session that started, changed, ended or was
	// removed. It is called from one goroutine and may be told once of several
	// changes.
	Changed func(terminal.Session)
	// Accounts are those that sessions may run as, if this process is root.
	// Default: this machine's.
	Accounts accounts.Database
	// SharedDir is StateDir for what shells of other accounts read. Default: a
	// folder in /run.
	SharedDir string
	Version   string
	Log       *slog.Logger
}

// sharedDir is where only root makes folders, and which is empty after a start
// of the machine.
const sharedDir = "/run/homie-shells"

// Manager owns the sessions of a node. Its methods are safe for concurrent use;
// sessions start only while Run runs.
type Manager struct {
	cfg        Config
	wake       chan struct{} // capacity 1; there is news
	recordings *library
	agents     *agents
	children   *children // tells of programs that have ended
	// calls is held for reading by what starts sessions or types by a call,
	// and for writing while the sessions move to another program.
	calls sync.RWMutex

	maxRunning atomic.Int64 // see SetMaxRunning

	idleEnd atomic.Int64  // a time.Duration; see endIdle
	idleSet chan struct{} // capacity 1; idleEnd has changed

	mu       sync.Mutex
	place    place
	open     bool // Run runs
	moving   bool // see freeze
	sessions map[wire.SessionID]*Session
	started  uint64 // number of sessions ever
	starting int    // programs being started
	news     map[*Session]struct{}
	work     sync.WaitGroup // one for each session's goroutine; grows while open
}

// place is where and as whom sessions start.
type place struct {
	dir     string // "" for the account's home
	environ []string
	account account
}

func newPlace(dir string, environ []string) place {
	return place{dir: dir, environ: environ, account: ownAccount(environ)}
}

// SetPlace changes the folder that sessions start in if they don't say where,
// and what they inherit variables from.
func (m *Manager) SetPlace(dir string, environ []string) {
	p := newPlace(dir, environ)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.place = p
}

// SetMaxRunning bounds the sessions whose programs run; 0 is what Config says.
// Those over a smaller bound run on.
func (m *Manager) SetMaxRunning(most int) {
	m.maxRunning.Store(int64(cmp.Or(most, m.cfg.MaxRunning)))
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
	if cfg.Environ == nil {
		cfg.Environ = os.Environ()
	}
	if cfg.Accounts == (accounts.Database{}) {
		cfg.Accounts = accounts.System()
	}
	cfg.SharedDir = cmp.Or(cfg.SharedDir, sharedDir)
	m := &Manager{
		cfg:        cfg,
		place:      newPlace(cfg.Dir, cfg.Environ),
		wake:       make(chan struct{}, 1),
		idleSet:    make(chan struct{}, 1),
		children:   newChildren(),
		agents:     newAgents(cfg.Version, cfg.Log),
		recordings: newLibrary(cfg.StateDir, policyOf(holder.AdoptParams{}), cfg.Log),
		sessions:   map[wire.SessionID]*Session{},
		news:       map[*Session]struct{}{},
	}
	m.SetMaxRunning(0)
	return m
}

// Run carries the sessions until ctx ends, then ends them, and returns when
// they have ended, after a few seconds at most.
func (m *Manager) Run(ctx context.Context) error {
	defer heedSignals()()
	m.setOpen(true)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var helpers sync.WaitGroup
	helpers.Go(func() { m.children.watch(running, m.reap) })
	helpers.Go(func() { m.announce(running) })
	helpers.Go(func() { m.watchIdle(ctx) })
	helpers.Go(func() { m.recordings.keep(running) })

	<-ctx.Done()
	m.setOpen(false)
	m.endAll()
	m.work.Wait()
	m.agents.end()
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
	return nil, errUnknown(id)
}

// errUnknown is told of a session that is not there. Whether it ended, or was
// taken along by a machine that started again, nobody remembers.
func errUnknown(id wire.SessionID) *wire.Error {
	return wire.Errorf(wire.NotFound, "the terminal %s has ended and is no longer kept", id)
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

// Type writes text to a session's program, for a call by somebody. See
// Session.Type.
func (m *Manager) Type(ctx context.Context, id wire.SessionID, by wire.OnBehalf, p []byte) error {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(id)
	if err != nil {
		return err
	}
	if err := s.mayAct(by); err != nil {
		return err
	}
	_, err = s.Type(ctx, p)
	return err
}

// Resize sets the size of a session's window, for a call by somebody.
func (m *Manager) Resize(id wire.SessionID, by wire.OnBehalf, cols, rows int) error {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(id)
	if err != nil {
		return err
	}
	if err := s.mayAct(by); err != nil {
		return err
	}
	return s.Resize(cols, rows)
}

// Control sets who may type into a session. See Session.Control.
func (m *Manager) Control(by wire.OnBehalf, p terminal.ControlParams) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(p.Session)
	if err != nil {
		return terminal.Session{}, err
	}
	if err := s.Control(by, p); err != nil {
		return terminal.Session{}, err
	}
	return s.Info(), nil
}

// Kill starts to end a session, or removes one that has ended. It does not wait
// for the program; Changed tells.
func (m *Manager) Kill(id wire.SessionID) error {
	m.calls.RLock()
	defer m.calls.RUnlock()
	return m.kill(id)
}

// kill is Kill for who holds calls.
func (m *Manager) kill(id wire.SessionID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[id]
	switch {
	case s == nil:
		return errUnknown(id)
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
