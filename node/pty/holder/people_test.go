//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// quiet is a program that takes what is typed and prints nothing.
type quiet struct {
	past
	mu    sync.Mutex
	typed []byte
}

func (q *quiet) write(_ context.Context, p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.typed = append(q.typed, p...)
	return len(p), nil
}

func (q *quiet) resize(int, int) error { return nil }

func (q *quiet) text() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return string(q.typed)
}

// crowd is a session of a test with several people in it.
type crowd struct {
	*Session
	program *quiet
}

// newCrowd returns a session that runs by the test's own clock.
func newCrowd(t *testing.T) crowd {
	t.Helper()
	q := &quiet{}
	info := terminal.Session{ID: "s", Cols: 80, Rows: 24, State: terminal.Running, Starter: "person:Olivia"}
	s := newSession(info, 1, q, slog.New(slog.DiscardHandler), func(*Session) {})
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.info.State = terminal.Exited
		if s.clock != nil {
			s.clock.Stop()
		}
	})
	return crowd{s, q}
}

func person(name string) wire.OnBehalf {
	return wire.OnBehalf{Person: wire.PersonID(name), Name: name, DeviceOf: strings.ToLower(name) + "-phone"}
}

// guest is one who looks at a crowd's session.
type guest struct {
	*onlooker
	key   terminal.ViewerKey
	drop  func() // loses the connection
	ended chan struct{}
}

func (c crowd) joins(t *testing.T, by wire.OnBehalf, id string, watch bool) *guest {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g := &guest{onlooker: newOnlooker(0), key: keyOf(id), ended: make(chan struct{})}
	g.drop = func() {
		cancel()
		<-g.ended
		synctest.Wait()
	}
	zero := uint64(0)
	p := terminal.AttachParams{Offset: &zero, Watch: watch, Viewer: id}
	go func() {
		defer close(g.ended)
		_ = c.Serve(ctx, g, by, p, terminal.Attached{Session: c.Info()})
	}()
	t.Cleanup(func() {
		cancel()
		<-g.ended
	})
	synctest.Wait()
	return g
}

// leaves closes the viewer's direction, as somebody does who closes a tab.
func (g *guest) leaves() {
	close(g.keys)
	<-g.ended
	synctest.Wait()
}

func (g *guest) say(t *testing.T, keys string) {
	t.Helper()
	g.types(t, keys)
	synctest.Wait()
}

// latest returns the last word of what a viewer was told.
func (g *guest) latest() (n terminal.SessionNote) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, note := range g.notes {
		if note.Typing != nil {
			n.Typing = note.Typing
		}
		if note.Heard != nil {
			n.Heard = note.Heard
		}
		if note.You != "" {
			n.You = note.You
		}
	}
	return n
}

func (g *guest) told() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.notes)
}

func TestPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "secret-1", false)
		max := c.joins(t, person("Max"), "secret-2", true)
		got := c.Info().People
		want := []terminal.Viewer{
			{Key: olivia.key, Name: "Olivia", Device: "olivia-phone", Person: "person:Olivia", Drives: true},
			{Key: max.key, Name: "Max", Device: "max-phone", Person: "person:Max", Watch: true},
		}
		if !slices.Equal(got, want) {
			t.Errorf("people are %+v, want %+v", got, want)
		}
		if you := max.latest().You; you != max.key || strings.Contains(fmt.Sprint(got), "secret") {
			t.Errorf("Max was told to be %q, want %q; nobody may learn the ids: %v", you, max.key, got)
		}
		max.drop()
		again := c.joins(t, person("Max"), "secret-2", true)
		if again.key != c.Info().People[1].Key {
			t.Error("a viewer that comes back has another key")
		}
		if a, b := c.joins(t, person("Mia"), "", false), c.joins(t, person("Mia"), "", false); len(c.Info().People) != 4 || a.latest().You == b.latest().You {
			t.Error("two viewers without an id have one key")
		}
	})
}

