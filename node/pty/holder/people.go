package holder

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"strings"
	"time"

	"homie/wire/terminal"
)

// How it is told who types.
const (
	typingFor = 2 * time.Second        // after the last key
	typingGap = 250 * time.Millisecond // between two changes that viewers are told of
)

// keyOf names a viewer: the same when it comes back, and without telling the id
// that others could come back with.
func keyOf(id string) terminal.ViewerKey {
	sum := sha256.Sum256([]byte(id))
	if id == "" {
		rand.Read(sum[:])
	}
	return terminal.ViewerKey(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])))
}

// viewersLocked lists the viewers in the order in which they came.
func (s *Session) viewersLocked() []*viewer {
	return slices.SortedFunc(maps.Keys(s.viewers), func(a, b *viewer) int { return cmp.Compare(a.joined, b.joined) })
}

// peopleLocked describes the viewers in the order in which they came.
func (s *Session) peopleLocked() []terminal.Viewer {
	people := make([]terminal.Viewer, 0, len(s.viewers))
	for _, v := range s.viewersLocked() {
		people = append(people, terminal.Viewer{
			Key: v.key, Name: v.by.Name, Device: v.by.DeviceOf, Person: v.by.Key(),
			Watch: v.watch, Drives: s.driver.Load() == v, Hidden: v.hidden, Asks: v.asks,
		})
	}
	return people
}

// types notes that a viewer types, if that is a person's doing.
func (s *Session) types(v *viewer, p []byte) {
	if isAnswer(p) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.typedAt = time.Now()
	if !slices.Contains(s.typing.keys, v.key) {
		s.beatLocked()
	}
}

// isAnswer reports whether a viewer's terminal sent p by itself: what a program
// asked of it, whether it has the focus, or where the mouse is.
func isAnswer(p []byte) bool {
	if len(p) < 3 || p[0] != '\x1b' {
		return false
	}
	switch p[1] {
	case 'P', ']', '_':
		return true
	case '[':
		return strings.IndexByte("?<>=MIO", p[2]) >= 0 || strings.IndexByte("Rcnt", p[len(p)-1]) >= 0
	}
	return false
}

// beatLocked does what is due by the clock, and sets the clock to what is due
// next: that people stop typing, and that a viewer with control stays away.
func (s *Session) beatLocked() {
	if s.info.State != terminal.Running {
		return
	}
	now := time.Now()
	var next time.Time
	due := func(t time.Time) bool {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
		return !t.After(now)
	}
	typing := []terminal.ViewerKey{}
	for _, v := range s.viewersLocked() {
		if !v.typedAt.IsZero() && !due(v.typedAt.Add(typingFor)) {
			typing = append(typing, v.key)
		}
	}
	if !slices.Equal(typing, s.typing.keys) && due(s.typing.told.Add(typingGap)) {
		s.typing.keys, s.typing.told = typing, now
		s.tellLocked()
	}
	if c := s.info.Control; c != nil && c.Away && due(s.lost.Add(controlGrace)) {
		s.openLocked()
	}
	if next.IsZero() {
		return
	}
	if s.clock == nil {
		s.clock = time.AfterFunc(next.Sub(now), s.beat)
		return
	}
	s.clock.Reset(next.Sub(now))
}

func (s *Session) beat() {
	s.mu.Lock()
	opens := s.info.Control
	s.beatLocked()
	opened := opens != nil && s.info.Control == nil
	s.mu.Unlock()
	if opened {
		s.changed(s)
	}
}

// typing is who was told to type.
type typing struct {
	keys []terminal.ViewerKey
	told time.Time
}
