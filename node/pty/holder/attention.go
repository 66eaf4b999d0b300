package holder

import (
	"cmp"
	"strings"
	"time"

	"homie/internal/vt"
	"homie/wire/terminal"
)

// attentionEvery is how often at most a session tells of its bells, commands and
// notices: a program can ring thousands of times a second.
const attentionEvery = time.Second

// heard is what the screen took from some output, beside what it shows.
type heard struct {
	answers []byte
	events  []vt.Event
	bells   uint64
	running bool // a command is, as the shell says
}

// hears takes what is to be told of some output. The screen's mu is held.
func (c *screen) hears() heard {
	f := c.term.Facts()
	return heard{answers: c.term.TakeAnswers(), events: c.term.Events(), bells: f.Bells, running: f.Running}
}

// notice notes what happened, for those who do not look.
func (s *Session) notice(h heard) {
	s.mu.Lock()
	a := s.info.Attention
	news := a.Bells != h.bells || a.Command != nil && !h.running
	a.Bells = h.bells
	for _, e := range h.events {
		news = noteEvent(&a, e, time.Now()) || news
	}
	if !h.running {
		a.Command = nil // it ended in a way that the shell did not tell
	}
	s.info.Attention = a
	now := news && s.soonLocked()
	s.mu.Unlock()
	if now {
		s.changed(s)
	}
}

// noteEvent puts an event into a, and says whether it is news.
func noteEvent(a *terminal.Attention, e vt.Event, now time.Time) bool {
	switch e.Kind {
	case vt.Notification:
		text := strings.Trim(e.Title+": "+e.Text, ": ")
		a.Notices++
		a.Notice = terminal.Plain(text, terminal.MaxAttention)
	case vt.CommandStarted:
		a.Command = &terminal.Command{Text: terminal.Plain(e.Text, terminal.MaxAttention), StartedAt: now}
	case vt.CommandFinished:
		c := *cmp.Or(a.Command, &terminal.Command{StartedAt: now})
		c.EndedAt = &now
		if e.Exit >= 0 {
			c.Exit = &e.Exit
		}
		a.Command, a.Last = nil, &c
	default:
		return false // a clipboard is for who looks
	}
	return true
}

// soonLocked reports whether to tell of the session now, or sees to it that it
// is told soon.
func (s *Session) soonLocked() bool {
	if s.telling != nil {
		return false
	}
	wait := attentionEvery - time.Since(s.toldAt)
	if wait <= 0 {
		s.toldAt = time.Now()
		return true
	}
	s.telling = time.AfterFunc(wait, func() {
		s.mu.Lock()
		s.telling, s.toldAt = nil, time.Now()
		s.mu.Unlock()
		s.changed(s)
	})
	return false
}
