package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// company is who else is in a session, and whether it is recorded, as the title
// of the terminal says that shows it: the one line that a program's screen does
// not have. It is safe for concurrent use.
type company struct {
	changed chan struct{} // capacity 1; said may be something else now

	mu      sync.Mutex
	session terminal.Session
	you     terminal.ViewerKey // "" before it is known
}

func newCompany() *company { return &company{changed: make(chan struct{}, 1)} }

// see takes what became of the session.
func (c *company) see(s terminal.Session) {
	c.mu.Lock()
	c.session = s
	c.mu.Unlock()
	c.wake()
}

// are takes which of the viewers this one is.
func (c *company) are(you terminal.ViewerKey) {
	c.mu.Lock()
	c.you = you
	c.mu.Unlock()
	c.wake()
}

// of is the session that it is about.
func (c *company) of() wire.SessionID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.ID
}

func (c *company) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// title is what the program calls its terminal.
func (c *company) title() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.Title != "" {
		return c.session.Title
	}
	return string(c.session.Node) + "/" + c.session.Name
}

// said tells who is there and who records it, "" if nobody is and does.
func (c *company) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parts []string
	if others := c.othersLocked(); len(others) > 0 {
		parts = append(parts, "with "+strings.Join(others, ", "))
	}
	if h := c.session.Control; h != nil && h.Viewer != c.you {
		parts = append(parts, h.Name+" has control")
	}
	if r := c.session.Recording; r != nil && r.EndedAt == nil {
		by := r.By
		if r.Policy || by == "" {
			by = "this machine's rule"
		}
		parts = append(parts, "recorded by "+by)
	}
	return terminal.Plain(strings.Join(parts, " · "), maxSaid)
}

// maxSaid bounds what is said, in bytes.
const maxSaid = 200

// othersLocked names the other viewers, each once: a person may look on from
// several devices, oneself too.
func (c *company) othersLocked() []string {
	if c.you == "" {
		return nil // it is not known yet who that is
	}
	person := ""
	for _, v := range c.session.People {
		if v.Key == c.you {
			person = v.Person
		}
	}
	var names []string
	for _, v := range c.session.People {
		if v.Key == c.you {
			continue
		}
		name := v.Name
		if v.Person != "" && v.Person == person {
			name = "you on " + v.Device
		}
		if v.Watch {
			name += " (watching)"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Times of telling who is there.
const (
	greetAfter = 300 * time.Millisecond // the screen was drawn
	greetFor   = 4 * time.Second
)

// greet says once, in the last line, who else is there, who records, and that one
// may only watch; then the screen is drawn anew.
func (v *viewer) greet(ctx context.Context) error {
	if v.greeted || !v.tty.isTerminal() {
		return nil
	}
	sleep(ctx, greetAfter)
	said := v.company.said()
	switch {
	case v.refused != nil:
		said = strings.Trim("watching only: "+terminal.Plain(v.refused.Error(), 2*maxSaid)+" · "+said, "· ")
	case said != "" && v.detach != 0:
		said += " · " + v.detach.String() + " detaches"
	}
	if ctx.Err() != nil || said == "" {
		return nil
	}
	v.greeted = true
	if !v.tty.say(said) {
		return nil
	}
	sleep(ctx, greetFor)
	if ctx.Err() != nil {
		return nil
	}
	return errDrawAnew
}

// sleep waits for a time, or for ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// keepTitle says in the title of the terminal who else is there and who records,
// whenever that changes, until ctx ends.
func (v *viewer) keepTitle(ctx context.Context) error {
	for {
		select {
		case <-v.company.changed:
		case <-ctx.Done():
			return nil
		}
		v.tty.entitle(v.company.title(), v.company.said())
	}
}

// noted takes what the session says of this viewer.
func (v *viewer) noted(note []byte) {
	var n terminal.SessionNote
	if json.Unmarshal(note, &n) == nil && n.You != "" {
		v.company.are(n.You)
	}
}
