// Package audit keeps the record of who did what: each consequential act and
// each refusal, in order, append-only.
//
// An entry names the person and the device, the method and what it acted on,
// the decision and why. It holds no arguments beyond the target, so that no
// secret and no terminal text gets into it. The oldest entries are dropped
// beyond keepEntries.
//
// The same act again, by the same device and within repeatWindow, is counted in
// the entry that is there: whoever does one thing a hundred times a second does
// not push out what others did. Nothing else of an entry ever changes.
package audit

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
)

const (
	keepEntries = 100_000
	pruneBatch  = 1_000 // entries over the bound before a prune, and pruned at once
	maxPage     = 500

	repeatWindow = 10 * time.Minute
	maxRecent    = 4096 // acts that are remembered to be repeated
)

var entries = store.NewSequence[uint64, Entry]("audit")

// Service writes and reads the audit log.
type Service struct {
	db  *store.Store
	log *slog.Logger

	mu     sync.Mutex
	recent map[act]first
}

// act is what makes two entries the same.
type act struct{ caller, method, target string }

// first is the entry that an act has.
type first struct {
	seq uint64
	at  time.Time
}

// New returns the service; it needs no Run.
func New(db *store.Store, log *slog.Logger) *Service {
	return &Service{db: db, log: log, recent: map[act]first{}}
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("audit.list", "audit:read", s.list),
	}
}

// Run does nothing until ctx ends: entries are written as they come.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Record appends an entry, or counts the repetition of one. A full disk must not
// stop the house, so a failure is logged and the call goes on.
func (s *Service) Record(_ context.Context, a rpc.Audit) {
	same := act{a.Caller.Key(), a.Method, a.Target}
	before, again := s.before(same, a)
	var seq uint64
	err := s.db.Update(func(tx *store.Tx) error {
		if again {
			done, err := repeat(tx, before, a.At)
			if err != nil || done {
				return err
			}
		}
		e, err := entries.Append(tx, func(seq uint64) Entry { return entryOf(seq, a) })
		if err != nil {
			return err
		}
		seq = e.Seq
		return s.prune(tx, e.Seq)
	})
	if err == nil && seq != 0 && a.Decision == allowed {
		s.remember(same, first{seq, a.At})
	}
	if err != nil {
		s.log.Error("audit entry lost", "method", a.Method, "caller", a.Caller.Name(), "request_id", a.RequestID, "err", err)
	}
}

// allowed is the decision of what was done. Of what was not, rpc bounds the
// entries.
const allowed = "allowed"

// before returns the entry of the same act, if there is a recent one.
func (s *Service) before(same act, a rpc.Audit) (seq uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.recent[same]
	return f.seq, ok && a.Decision == allowed && a.At.Sub(f.at) < repeatWindow
}

func (s *Service) remember(same act, f first) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) >= maxRecent {
		maps.DeleteFunc(s.recent, func(_ act, old first) bool { return f.at.Sub(old.at) >= repeatWindow })
	}
	if len(s.recent) >= maxRecent {
		clear(s.recent) // entries are repeated rather than lost
	}
	s.recent[same] = f
}

// repeat counts one more in an entry; done is false if that was pruned.
func repeat(tx *store.Tx, seq uint64, at time.Time) (done bool, err error) {
	e, ok, err := entries.Get(tx, seq)
	if err != nil || !ok {
		return false, err
	}
	e.Again++
	at = at.UTC().Truncate(time.Millisecond)
	e.LastAt = &at
	return true, entries.Put(tx, seq, e)
}

// prune drops the oldest entries in batches, so that most writes do not scan.
func (s *Service) prune(tx *store.Tx, newest uint64) error {
	if newest%pruneBatch != 0 || newest <= keepEntries {
		return nil
	}
	for seq := range entries.Range(tx, 0, newest-keepEntries) {
		if err := entries.Delete(tx, seq); err != nil {
			return err
		}
	}
	return nil
}

func entryOf(seq uint64, a rpc.Audit) Entry {
	return Entry{
		Seq: seq, At: a.At.UTC().Truncate(time.Millisecond),
		Person: a.Caller.Name(), Login: a.Caller.Person.Login,
		Device: a.Caller.Device.Name, DeviceID: a.Caller.Device.ID,
		Class:  string(a.Caller.Class),
		Method: a.Method, Target: a.Target,
		Decision: a.Decision, Reason: a.Reason, RequestID: a.RequestID,
	}
}

// list returns entries, newest first. Page back by giving the smallest seq seen
// as before.
func (s *Service) list(_ context.Context, _ tsidentity.Caller, p ListParams) (Entries, error) {
	limit := p.Limit
	if limit == 0 {
		limit = 100
	}
	out := Entries{Entries: []Entry{}}
	err := s.db.View(func(tx *store.Tx) error {
		page := entries.Latest(tx, limit)
		if p.Before > 0 {
			page = entries.Before(tx, p.Before, limit)
		}
		for _, e := range page {
			out.Entries = append(out.Entries, e)
		}
		return nil
	})
	return out, err
}
