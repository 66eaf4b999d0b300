package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// allowed is the decision of what was done. Of what was not, rpc bounds the
// entries.
const allowed = "allowed"

// What the log says of itself.
const (
	logName  = "Homie"
	logClass = "homie"

	methodChained = "audit.log.chained" // Migrate
	methodDropped = "audit.log.dropped" // prune
	methodLost    = "audit.log.lost"    // write
)

// item is an entry on its way to the disk.
type item struct {
	Entry
	same act
}

// lost are entries that found no room on the disk nor in memory.
type lost struct {
	n        int
	from, to time.Time
}

// Record appends an entry, or counts the repetition of one, and returns when
// that is on the disk. A full disk must not stop the house: the entry waits in
// memory then, and the owner is told.
func (s *Service) Record(_ context.Context, a rpc.Audit) {
	it := item{entryOf(a), act{a.Caller.Key(), a.Method, a.Target}}
	s.mu.Lock()
	kept := len(s.waiting) < maxWaiting
	if kept {
		s.waiting = append(s.waiting, it)
	} else {
		s.lost.add(it.At)
	}
	full := s.full != nil
	s.mu.Unlock()
	if !kept {
		s.log.Error("audit entry lost", "method", a.Method, "caller", a.Caller.Name(), "request_id", a.RequestID)
	}
	if !full { // else Run tries again, and no call pays for that
		s.flush()
	}
}

func (l *lost) add(at time.Time) {
	if l.n == 0 {
		l.from = at
	}
	l.n, l.to = l.n+1, at
}

// flush writes what waits. Entries that come while another is written go to the
// disk together.
func (s *Service) flush() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	batch, gone := s.waiting, s.lost
	s.mu.Unlock()
	if len(batch)+gone.n == 0 {
		return // another flush has written it
	}
	var news []remembered
	err := s.db.Update(func(tx *store.Tx) (err error) {
		news, err = s.write(tx, batch, gone)
		return err
	})
	s.mu.Lock()
	was := s.full
	if s.full = err; err == nil {
		s.waiting = s.waiting[len(batch):]
		s.lost = lost{}
		s.rememberLocked(news)
	}
	s.mu.Unlock()
	switch {
	case err != nil && was == nil:
		s.log.Error("audit log can't be written; entries wait in memory", "err", err)
	case err == nil && was != nil:
		s.log.Info("audit log is written again", "entries", len(batch), "lost", gone.n)
	}
}

// write puts a batch into the log, and into the counts of what repeats itself.
func (s *Service) write(tx *store.Tx, batch []item, gone lost) (news []remembered, err error) {
	for _, it := range batch {
		if it.Decision == allowed {
			again, err := s.repeat(tx, it, news)
			if err != nil || again {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		e, err := s.append(tx, it.Entry)
		if err != nil {
			return nil, err
		}
		if it.Decision == allowed {
			news = append(news, remembered{it.same, first{e.Seq, it.At}})
		}
	}
	if gone.n > 0 {
		e := own(methodLost, fmt.Sprintf("%d entries between %s and %s found no room.", gone.n, gone.from.Format(time.RFC3339), gone.to.Format(time.RFC3339)))
		if _, err := s.append(tx, e); err != nil {
			return nil, err
		}
	}
	return news, nil
}

// append adds a line, and drops the oldest in batches, so that most writes do
// not scan.
func (s *Service) append(tx *store.Tx, e Entry) (Entry, error) {
	e, err := chain(tx, e)
	if err != nil || e.Seq%pruneBatch != 0 || e.Seq <= s.keep {
		return e, err
	}
	return e, s.prune(tx, e.Seq-s.keep)
}

// prune drops the entries up to a number, and says so in the log.
func (s *Service) prune(tx *store.Tx, through uint64) error {
	d, n := Dropped{Through: through}, 0
	for seq, line := range lines.Range(tx, 0, through+1) {
		d.Hash, n = hashOf(line), n+1
		if err := lines.Delete(tx, seq); err != nil {
			return err
		}
	}
	if n == 0 {
		return nil
	}
	e := own(methodDropped, fmt.Sprintf("%d entries up to %d were dropped, since there were more than %d.", n, through, s.keep))
	e.Dropped = &d
	_, err := chain(tx, e)
	return err
}

// own is an entry of the log about itself.
func own(method, words string) Entry {
	return Entry{At: now(), Person: logName, Class: logClass, Method: method, Decision: allowed, Reason: words}
}

func entryOf(a rpc.Audit) Entry {
	return Entry{
		At:     a.At.UTC().Truncate(time.Millisecond),
		Person: a.Caller.Name(), PersonID: wire.PersonID(a.Caller.Person.ID), Login: a.Caller.Person.Login,
		Device: a.Caller.Device.Name, DeviceID: a.Caller.Device.ID,
		Class:  string(a.Caller.Class),
		Method: a.Method, Target: a.Target, Args: a.Args,
		Decision: a.Decision, Reason: a.Reason, RequestID: a.RequestID,
	}
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Warning tells an owner what is wrong with the log, "" if nothing is.
func (s *Service) Warning(tsidentity.Caller) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.full == nil:
		return ""
	case errors.Is(s.full, store.ErrFull):
		return fmt.Sprintf("The disk of Homie's gateway is full: %d entries of the activity log wait in memory, and %d are lost. "+
			"Free some space on the machine that it runs on; if Homie ends before, those that wait are lost, too.", len(s.waiting), s.lost.n)
	}
	return fmt.Sprintf("The activity log can't be written: %d entries wait in memory, and %d are lost. The gateway's log says why, "+
		"at \"audit log can't be written\".", len(s.waiting), s.lost.n)
}

// lastWords writes what can be written before the process ends, and says what
// could not.
func (s *Service) lastWords() {
	s.flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.waiting) + s.lost.n; n > 0 {
		s.log.Error("audit entries lost", "entries", n, "err", s.full)
	}
}
