package holder

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"homie/rpc"
	"homie/wire"
)

// Bounds of the agents.
const (
	maxAgents   = 16               // accounts that have one
	agentIdle   = 30 * time.Second // without use, before it ends
	agentTime   = 10 * time.Second // from starting one to its answer
	agentEnding = 2 * time.Second  // from closing its socket to SIGKILL
)

// agents are the processes that act as other accounts, one for each account in
// use. They start when they are needed, and end when they have not been for a
// while.
type agents struct {
	version string
	log     *slog.Logger
	// start runs one; tests replace it.
	start func(a account, environ []string) (child, error)
	idle  time.Duration

	mu      sync.Mutex
	running map[string]*agent // by account
	work    sync.WaitGroup
}

// child is the process of an agent.
type child struct {
	conn net.Conn
	// end waits for the process after conn was closed, and kills it if it takes
	// too long.
	end func()
	// said is what it complained of.
	said func() string
}

// agent is one of them, from the holder's side.
type agent struct {
	uid   uint32
	ready chan struct{} // closed when conn or err is set
	conn  *rpc.Conn
	err   error

	// Guarded by agents.mu:
	users int
	quiet *time.Timer
}

func newAgents(version string, log *slog.Logger) *agents {
	return &agents{version: version, log: log, start: startAgent, idle: agentIdle, running: map[string]*agent{}}
}

// use returns the connection to the account's agent, which stays until leave is
// called.
func (as *agents) use(ctx context.Context, a account, environ []string) (c *rpc.Conn, leave func(), err error) {
	g, err := as.take(a, environ)
	if err != nil {
		return nil, nil, err
	}
	leave = sync.OnceFunc(func() { as.leave(a.name, g) })
	select {
	case <-g.ready:
		err = g.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		leave()
		return nil, nil, err
	}
	return g.conn, leave, nil
}

// take counts a user of the account's agent, which it starts if there is none.
func (as *agents) take(a account, environ []string) (*agent, error) {
	as.mu.Lock()
	defer as.mu.Unlock()
	g := as.running[a.name]
	if g != nil && g.uid == a.other.UID && !g.over() {
		g.users++
		if g.quiet != nil {
			g.quiet.Stop()
		}
		return g, nil
	}
	if g == nil && len(as.running) >= maxAgents {
		return nil, wire.Errorf(wire.Busy, "programs of %d accounts are in use on this machine already, the limit. Try again in a minute.", maxAgents).After(agentIdle)
	}
	g = &agent{uid: a.other.UID, ready: make(chan struct{}), users: 1}
	as.running[a.name] = g
	as.work.Go(func() { as.carry(a, environ, g) })
	return g, nil
}

// over reports whether the agent answers no more.
func (g *agent) over() bool {
	if !isClosed(g.ready) {
		return false
	}
	return g.err != nil || isClosed(g.conn.Done())
}

// leave is the end of a use.
func (as *agents) leave(name string, g *agent) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if g.users--; g.users > 0 {
		return
	}
	g.quiet = time.AfterFunc(as.idle, func() {
		as.mu.Lock()
		unused := g.users == 0
		if unused && as.running[name] == g {
			delete(as.running, name)
		}
		as.mu.Unlock()
		if unused {
			as.close(g)
		}
	})
}

// close ends an agent's connection, and so the agent.
func (as *agents) close(g *agent) {
	<-g.ready
	if g.conn != nil {
		g.conn.Close(rpc.ErrClosed)
	}
}

// carry is an agent's life, as the holder sees it.
func (as *agents) carry(a account, environ []string, g *agent) {
	defer func() {
		as.mu.Lock()
		defer as.mu.Unlock()
		if as.running[a.name] == g {
			delete(as.running, a.name)
		}
	}()
	proc, err := as.start(a, environ)
	if err != nil {
		as.fail(a, g, err)
		return
	}
	defer proc.end()
	defer proc.conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), agentTime)
	defer cancel()
	c, err := rpc.Dialer{URL: "http://agent", NetDial: func(context.Context, string, string) (net.Conn, error) { return proc.conn, nil }}.Dial(ctx)
	if err != nil {
		as.fail(a, g, fmt.Errorf("%w: %.300q", err, proc.said()))
		return
	}
	c.SetKeepalive(rpc.ClientKeepalive)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(context.Background()) // what ended it shows in the calls on it
	}()
	if _, err := c.Hello(ctx, wire.ClientInfo{Kind: "holder", Version: as.version}); err != nil {
		c.Close(rpc.ErrClosed)
		as.fail(a, g, err)
	} else {
		as.log.Debug("a process acts as another account", "account", a.name)
		g.conn = c
		close(g.ready)
	}
	<-ended
}

func (as *agents) fail(a account, g *agent, err error) {
	as.log.Warn("no process for another account", "account", a.name, "err", err)
	g.err = wire.Errorf(wire.Unavailable, "Homie can't run as %s on this machine at the moment; its program must be one that every account may run, and its log there (holder.log) says more.", a.name).Because(err)
	close(g.ready)
}

// end ends all of them and returns when they have. More may be started
// afterwards.
func (as *agents) end() {
	as.mu.Lock()
	all := make([]*agent, 0, len(as.running))
	for _, g := range as.running {
		all = append(all, g)
	}
	as.mu.Unlock()
	for _, g := range all {
		as.close(g)
	}
	as.work.Wait()
}
