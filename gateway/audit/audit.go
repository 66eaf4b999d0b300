// Package audit keeps the record of who did what: each consequential act and
// each refusal, in order, append-only, and so that a line that is removed or
// changed shows.
//
// An entry names the person and the device, the method and what it acted on, the
// arguments that the method has put on record, the decision and why; no secret
// and no terminal text gets into it. It is kept as one line of JSON that never
// changes, with the SHA-256 of the line before it:
//
//	{"seq":1,...,"prev":"000…"} <── {"seq":2,...,"prev":"SHA-256 of line 1"} <── ... head
//
// docs/audit.md is the format, for whoever checks it without Homie. The head is
// copied to the machines of the household, which remember how far the log was.
//
// The same act again, by the same device and within repeatWindow, is counted
// beside the log and becomes one entry when that time is over: whoever does one
// thing a hundred times a second does not push out what others did. The oldest
// entries are dropped beyond a bound; an entry says which, and with what hash
// they ended. What finds no room on the disk waits in memory, and what finds
// none there either is counted; the owner is told of both.
//
// Audit does not decide what is an act (rpc does), and stops none.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/wire"
)

const (
	keepEntries = 100_000
	pruneBatch  = 1_000 // entries over the bound before a prune, and pruned at once

	repeatWindow = 10 * time.Minute
	maxRecent    = 4096 // acts that are remembered to be repeated

	maxWaiting = 1_000           // entries in memory that found no room on the disk
	retryEvery = 5 * time.Second // to write them, to tell the machines, to end repetitions
)

// Service writes and reads the audit log.
type Service struct {
	db       *store.Store
	log      *slog.Logger
	machines Machines
	keep     uint64 // entries

	writing sync.Mutex // held over a write, so that entries stay in order

	mu      sync.Mutex
	recent  map[act]first
	waiting []item // to be written, the oldest first
	lost    lost
	full    error // why the last write failed, nil if it did not
	told    map[wire.DeviceID]telling
}

// New returns the service.
func New(db *store.Store, log *slog.Logger) *Service {
	return &Service{db: db, log: log, machines: nobody{}, keep: keepEntries, recent: map[act]first{}, told: map[wire.DeviceID]telling{}}
}

// CopyTo sets the machines that remember the log's head. Call before Run.
func (s *Service) CopyTo(m Machines) { s.machines = m }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Call("audit.list", "audit:read", s.list),
		rpc.Call("audit.export", "audit:read", s.export),
		rpc.Call("audit.head", "audit:read", s.head),
		rpc.Call("audit.verify", "audit:read", s.verify, rpc.Timeout(verifyTime), rpc.Limit(rpc.Expensive)),
	}
}

// Run tells the machines of the log's head, writes what waits for room, and ends
// repetitions, until ctx ends. Entries are written as they come, meanwhile and
// after.
func (s *Service) Run(ctx context.Context) error {
	s.endRepeats(time.Now())
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.lastWords()
			return nil
		case <-tick.C:
		}
		s.endRepeats(time.Now())
		s.flush()
		s.tell(ctx)
	}
}
