package holder

import (
	"context"
	"time"

	"homie/wire/terminal"
)

// The rule that ends sessions which nobody uses, if the node has one
// (holder.AdoptParams.IdleEndMs). A session is in use while
//
//   - somebody sees it: a viewer whose terminal is not hidden,
//   - it prints, is typed into, or is renamed,
//   - more runs in it than the program it was started with. A shell at its
//     prompt is at rest; a build, an editor or an ssh in it is work, also when
//     it is silent, and so is what runs there in the background.
//
// It says so first: EndsAt is set and told some minutes before, and use takes
// it back. Then the session ends as by kill, and says for how long nobody used
// it. The time that a machine sleeps does not count.
const (
	// idleNotice is how long before its end a session says so; less where the
	// whole rule is shorter than twice that.
	idleNotice = 5 * time.Minute
	// idleLook is how often the sessions are looked at.
	idleLook    = 15 * time.Second
	minIdleLook = 50 * time.Millisecond
)

// use is what is known of the use of a session.
type use struct {
	printed uint64 // offset of its output's end, when it was looked at last
	acts    uint64
	since   time.Time // it has not been used; zero before the first look
}

// SetIdleEnd sets after how long without use sessions end; 0 is never.
func (m *Manager) SetIdleEnd(after time.Duration) {
	m.idleEnd.Store(int64(after))
	wake(m.idleSet)
}

// watchIdle looks at the sessions until ctx ends.
func (m *Manager) watchIdle(ctx context.Context) {
	look := time.NewTicker(idleLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.idleSet:
			after := time.Duration(m.idleEnd.Load())
			look.Reset(min(idleLook, max(minIdleLook, after/10)))
		case <-look.C:
			m.endIdle(time.Now(), time.Duration(m.idleEnd.Load()))
		}
	}
}

// endIdle applies the rule as of now.
func (m *Manager) endIdle(now time.Time, after time.Duration) {
	m.calls.RLock() // not while they move
	defer m.calls.RUnlock()
	for _, s := range m.all() {
		if !s.idle(now, after) {
			continue
		}
		s.log.Info("session is ended: nobody used it", "after", after.String())
		_ = m.kill(s.id) // it is gone already, at worst
	}
}

// idle looks at a session and reports whether it is to end now. It tells when
// it is going to.
func (s *Session) idle(now time.Time, after time.Duration) (over bool) {
	_, printed := s.ring.Bounds()
	s.mu.Lock()
	if s.info.State != terminal.Running || s.killing {
		s.mu.Unlock()
		return false
	}
	used := s.use.since.IsZero() || printed != s.use.printed || s.acts != s.use.acts || s.seenLocked()
	s.use.printed, s.use.acts = printed, s.acts
	notice := min(idleNotice, after/2)
	near := !used && after > 0 && now.Sub(s.use.since) >= after-notice
	s.mu.Unlock()
	if near && s.proc.left() > 1 { // which takes a look at all processes
		near, used = false, true
	}
	s.mu.Lock()
	was := s.info.EndsAt
	switch {
	case used || after == 0:
		s.use.since = now
		s.info.EndsAt = nil
	case near && was == nil:
		end := now.Add(notice)
		s.info.EndsAt = &end
	case near && !now.Before(*was):
		s.info.UnusedMs = now.Sub(s.use.since).Milliseconds()
		over = true
	}
	told := (was == nil) != (s.info.EndsAt == nil)
	s.mu.Unlock()
	if told {
		s.changed(s)
	}
	return over
}

// usedLocked notes that somebody uses the session, and takes back that it is
// going to end; told says that this is news.
func (s *Session) usedLocked() (told bool) {
	s.acts++
	told = s.info.EndsAt != nil
	s.info.EndsAt = nil
	return told
}

// seenLocked reports whether somebody sees the session.
func (s *Session) seenLocked() bool {
	for v := range s.viewers {
		if !v.hidden {
			return true
		}
	}
	return false
}
