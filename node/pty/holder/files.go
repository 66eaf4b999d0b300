package holder

import (
	"context"
	"path/filepath"
	"sync"
	"time"

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
	manager *Manager
	idle    time.Duration // see idleMoving

	mu      sync.Mutex
	moving  map[wire.SessionID]int // files, by session
	all     int
	uploads map[string]*upload // by the path of the part
}

func newFiles(m *Manager) *files {
	return &files{manager: m, idle: idleMoving, moving: map[wire.SessionID]int{}, uploads: map[string]*upload{}}
}

// place returns the disk that a session has, and the path that it means.
func (f *files) place(id wire.SessionID, path string) (disk, string, error) {
	f.manager.mu.Lock()
	at := f.manager.place
	f.manager.mu.Unlock()
	base := at.dir
	if id != "" {
		s, err := f.manager.Get(id)
		if err != nil {
			return disk{}, "", err
		}
		base = s.Folder()
	}
	return disk{at.account}, filepath.Clean(folder(path, base, at.account.home)), nil
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

func (f *files) list(_ context.Context, _ tsidentity.Caller, p terminal.ListFilesParams) (terminal.Folder, error) {
	d, dir, err := f.place(p.Session, p.Dir)
	if err != nil {
		return terminal.Folder{}, err
	}
	return d.list(dir)
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
