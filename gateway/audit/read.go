package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// list returns entries, newest first. Page back by giving next as before: with
// something to look for, a page can be short and have a next one all the same.
func (s *Service) list(_ context.Context, _ tsidentity.Caller, p ListParams) (Entries, error) {
	limit := p.Limit
	if limit == 0 {
		limit = 100
	}
	out := Entries{Entries: []Entry{}, Waiting: s.waits()}
	err := s.db.View(func(tx *store.Tx) error {
		again := map[uint64]repeated{}
		for _, r := range repeats.All(tx) {
			again[r.First.Seq] = r
		}
		page := lines.Latest(tx, 0)
		if p.Before > 0 {
			page = lines.Before(tx, p.Before, 0)
		}
		seen, size, last := 0, 0, uint64(0)
		for seq, line := range page {
			if len(out.Entries) >= limit || seen >= maxScan || size > pageBytes {
				out.Next = last
				return nil
			}
			seen, last = seen+1, seq
			e := entry(seq, line)
			if r, ok := again[seq]; ok {
				e.Again, e.LastAt = e.Again+r.Again, &r.LastAt
			}
			if p.matches(e) {
				out.Entries, size = append(out.Entries, e), size+len(line)
			}
			if p.From != nil && e.At.Before(p.From.Add(-repeatWindow)) && e.Of == 0 {
				return nil // what is older is older still
			}
		}
		return nil
	})
	return out, err
}

// entry reads a line. One that can't be read is shown as such: the others count.
func entry(seq uint64, line []byte) Entry {
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil || e.Seq != seq {
		return Entry{Seq: seq, Person: logName, Class: logClass, Decision: "failed", Reason: "This entry was changed, and can't be read."}
	}
	return e
}

// export returns lines of the log as they are kept, for a file of JSON lines:
// each with a line break after it. Page on by giving next as after.
func (s *Service) export(_ context.Context, _ tsidentity.Caller, p ExportParams) (Lines, error) {
	limit := p.Limit
	if limit == 0 {
		limit = maxLines
	}
	out := Lines{Lines: []string{}}
	err := s.db.View(func(tx *store.Tx) error {
		size, last := 0, p.After
		for seq, line := range lines.After(tx, p.After, 0) {
			if len(out.Lines) >= limit || size > pageBytes {
				out.Next = last
				return nil
			}
			out.Lines, size, last = append(out.Lines, string(line)), size+len(line), seq
		}
		return nil
	})
	return out, damaged(err)
}

// damaged says what a line means that is no JSON at all.
func damaged(err error) error {
	if err == nil {
		return nil
	}
	return wire.Errorf(wire.Conflict, "The audit log can't be read to its end: %v. 'homie audit verify' says where it breaks.", err).Because(err)
}

// verifyTime bounds a check of the whole log.
const verifyTime = 2 * time.Minute

// verify checks the whole log: that no line was changed, removed, or put
// somewhere else, and that it reaches as far as the machines have seen it.
func (s *Service) verify(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (Verification, error) {
	out := Verification{Machines: s.witnesses(ctx), Waiting: s.waits()} // before the log: it can only be longer
	v := Verifier{Kept: s.keep}
	for _, w := range out.Machines {
		if w.Kept != nil {
			for _, h := range w.Kept.Heads {
				v.Want(h.Head())
			}
		}
	}
	own, err := s.readHead()
	if err != nil {
		return Verification{}, err
	}
	v.Want(own)
	if err := s.readAll(ctx, &v); err != nil {
		return Verification{}, err
	}
	if own.Seq > 0 {
		v.Compare(own, "The gateway's own note")
	}
	v.testify(out.Machines)
	out.Verdict = v.Verdict()
	for i := range out.Verdict.Breaks {
		out.Verdict.Breaks[i].Line = 0 // of a file
	}
	return out, nil
}

// readAll goes through the log, a part at a time: a long read transaction would
// keep the pages of all that is written meanwhile.
func (s *Service) readAll(ctx context.Context, v *Verifier) error {
	const part = 2_000
	for after, more := uint64(0), true; more; {
		more = false
		err := s.db.View(func(tx *store.Tx) error {
			for seq, line := range lines.After(tx, after, part) {
				v.Line(line)
				after, more = seq, true
			}
			return nil
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			v.bad(after+1, fmt.Sprintf("what follows entry %d can't be read: %v", after, err))
			return nil //nolint:nilerr // that is what verifying found
		}
	}
	return nil
}

// testify compares the log with what machines remember.
func (v *Verifier) testify(machines []Witness) {
	for _, w := range machines {
		if w.Kept == nil {
			v.note(fmt.Sprintf("%s could not be asked: %s.", w.Node, w.Why))
			continue
		}
		if r := w.Kept.Refused; r != nil {
			v.note(fmt.Sprintf("%s was told on %s that the log ends with entry %d, when it had seen more: was a backup put back then?",
				w.Node, r.At.Format("2006-01-02 15:04"), r.Seq))
		}
		for i := len(w.Kept.Heads) - 1; i >= 0; i-- {
			if !v.Compare(w.Kept.Heads[i].Head(), string(w.Node)) {
				break // one is enough of each machine
			}
		}
	}
}
