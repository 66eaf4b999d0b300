package terminal

import (
	"strings"
	"unicode"

	"homie/wire"
)

// Bounds of what is passed on.
const (
	maxShown  = 1024 // bytes of a command, or a directory
	maxTitle  = 256  // bytes of a title
	maxPeople = 64
)

// hidden reports whether a character does not show: a name stands in lists and
// on tabs of others, and must not turn around what stands beside it.
func hidden(r rune) bool { return !unicode.IsGraphic(r) }

// Shown is a session that came from a machine, as it may be passed on: what a
// machine says of it is bounded, and has no characters that do not show.
func (s Session) Shown() Session {
	s.ID = wire.SessionID(plain(string(s.ID), MaxName))
	s.State = State(plain(string(s.State), MaxName))
	s.Name, s.Account, s.Signal = plain(s.Name, MaxName), plain(s.Account, MaxName), plain(s.Signal, MaxName)
	s.Dir, s.Cwd, s.StartedBy = plain(s.Dir, maxShown), plain(s.Cwd, maxShown), plain(s.StartedBy, maxShown)
	s.Group = plain(s.Group, MaxName)
	if CheckIcon(s.Icon) != nil || s.Icon == "" {
		s.Icon = IconTerminal
	}
	s.UnusedMs = max(s.UnusedMs, 0)
	command, left := []string{}, maxShown
	for _, arg := range s.Command[:min(len(s.Command), MaxArgs)] {
		arg = plain(arg, left)
		command = append(command, arg)
		left -= len(arg)
	}
	s.Command = command
	s.Cols, s.Rows = min(max(s.Cols, 1), MaxCols), min(max(s.Rows, 1), MaxRows)
	s.Viewers = max(s.Viewers, 0)
	s.Title = plain(s.Title, maxTitle)
	s.Attention = s.Attention.shown()
	people := []Viewer{}
	for _, v := range s.People[:min(len(s.People), maxPeople)] {
		v.Key, v.Person = ViewerKey(plain(string(v.Key), MaxName)), plain(v.Person, MaxName)
		v.Name, v.Device = plain(v.Name, MaxName), plain(v.Device, MaxName)
		people = append(people, v)
	}
	s.People = people
	s.Starter = plain(s.Starter, MaxName)
	if s.Control != nil {
		c := *s.Control
		c.Viewer, c.Person = ViewerKey(plain(string(c.Viewer), MaxName)), plain(c.Person, MaxName)
		c.Name, c.Device = plain(c.Name, MaxName), plain(c.Device, MaxName)
		s.Control = &c
	}
	s.Recording = s.Recording.shown()
	return s
}

// plain is text without what does not show, of at most so many bytes.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, text[:min(len(text), 4*most)]) // more would not be looked at
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
