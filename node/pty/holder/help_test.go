//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/wire/terminal"
)

// patience bounds every wait of a test; nothing is expected to take as long.
const patience = 30 * time.Second

// run returns a Manager that runs until the test ends.
func run(t testing.TB, cfg Config) *Manager {
	t.Helper()
	m := NewManager(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	m.setOpen(true) // so that the first Start need not wait for Run
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	return m
}

// begin starts a session that runs command.
func begin(t testing.TB, m *Manager, command ...string) *Session {
	t.Helper()
	return beginWith(t, m, terminal.StartParams{Command: command, Cols: 80, Rows: 24})
}

// shell starts a session that runs a script.
func shell(t testing.TB, m *Manager, script string) *Session {
	t.Helper()
	return begin(t, m, "sh", "-c", script)
}

func beginWith(t testing.TB, m *Manager, p terminal.StartParams) *Session {
	t.Helper()
	info, err := m.Start(p, "Olivia on olivia-laptop")
	if err != nil {
		t.Fatalf("Start(%q) = %v", p.Command, err)
	}
	s, err := m.Get(info.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// end waits until s has ended and returns what it is then.
func end(t testing.TB, s *Session) terminal.Session {
	t.Helper()
	select {
	case <-s.Ended():
	case <-time.After(patience):
		t.Fatalf("session %q has not ended", s.Info().Command)
	}
	return s.Info()
}

// output runs s to its end and returns everything kept of what it printed.
func output(t testing.TB, s *Session) string {
	t.Helper()
	end(t, s)
	return kept(s)
}

func kept(s *Session) string {
	start, end := s.ring.Bounds()
	buf := make([]byte, end-start)
	n, _ := s.ring.ReadAt(start, buf)
	return string(buf[:n])
}

// screen is a viewer that keeps what it is sent. It is a Stream.
type screen struct {
	keys chan []byte
	pace func(p []byte) // called before each chunk is taken; may be nil

	mu      sync.Mutex
	seen    []byte
	next    uint64 // offset of the next byte
	gaps    int
	skipped uint64
	changed chan struct{}
}

func newScreen(from uint64) *screen {
	return &screen{keys: make(chan []byte), next: from, changed: make(chan struct{})}
}

func (c *screen) Send(ctx context.Context, offset uint64, p []byte) error {
	if c.pace != nil {
		c.pace(p)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if offset != c.next {
		c.gaps++
		c.skipped += offset - c.next
	}
	c.seen = append(c.seen, p...)
	c.next = offset + uint64(len(p))
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

func (c *screen) Recv(ctx context.Context) ([]byte, error) {
	select {
	case p, ok := <-c.keys:
		if !ok {
			return nil, io.EOF
		}
		return p, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// shows waits until the viewer was sent text.
func (c *screen) shows(t testing.TB, text string) {
	t.Helper()
	c.until(t, text, func() bool { return bytes.Contains(c.seen, []byte(text)) })
}

// until waits until ok is true, which is asked with mu held.
func (c *screen) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		done, changed := ok(), c.changed
		c.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late:
			c.mu.Lock()
			defer c.mu.Unlock()
			t.Fatalf("screen never had %q; it ends with %q", what, c.seen[max(0, len(c.seen)-400):])
		}
	}
}

func (c *screen) types(t testing.TB, keys string) {
	t.Helper()
	select {
	case c.keys <- []byte(keys):
	case <-time.After(patience):
		t.Fatalf("typing %q was not taken", keys)
	}
}

func (c *screen) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.seen)
}

// attach shows s on a new screen until the test ends; done gets Serve's result.
func attach(t testing.TB, s *Session, from uint64) (c *screen, done <-chan error) {
	t.Helper()
	c = newScreen(from)
	return c, serve(t, s, c, false)
}

func serve(t testing.TB, s *Session, c *screen, watch bool) <-chan error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done, ended := make(chan error, 1), make(chan struct{})
	from := c.next
	go func() {
		defer close(ended)
		done <- s.Serve(ctx, c, from, watch)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return done
}

// served waits for the end of a viewer.
func served(t testing.TB, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatal("viewer has not ended")
		return nil
	}
}

// twice is what a line looks like that the terminal echoes and cat repeats.
func twice(line string) string { return strings.Repeat(line+"\r\n", 2) }
