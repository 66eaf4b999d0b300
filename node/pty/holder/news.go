package holder

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// changed notes that there is news of s.
func (m *Manager) changed(s *Session) {
	m.mu.Lock()
	m.news[s] = struct{}{}
	m.dropOldestLocked()
	m.mu.Unlock()
	wake(m.wake)
}

// dropOldestLocked forgets those that ended first of too many that have ended.
func (m *Manager) dropOldestLocked() {
	var ended []*Session
	for _, s := range m.sessions {
		if s.hasEnded() {
			ended = append(ended, s)
		}
	}
	slices.SortFunc(ended, func(a, b *Session) int { return a.endedAt().Compare(b.endedAt()) })
	for _, s := range ended[:max(0, len(ended)-m.cfg.KeptExited)] {
		m.dropLocked(s)
	}
}

// dropLocked forgets a session that has ended, and notes that as its last news.
// The caller wakes announce.
func (m *Manager) dropLocked(s *Session) {
	delete(m.sessions, s.id)
	s.forget()
	m.news[s] = struct{}{}
}

// announce tells Changed what is new until ctx ends.
func (m *Manager) announce(ctx context.Context) {
	for {
		select {
		case <-m.wake:
			m.tell()
		case <-ctx.Done():
			m.tell()
			return
		}
	}
}

// tell calls Changed for one session after the other and with each as it is by
// then, so that the last thing told of a session is true.
func (m *Manager) tell() {
	m.mu.Lock()
	news := slices.Collect(maps.Keys(m.news))
	clear(m.news)
	m.mu.Unlock()
	slices.SortFunc(news, byOrder)
	for _, s := range news {
		m.cfg.Changed(s.Info())
	}
}

func byOrder(a, b *Session) int { return cmp.Compare(a.order, b.order) }
