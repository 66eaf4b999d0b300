package audit

import (
	"context"
	"errors"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wireaudit "homie/wire/audit"
	wirenodes "homie/wire/nodes"
)

// Machines are those of the household, which remember the log's head.
type Machines interface {
	Nodes() ([]wirenodes.Node, error)
	Link(name wire.NodeName) (wirenodes.Node, *rpc.Conn, error)
}

// nobody remembers anything.
type nobody struct{}

// Nodes returns none.
func (nobody) Nodes() ([]wirenodes.Node, error) { return nil, nil }

// Link finds none.
func (nobody) Link(name wire.NodeName) (wirenodes.Node, *rpc.Conn, error) {
	return wirenodes.Node{}, nil, wire.Errorf(wire.NotFound, "there is no machine called %q", name)
}

// telling is what a machine was told last, and on which connection.
type telling struct {
	conn   *rpc.Conn
	head   wireaudit.Head
	refuse string // why it did not take it
}

// askTime bounds how long one machine may take to answer.
const askTime = 3 * time.Second

// tell has each machine that is connected remember the head, if it does not.
func (s *Service) tell(ctx context.Context) {
	head, err := s.readHead()
	if err != nil {
		s.log.Error("reading the head of the audit log", "err", err)
		return
	}
	if head.Seq == 0 {
		return
	}
	s.each(func(_ int, n wirenodes.Node, c *rpc.Conn) {
		s.mu.Lock()
		was := s.told[n.Device]
		s.mu.Unlock()
		if c == nil || (was.conn == c && was.head == head) {
			return
		}
		ask, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		_, err := rpc.Invoke(ask, c, wireaudit.Keep, head)
		now := telling{conn: c, head: head}
		switch wire.ReasonOf(err) {
		case "", wire.UnknownMethod: // a machine of before does without
		case wire.Conflict:
			now.refuse = err.Error()
			s.log.Warn("a machine does not take the head of the audit log", "node", n.Name, "err", err)
		default:
			if !errors.Is(err, rpc.ErrClosed) {
				s.log.Debug("telling the head of the audit log", "node", n.Name, "err", err)
			}
			return // the next time, perhaps
		}
		s.mu.Lock()
		s.told[n.Device] = now
		s.mu.Unlock()
	})
}

// each calls f for all machines at once, with nil for the connection of one that
// has none, and waits.
func (s *Service) each(f func(i int, n wirenodes.Node, c *rpc.Conn)) {
	all, err := s.machines.Nodes()
	if err != nil {
		s.log.Error("reading the machines", "err", err)
		return
	}
	var group sync.WaitGroup
	for i, n := range all {
		group.Go(func() {
			_, c, err := s.machines.Link(n.Name)
			if err != nil {
				c = nil
			}
			f(i, n, c)
		})
	}
	group.Wait()
}

func (s *Service) readHead() (head wireaudit.Head, err error) {
	err = s.db.View(func(tx *store.Tx) error {
		head, err = headOf(tx)
		return err
	})
	return head, err
}

// head returns the log's head, and what the machines remember of it, which they
// are asked for.
func (s *Service) head(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (HeadResult, error) {
	out := HeadResult{Machines: s.witnesses(ctx), Waiting: s.waits()}
	var err error
	out.Head, err = s.readHead()
	return out, err
}

// witnesses asks the machines what they remember.
func (s *Service) witnesses(ctx context.Context) []Witness {
	out := []Witness{}
	var mu sync.Mutex
	s.each(func(i int, n wirenodes.Node, c *rpc.Conn) {
		w := Witness{Node: n.Name, Device: n.Device}
		if c == nil {
			w.Why = "it is not connected"
		} else {
			ask, cancel := context.WithTimeout(ctx, askTime)
			defer cancel()
			kept, err := rpc.Invoke(ask, c, wireaudit.Recall, wire.Nothing{})
			switch {
			case wire.ReasonOf(err) == wire.UnknownMethod:
				w.Why = "its Homie is too old to remember"
			case err != nil:
				w.Why = err.Error()
			default:
				w.Kept = &kept
			}
		}
		s.mu.Lock()
		w.Refuse = s.told[n.Device].refuse
		s.mu.Unlock()
		mu.Lock()
		defer mu.Unlock()
		out = append(out, w)
	})
	sortWitnesses(out)
	return out
}

func (s *Service) waits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) + s.lost.n
}
