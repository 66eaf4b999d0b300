//go:build linux || darwin

package holder

import (
	"testing"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// lastWord waits until the last thing told of a session is that it is in state.
func lastWord(t *testing.T, told <-chan terminal.Session, id wire.SessionID, state terminal.State) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case s := <-told:
			if s.ID == id && s.State == state {
				return
			}
		case <-late:
			t.Fatalf("session %s is never told to be %s", id, state)
		}
	}
}

// A session that was taken off the list was never said to be gone: lists kept
// it until they were read anew.
func TestRemovalIsTold(t *testing.T) {
	told := make(chan terminal.Session, 64)
	m := run(t, Config{KeptExited: 1, Changed: func(s terminal.Session) { told <- s }})
	first, second := begin(t, m, "cat"), begin(t, m, "cat")
	for _, s := range []*Session{first, second} {
		if err := m.Kill(s.id); err != nil {
			t.Fatal(err)
		}
		end(t, s)
	}
	lastWord(t, told, first.id, terminal.Removed) // one is kept, and this one ended first
	lastWord(t, told, second.id, terminal.Exited)
	if err := m.Kill(second.id); err != nil {
		t.Fatal(err)
	}
	lastWord(t, told, second.id, terminal.Removed)
	if list := m.List(); len(list) != 0 {
		t.Errorf("list = %+v, want nothing", list)
	}
}
