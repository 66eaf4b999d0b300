package holder

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// Bounds of the files that are under way.
const (
	maxMoving           = 64 // of a machine
	maxMovingPerSession = 16
	// idleMoving is how long neither side may make a file wait.
	idleMoving = 2 * time.Minute
)

// files moves files to and from sessions.
type files struct {
	// place says as whom a session or an account opens a path, and which one is
	// meant.
	place func(id wire.SessionID, account, path string) (standing, error)
	// agent returns the process that opens files as another account, until leave
	// is called; nil where there is no other.
	agent func(context.Context, account) (c *rpc.Conn, leave func(), err error)
	idle  time.Duration // see idleMoving

	mu      sync.Mutex
	moving  map[wire.SessionID]int // files, by session
	all     int
	uploads map[string]*upload // by the path of the part
}

// standing is a path, and the account that opens it.
type standing struct {
	account account
	path    string // absolute
}

func (s standing) disk() disk { return disk{s.account} }

func newFiles(place func(wire.SessionID, string, string) (standing, error), agent func(context.Context, account) (*rpc.Conn, func(), error)) *files {
	return &files{place: place, agent: agent, idle: idleMoving, moving: map[wire.SessionID]int{}, uploads: map[string]*upload{}}
}

// standing returns the account that a session has, or without one the account of
// a name, and what it means by a path.
func (m *Manager) standing(id wire.SessionID, name, path string) (standing, error) {
	m.mu.Lock()
	base := m.place.dir
	m.mu.Unlock()
	a, err := m.accountFor(name)
	if id != "" {
		s, notThere := m.Get(id)
		if notThere != nil {
			return standing{}, notThere
		}
		base = s.Folder()
		a, err = m.accountOf(s)
	}
	if err != nil {
		return standing{}, err
	}
	return standing{a, filepath.Clean(folder(path, base, a.home))}, nil
}

// use returns the process that acts as another account.
func (m *Manager) use(ctx context.Context, a account) (*rpc.Conn, func(), error) {
	m.mu.Lock()
	environ := m.place.environ
	m.mu.Unlock()
	return m.agents.use(ctx, a, environ)
}

// begin takes one of the places for files that are under way.
func (f *files) begin(id wire.SessionID) (end func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all >= maxMoving || f.moving[id] >= maxMovingPerSession {
		return nil, wire.Errorf(wire.Busy, "%d files are under way already, the limit. Wait until one of them is there.", f.moving[id]).After(time.Second)
	}
	f.all++
	f.moving[id]++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.all--
		if f.moving[id]--; f.moving[id] == 0 {
			delete(f.moving, id)
		}
	}), nil
}

func (f *files) list(ctx context.Context, _ tsidentity.Caller, p terminal.ListFilesParams) (terminal.Folder, error) {
	at, err := f.place(p.Session, p.Account, p.Dir)
	if err != nil {
		return terminal.Folder{}, err
	}
	if at.account.other == nil {
		return at.disk().list(at.path)
	}
	c, leave, err := f.agent(ctx, at.account)
	if err != nil {
		return terminal.Folder{}, err
	}
	defer leave()
	out, err := rpc.Invoke(ctx, c, terminal.ListFiles, terminal.ListFilesParams{Node: p.Node, Dir: at.path})
	out.Account, out.Home = at.account.name, at.account.home // whatever it says
	return out, gone(err)
}

// elsewhere has another account's process move a file, and joins its stream with
// the caller's.
func elsewhere[P, R any](ctx context.Context, f *files, id wire.SessionID, a account, m wire.Method[P, R], p P) (out R, _ rpc.Pump, err error) {
	end, err := f.begin(id)
	if err != nil {
		return out, nil, err
	}
	c, leave, err := f.agent(ctx, a)
	if err != nil {
		end()
		return out, nil, err
	}
	done := func() {
		leave()
		end()
	}
	out, far, err := rpc.Open(ctx, c, m, p)
	if err != nil {
		done()
		return out, nil, gone(err)
	}
	return out, func(ctx context.Context, near *rpc.Stream) error {
		defer done()
		return gone(rpc.Relay(ctx, near, far))
	}, nil
}

// gone says in words that an agent ended during a call.
func gone(err error) error {
	if errors.Is(err, rpc.ErrClosed) {
		return wire.Errorf(wire.Unavailable, "What opened files for this account was interrupted. Try again: a file goes on where it stopped.").Because(err).After(100 * time.Millisecond)
	}
	return err
}

// errIdle ends what nobody goes on with.
var errIdle = wire.Errorf(wire.Timeout, "Nothing came or went for too long, so this was given up. Try again: it goes on where it stopped.")

// whileMoving is ctx with an end if beat is not called for a while.
func whileMoving(ctx context.Context, idle time.Duration) (_ context.Context, beat func(), stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := time.AfterFunc(idle, func() { cancel(errIdle) })
	return ctx, func() { t.Reset(idle) }, func() {
		t.Stop()
		cancel(nil)
	}
}
