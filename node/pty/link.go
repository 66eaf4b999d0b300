package pty

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/internal/localsock"
	"homie/node/pty/holder"
	"homie/rpc"
	"homie/wire"
	wireholder "homie/wire/holder"
	"homie/wire/terminal"
)

// Times of getting to the holder, which is on this machine.
const (
	firstPause   = time.Millisecond
	longestPause = time.Second
	answerTime   = 5 * time.Second // from starting a holder to its answer
)

// Run keeps a connection to the holder until ctx ends. The holder lives on.
func (s *Service) Run(ctx context.Context) error {
	socket, err := holder.Socket(s.o.StateDir)
	if err != nil {
		return err
	}
	l := &link{Service: s, socket: socket, asked: map[string]bool{}}
	pause, said := firstPause, ""
	for ctx.Err() == nil {
		linked, err := l.once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case wire.ReasonOf(err) == wire.Unsupported:
			s.offer(nil, err)
			<-ctx.Done()
			return nil
		case linked:
			pause, said = firstPause, ""
			s.o.Log.Debug("the holder of the terminals is gone", "err", err)
		case err != nil && err.Error() != said:
			said = err.Error()
			s.o.Log.Warn("no terminals yet", "err", err)
		}
		sleep(ctx, pause)
		pause = min(2*pause, longestPause)
	}
	return nil
}

// sleep waits for a pause or for ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// link is how the service gets to its holder.
type link struct {
	*Service
	socket string
	asked  map[string]bool // programs whose holders were asked to be replaced
}

// once makes a connection and carries it to its end; linked says that it came
// about.
func (l *link) once(ctx context.Context) (linked bool, err error) {
	c, err := l.reach(ctx)
	if err != nil {
		return false, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := c.Run(ctx); err != nil {
			return err
		}
		return rpc.ErrClosed
	})
	group.Go(func() error {
		if err := l.settle(ctx, c); err != nil {
			return err
		}
		l.offer(c, nil)
		linked = true
		return nil
	})
	err = group.Wait()
	l.offer(nil, nil)
	return linked, err
}

// reach connects to the holder, which it starts if there is none.
func (l *link) reach(ctx context.Context) (*rpc.Conn, error) {
	c, err := l.dial(ctx)
	if err == nil || ctx.Err() != nil {
		return c, err
	}
	if err := l.o.Launch(ctx, l.o.StateDir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, 20*time.Millisecond) {
		if c, err = l.dial(ctx); err == nil {
			return c, nil
		}
		sleep(ctx, pause)
	}
	return nil, fmt.Errorf("the process that holds the terminals does not answer (%w); its log is %s", err, filepath.Join(l.o.StateDir, holder.LogName))
}

func (l *link) dial(ctx context.Context) (*rpc.Conn, error) {
	c, err := rpc.Dialer{URL: "http://holder", NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return localsock.Dial(ctx, l.socket)
	}}.Dial(ctx)
	if err != nil {
		return nil, err
	}
	c.SetKeepalive(rpc.ClientKeepalive) // no cable can be cut, and nobody wakes for nothing
	return c, nil
}

// settle makes the holder this node's own: its program, its settings, its
// sessions.
func (l *link) settle(ctx context.Context, c *rpc.Conn) error {
	if _, err := c.Hello(ctx, wire.ClientInfo{Kind: "relay", Version: l.o.Version}); err != nil {
		return err
	}
	got, err := rpc.Invoke(ctx, c, wireholder.Adopt, l.settings())
	if err != nil {
		return err
	}
	if err := l.update(ctx, c, got); err != nil {
		return err
	}
	err = rpc.Subscribe(ctx, c, terminal.Changed, func(v terminal.Session, e wire.Event) {
		if e.Reset || e.Error != nil {
			c.Go(func(ctx context.Context) { l.catchUp(ctx, c) })
			return
		}
		l.publish(v)
	})
	if err != nil {
		return err
	}
	return l.look(ctx, c)
}

func (l *link) settings() wireholder.AdoptParams {
	dir := l.o.Dir
	if abs, err := filepath.Abs(dir); dir != "" && !strings.HasPrefix(dir, "~") && err == nil {
		dir = abs // the holder stands elsewhere
	}
	return wireholder.AdoptParams{
		Version: l.o.Version, Node: l.o.Node, Dir: dir, Environ: holder.Inherited(os.Environ()), LingerMs: l.o.Linger.Milliseconds(), IdleEndMs: l.o.IdleEnd.Milliseconds(),
		MaxSessions: l.o.MaxSessions,
		RecordAll:   l.o.Recording.All, RecordDays: l.o.Recording.Days, RecordMB: l.o.Recording.MB,
	}
}

// update makes the holder run the node's own program, if it runs another one.
// Each is asked once: one that can't is as good as before.
func (l *link) update(ctx context.Context, c *rpc.Conn, got wireholder.Adopted) error {
	path, mine, err := holder.Self()
	if err != nil || mine == got.Program || path == "" || l.asked[got.Program] {
		return err
	}
	l.asked[got.Program] = true
	l.o.Log.Info("the terminals are handed to this version", "from", got.Version, "to", l.o.Version, "sessions", got.Sessions)
	_, err = rpc.Invoke(ctx, c, wireholder.Replace, wireholder.ReplaceParams{Path: path})
	if errors.Is(err, rpc.ErrClosed) {
		return err // as it should be: the next connection is to this program
	}
	l.o.Log.Warn("the terminals stay with another version of Homie", "version", got.Version, "err", err)
	return nil
}

// catchUp looks again after events were missed.
func (l *link) catchUp(ctx context.Context, c *rpc.Conn) {
	if err := l.look(ctx, c); err != nil {
		c.Close(err) // the next connection looks, too
	}
}

// look publishes what is new in the list of sessions.
func (l *link) look(ctx context.Context, c *rpc.Conn) error {
	list, err := rpc.Invoke(ctx, c, terminal.List, terminal.ListParams{})
	if err != nil {
		return err
	}
	there := map[wire.SessionID]bool{}
	for _, v := range list.Sessions {
		there[v.ID] = true
		l.publish(v)
	}
	for _, v := range l.gone(there) {
		if v.State == terminal.Running { // its holder died, and took it along
			now := time.Now()
			v.State, v.EndedAt, v.Signal = terminal.Exited, &now, "SIGHUP"
			l.publish(v)
		}
		v.State = terminal.Removed
		l.publish(v)
	}
	return nil
}

// gone returns the sessions that were known and are not there any more.
func (l *link) gone(there map[wire.SessionID]bool) []terminal.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []terminal.Session
	for id, v := range l.known {
		if !there[id] {
			list = append(list, v)
		}
	}
	return list
}

// publish passes on what became of a session, unless that is known.
func (s *Service) publish(v terminal.Session) {
	s.mu.Lock()
	defer s.mu.Unlock() // what is told in another order than it is known misleads
	old, ok := s.known[v.ID]
	if ok && reflect.DeepEqual(old, v) {
		return
	}
	s.known[v.ID] = v
	if v.State == terminal.Removed {
		delete(s.known, v.ID)
	}
	s.changed.Publish(v)
}

// learn passes on a session that is not known yet and whose holder is still there.
func (s *Service) learn(c *rpc.Conn, v terminal.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known[v.ID]; ok || s.conn != c {
		return
	}
	s.known[v.ID] = v
	s.changed.Publish(v)
}

// offer lets calls pass to c, or wait for the next connection if it is nil.
func (s *Service) offer(c *rpc.Conn, broken error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.broken = c, broken
	close(s.news)
	s.news = make(chan struct{})
}
