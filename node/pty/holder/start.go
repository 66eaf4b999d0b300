package holder

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"homie/node/pty/holder/marks"
	"homie/wire"
	"homie/wire/terminal"
)

// Start runs a program on a new terminal, for who.
func (m *Manager) Start(p terminal.StartParams, who wire.OnBehalf) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	m.mu.Lock()
	at := m.place
	m.mu.Unlock()
	if err := at.account.check(p.Account); err != nil {
		return terminal.Session{}, err
	}
	dir, err := startDir(p.Dir, at.dir, at.account.home)
	if err != nil {
		return terminal.Session{}, err
	}
	id := newID()
	env := environment(at.environ, p.Env, at.account, p.Node, id, dir)
	path, argv, err := resolve(p.Command, at.account, env, dir)
	if err != nil {
		return terminal.Session{}, err
	}
	if err := m.reserve(); err != nil {
		return terminal.Session{}, err
	}
	run := program{path: path, argv: argv, env: env, dir: dir, cols: p.Cols, rows: p.Rows}
	m.mark(&run)
	proc, err := start(run, m.children)
	ready := make(chan struct{})
	s := m.register(proc, terminal.Session{
		ID:        id,
		Node:      p.Node,
		Name:      cmp.Or(p.Name, nameOf(argv)),
		Group:     p.Group,
		Icon:      cmp.Or(p.Icon, terminal.IconTerminal),
		Command:   argv,
		Dir:       dir,
		Cwd:       dir,
		Account:   at.account.name,
		Cols:      p.Cols,
		Rows:      p.Rows,
		State:     terminal.Running,
		StartedAt: time.Now(),
		StartedBy: who.String(),
		Starter:   who.Key(),
	}, func(s *Session) {
		defer close(ready)
		m.recordFromStart(s, p.Record, who.String())
	})
	if err != nil {
		return terminal.Session{}, err
	}
	<-ready
	s.log.Info("session started", "for", who.String(), "dir", dir)
	info := s.Info()
	m.changed(s)
	s.reap() // the signal for a short program may have come before it was known
	return info, nil
}

// mark makes a shell mark what it does. One that can't is started as it is.
func (m *Manager) mark(p *program) {
	if m.cfg.StateDir == "" {
		return
	}
	dir, err := marks.Install(m.cfg.StateDir)
	if err != nil {
		m.cfg.Log.Warn("shells mark no commands", "err", err)
		return
	}
	p.argv, p.env = marks.For(dir, p.path, p.argv, p.env)
}

// reserve takes one of the places for running sessions.
func (m *Manager) reserve() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moving {
		return errMoving
	}
	if !m.open {
		return wire.Errorf(wire.Unavailable, "this machine's terminals are shutting down or not ready yet")
	}
	if n := m.runningLocked() + m.starting; n >= int(m.maxRunning.Load()) {
		return wire.Errorf(wire.Busy, "this machine runs %d terminals already, its limit; end one of them first", n)
	}
	m.starting++
	m.work.Add(1)
	return nil
}

// register turns a reserved place into a session, or gives it back if there is
// no process. What is to be done before the first of its output is read, prepare
// does.
func (m *Manager) register(proc process, info terminal.Session, prepare func(*Session)) *Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.starting--
	if proc == nil {
		m.work.Done()
		return nil
	}
	m.started++
	s := newSession(info, m.started, proc, m.cfg.Log, m.changed)
	m.sessions[info.ID] = s
	go func() {
		defer m.work.Done()
		prepare(s)
		s.run()
	}()
	if !m.open { // Run ended meanwhile, and waits
		m.work.Go(s.End)
	}
	return s
}

// newID returns 40 random bits in eight lower-case letters and digits, short
// enough to be read out. Rights protect a session, not its id.
func newID() wire.SessionID {
	var b [5]byte
	rand.Read(b[:])
	return wire.SessionID(strings.ToLower(base32.StdEncoding.EncodeToString(b[:])))
}

func nameOf(argv []string) string {
	if len(argv) == 0 {
		return ""
	}
	return programName(argv[0])
}
