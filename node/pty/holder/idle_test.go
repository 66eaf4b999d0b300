//go:build linux || darwin

package holder

import (
	"context"
	"testing"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// atRest starts a shell and waits for its prompt.
func atRest(t *testing.T, m *Manager) *Session {
	t.Helper()
	s := beginWith(t, m, terminal.StartParams{Command: []string{"sh", "-c", "echo ready; read x; echo $x; read x"}, Cols: 80, Rows: 24})
	for kept(s) != "ready\r\n" {
		_, end := s.ring.Bounds()
		changed, _ := s.ring.Changed(end)
		select {
		case <-changed:
		case <-time.After(patience):
			t.Fatal("the shell is not ready")
		}
	}
	return s
}

// The scheduler takes now: an hour passes without one.
func TestIdleSaysSoFirst(t *testing.T) {
	m := run(t, Config{})
	s := atRest(t, m)
	now := time.Now()
	after := time.Hour
	look := func(in time.Duration) terminal.Session {
		m.endIdle(now.Add(in), after)
		return s.Info()
	}
	look(0)
	if v := look(54 * time.Minute); v.EndsAt != nil {
		t.Errorf("after 54 minutes of 60 it is to end at %v", v.EndsAt)
	}
	v := look(55 * time.Minute)
	if v.EndsAt == nil || !v.EndsAt.Equal(now.Add(time.Hour)) {
		t.Fatalf("after 55 minutes it is to end at %v, want in 5 minutes", v.EndsAt)
	}
	if v := look(59 * time.Minute); v.EndsAt == nil || s.isKilled() {
		t.Fatal("a minute before its time it has ended, or is not to end any more")
	}
	look(60 * time.Minute)
	v = end(t, s)
	if v.UnusedMs != time.Hour.Milliseconds() || v.EndsAt != nil || v.State != terminal.Exited {
		t.Errorf("it ended as %+v, want after an hour without use", v)
	}
}

func TestUseKeepsASession(t *testing.T) {
	for name, use := range map[string]func(*testing.T, *Manager, *Session){
		"typing": func(t *testing.T, m *Manager, s *Session) {
			if err := m.Type(t.Context(), s.id, wire.OnBehalf{Name: "Olivia"}, []byte("x")); err != nil {
				t.Fatal(err)
			}
		},
		"an update": func(t *testing.T, m *Manager, s *Session) {
			if _, err := m.Update(terminal.UpdateParams{Session: s.id}); err != nil {
				t.Fatal(err)
			}
		},
		"looking": func(t *testing.T, _ *Manager, s *Session) {
			c, _ := attach(t, s, 0)
			c.shows(t, "ready\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := run(t, Config{})
			s := atRest(t, m)
			now := time.Now()
			m.endIdle(now, time.Hour)
			m.endIdle(now.Add(56*time.Minute), time.Hour)
			if s.Info().EndsAt == nil {
				t.Fatal("it is not to end")
			}
			use(t, m, s)
			if v := s.Info(); v.EndsAt != nil {
				t.Errorf("after it was used it is still to end at %v", v.EndsAt)
			}
			m.endIdle(now.Add(61*time.Minute), time.Hour)
			if m.endIdle(now.Add(62*time.Minute), time.Hour); s.isKilled() || s.Info().EndsAt != nil {
				t.Error("a session that was used a minute ago is ended")
			}
		})
	}
}

// What works is not ended, however silent it is.
func TestSilentWorkIsUse(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "sleep 1000 & echo ready; wait")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready\r\n")
	s.mu.Lock()
	for v := range s.viewers {
		v.hidden = true // a tab in the background
	}
	s.mu.Unlock()
	now := time.Now()
	for i := range 10 {
		m.endIdle(now.Add(time.Duration(i)*time.Hour), 30*time.Minute)
	}
	if v := s.Info(); v.EndsAt != nil || s.isKilled() {
		t.Errorf("a shell with a program in it is ended: %+v", v)
	}
}

// Without a rule nothing is ended or said, and a rule that is taken back is.
func TestNoIdleRule(t *testing.T) {
	m := run(t, Config{})
	s := atRest(t, m)
	now := time.Now()
	m.endIdle(now, 0)
	if m.endIdle(now.Add(1000*time.Hour), 0); s.Info().EndsAt != nil || s.isKilled() {
		t.Error("a session is ended though there is no rule")
	}
	m.endIdle(now.Add(2000*time.Hour), time.Hour)
	if s.Info().EndsAt == nil {
		t.Fatal("the rule does not hold")
	}
	if m.endIdle(now.Add(3000*time.Hour), 0); s.Info().EndsAt != nil {
		t.Error("it is still said to end")
	}
}

// The loop that the node's setting starts, with the real clock.
func TestIdleEnds(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	m.SetIdleEnd(300 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-s.Ended():
	case <-ctx.Done():
		t.Fatal("a session that nobody uses does not end")
	}
	if v := s.Info(); v.UnusedMs < 300 {
		t.Errorf("it ended after %d ms without use, want 300 or more", v.UnusedMs)
	}
}