// TestTyping tells the others who types, for two seconds after the last key, and
// not for each key.
func TestTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		olivia := c.joins(t, person("Olivia"), "o", false)
		max := c.joins(t, person("Max"), "m", false)
		before := max.told()
		time.Sleep(typingGap)
		for range 50 {
			olivia.say(t, "x")
			time.Sleep(100 * time.Millisecond)
		}
		if got := max.latest().Typing; !slices.Equal(got, []terminal.ViewerKey{olivia.key}) {
			t.Errorf("Max was told that %q types, want %q", got, olivia.key)
		}
		if n := max.told() - before; n > 3 {
			t.Errorf("Max was told %d times in five seconds of typing, want once, and who drives", n)
		}
		time.Sleep(typingFor + typingGap)
		synctest.Wait()
		if got := max.latest().Typing; got == nil || len(got) != 0 {
			t.Errorf("after a while Max was told that %q types, want nobody", got)
		}
		if got := olivia.latest().Typing; got != nil {
			t.Errorf("Olivia was told of her own typing: %q", got)
		}
		olivia.say(t, "\x1b[24;80R") // her terminal says where the cursor is
		time.Sleep(typingGap)
		if got := max.latest().Typing; len(got) != 0 {
			t.Errorf("an answer of a terminal counts as typing")
		}
		olivia.say(t, "y")
		time.Sleep(typingGap)
		olivia.drop()
		time.Sleep(typingGap)
		synctest.Wait()
		if got := max.latest().Typing; len(got) != 0 {
			t.Errorf("Max was told that %q types, who has gone", got)
		}
	})
}

func TestAnswersAreNotTyped(t *testing.T) {
	for text, answer := range map[string]bool{
		"\x1b[1;1R": true, "\x1b[?1;2c": true, "\x1b[I": true, "\x1b[O": true, "\x1b[<0;1;1M": true, "\x1b]11;rgb:0/0/0\a": true, "\x1bP1$r0m\x1b\\": true,
		"a": false, "\x1b": false, "\x1b[A": false, "\x1bOA": false, "\x1b[200~x\x1b[201~": false, "\x1b[5~": false, "\x1bx": false, "": false,
	} {
		if isAnswer([]byte(text)) != answer {
			t.Errorf("isAnswer(%q) = %v", text, !answer)
		}
	}
}

// TestCrowdHammer has many people come, go, type, ask and take control at once.
func TestCrowdHammer(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty raw -echo; exec cat >/dev/null")
	var people sync.WaitGroup
	for i := range 24 {
		people.Go(func() {
			by := person(fmt.Sprint("p", i%6))
			for round := range 12 {
				ctx, cancel := context.WithCancel(t.Context())
				c, zero := newOnlooker(0), uint64(0)
				id := fmt.Sprint("v", i)
				done := make(chan struct{})
				go func() {
					defer close(done)
					_ = s.Serve(ctx, c, by, terminal.AttachParams{Offset: &zero, Viewer: id, Watch: i%5 == 4}, terminal.Attached{Session: s.Info()})
				}()
				for k := range 5 {
					select {
					case c.keys <- data(c, bytes.Repeat([]byte("k"), 10*k)):
					case <-done:
					}
					p := terminal.ControlParams{Mode: terminal.One, Viewer: keyOf(fmt.Sprint("v", (i+k)%24)), Override: k == 3}
					if k == 4 {
						p = terminal.ControlParams{Mode: terminal.Open}
					}
					_ = s.Control(by, p) // mostly it is another's, or they are not there
					asks := k%2 == 0
					for v := range s.viewersNow() {
						s.noted(v, terminal.ViewerNote{Asks: &asks})
						break
					}
				}
				if round%2 == 0 {
					close(c.keys)
				}
				cancel()
				<-done
			}
		})
	}
	people.Wait()
	if info := s.Info(); info.Viewers != 0 || len(info.People) != 0 {
		t.Errorf("all have gone, and there are %+v", info.People)
	}
	if err := s.Control(person("p0"), terminal.ControlParams{Mode: terminal.Open, Override: true}); err != nil {
		t.Error(err)
	}
	c, _ := attach(t, s, 0)
	c.types(t, "after")
	c.types(t, " all")
}

// viewersNow yields those that are there.
func (s *Session) viewersNow() func(func(*viewer) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Values(s.viewersLocked())
}
