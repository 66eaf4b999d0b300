package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"homie/store"
)

// act is what makes two entries the same.
type act struct{ caller, method, target string }

// first is the entry that an act has.
type first struct {
	seq uint64
	at  time.Time
}

// remembered is an act whose first entry was written.
type remembered struct {
	same act
	first
}

// repeats are the acts that were done again, beside the log: a line never
// changes. They become lines when their time is over.
var repeats = store.NewTable[string, repeated]("audit.repeats") // by act.key

// repeated is an act that was done again.
type repeated struct {
	First  Entry     `json:"first"`
	Again  int       `json:"again"`
	LastAt time.Time `json:"lastAt"`
}

// key is the act's in a table: short, whatever the target is.
func (a act) key() string {
	sum := sha256.Sum256([]byte(a.caller + "\x00" + a.method + "\x00" + a.target))
	return hex.EncodeToString(sum[:])
}

// repeat counts one more of an act that is in the log already; false if there is
// none of late. news are the acts of the same transaction.
func (s *Service) repeat(tx *store.Tx, it item, news []remembered) (bool, error) {
	f, ok := s.before(it, news)
	if !ok {
		return false, nil
	}
	r, ok, err := repeats.Get(tx, it.same.key())
	if err != nil {
		return false, err
	}
	if ok && r.First.Seq != f.seq {
		if err := s.endRepeat(tx, it.same.key(), r); err != nil {
			return false, err
		}
	}
	if !ok || r.First.Seq != f.seq {
		line, ok, err := lines.Get(tx, f.seq)
		if err != nil || !ok {
			return false, err
		}
		r = repeated{}
		if err := json.Unmarshal(line, &r.First); err != nil {
			return false, err
		}
	}
	r.Again, r.LastAt = r.Again+1, it.At
	return true, repeats.Put(tx, it.same.key(), r)
}

// before returns the entry of the same act, if there is a recent one.
func (s *Service) before(it item, news []remembered) (first, bool) {
	for _, r := range news {
		if r.same == it.same {
			return r.first, true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.recent[it.same]
	return f, ok && it.At.Sub(f.at) < repeatWindow
}

func (s *Service) rememberLocked(news []remembered) {
	for _, r := range news {
		if len(s.recent) >= maxRecent {
			maps.DeleteFunc(s.recent, func(_ act, old first) bool { return r.at.Sub(old.at) >= repeatWindow })
		}
		if len(s.recent) >= maxRecent {
			clear(s.recent) // entries are repeated rather than lost
		}
		s.recent[r.same] = r.first
	}
}

// endRepeats makes entries of the repetitions whose time is over, and of those
// of an earlier process.
func (s *Service) endRepeats(at time.Time) {
	s.writing.Lock()
	defer s.writing.Unlock()
	going := s.going(at)
	err := s.db.Update(func(tx *store.Tx) error {
		for key, r := range repeats.All(tx) {
			if going[r.First.Seq] {
				continue
			}
			if err := s.endRepeat(tx, key, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.log.Debug("repetitions in the audit log wait", "err", err)
	}
}

// going are the entries of which more of the same may still be counted.
func (s *Service) going(at time.Time) map[uint64]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[uint64]bool, len(s.recent))
	for _, f := range s.recent {
		if at.Sub(f.at) < repeatWindow {
			out[f.seq] = true
		}
	}
	return out
}

// endRepeat writes the line about a repetition.
func (s *Service) endRepeat(tx *store.Tx, key string, r repeated) error {
	e, last := r.First, r.LastAt
	e.Of, e.At, e.Again, e.LastAt, e.RequestID = r.First.Seq, last, r.Again, &last, ""
	if _, err := s.append(tx, e); err != nil {
		return err
	}
	return repeats.Delete(tx, key)
}
