package holder

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"homie/node/pty/holder/marks"
	"homie/rpc"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

// Start runs a program on a new terminal, for who.
func (m *Manager) Start(p terminal.StartParams, who wire.OnBehalf) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	m.mu.Lock()
	at := m.place
	m.mu.Unlock()
	var err error
	if at.account, err = m.accountFor(p.Account); err != nil {
		return terminal.Session{}, err
	}
	id := newID()
	run, err := m.program(at, p, id)
	if err != nil {
		return terminal.Session{}, err
	}
	if err := m.reserve(); err != nil {
		return terminal.Session{}, err
	}
	argv, dir := run.argv, run.dir // as people see them
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
		s.uid = at.account.uid()
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

// program finds what to run, and where, as the account sees them.
func (m *Manager) program(at place, p terminal.StartParams, id wire.SessionID) (program, error) {
	a := at.account
	own := a.environ(at.environ)
	run := program{cols: p.Cols, rows: p.Rows, as: a.other, accounts: m.cfg.Accounts}
	var err error
	if a.other != nil {
		err = m.programOf(at, p, own, &run)
	} else {
		run.dir, err = startDir(p.Dir, at.dir, a.home)
	}
	if err != nil {
		return run, err
	}
	run.env = environment(own, p.Env, a, p.Node, id, run.dir)
	if a.other == nil {
		run.path, run.argv, err = resolve(p.Command, a, run.env, run.dir)
	}
	return run, err
}

// programOf asks a process of another account.
func (m *Manager) programOf(at place, p terminal.StartParams, own []string, run *program) error {
	ctx, cancel := context.WithTimeout(context.Background(), agentTime)
	defer cancel()
	a := at.account
	c, leave, err := m.agents.use(ctx, a, at.environ)
	if err != nil {
		return err
	}
	defer leave()
	path, asked := p.Env["PATH"]
	if !asked {
		path = base(own)["PATH"]
	}
	got, err := rpc.Invoke(ctx, c, holder.Resolve, holder.ResolveParams{
		Dir: p.Dir, Base: at.dir, Home: a.home, Shell: a.shell, Command: p.Command, Path: path,
	})
	if err != nil {
		return gone(err)
	}
	run.dir, run.path, run.argv = got.Dir, got.Program, p.Command
	if len(p.Command) == 0 {
		run.argv = loginShell(got.Program)
	}
	return nil
}

// mark makes a shell mark what it does. One that can't is started as it is.
func (m *Manager) mark(p *program) {
	if m.cfg.StateDir == "" {
		return
	}
	dir, err := m.cfg.StateDir, error(nil)
	if p.as != nil { // whose shell can't read what is in there
		dir, err = shared(m.cfg.SharedDir)
	}
	if err == nil {
		dir, err = marks.Install(dir)
	}
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
