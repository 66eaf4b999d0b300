//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// patience bounds every wait of a test; nothing is expected to take as long.
const patience = 2 * time.Minute

// run returns a Manager that runs until the test ends.
func run(t testing.TB, cfg Config) *Manager {
	t.Helper()
	m := NewManager(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	// So that the first Start need not wait for Run, which does both.
	t.Cleanup(heedSignals())
	m.setOpen(true)
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
	info, err := m.Start(p, wire.OnBehalf{Name: "Olivia", DeviceOf: "olivia-laptop"})
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

// onlooker is a viewer that keeps what it is sent. It is a Stream.
type onlooker struct {
	keys chan rpc.Chunk
	pace func(p []byte) // called before each chunk is taken; may be nil

	mu      sync.Mutex
	seen    []byte
	next    uint64 // offset of the next byte
	gaps    int
	skipped uint64
	states  int
	notes   []note
	typed   uint64
	leave   func() // set by fresh
	changed chan struct{}
}

func newOnlooker(from uint64) *onlooker {
	return &onlooker{keys: make(chan rpc.Chunk), next: from, changed: make(chan struct{})}
}

func (c *onlooker) Send(ctx context.Context, offset uint64, p []byte) error {
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

// SendState takes the screen in the place of everything before offset.
func (c *onlooker) SendState(_ context.Context, offset uint64, p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states++; offset != c.next {
		c.gaps++
		c.skipped += offset - c.next
	}
	c.seen = append(c.seen[:0], p...)
	c.next = offset
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

// SendNote keeps the notes.
func (c *onlooker) SendNote(_ context.Context, offset uint64, p []byte) error {
	var n terminal.SessionNote
	if err := json.Unmarshal(p, &n); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, note{offset, n})
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

// note is what a viewer was told, and from which offset on it holds.
type note struct {
	at uint64
	terminal.SessionNote
}

func (c *onlooker) Recv(ctx context.Context) (rpc.Chunk, error) {
	select {
	case k, ok := <-c.keys:
		if !ok {
			return rpc.Chunk{}, io.EOF
		}
		return k, nil
	case <-ctx.Done():
		return rpc.Chunk{}, context.Cause(ctx)
	}
}

// skippedNotes adds up what the viewer was told that it has missed.
func (c *onlooker) skippedNotes() (n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, note := range c.notes {
		n += note.Skipped
	}
	return n
}

// told waits for a note that is as wanted, and returns the latest such.
func (c *onlooker) told(t testing.TB, what string, want func(note) bool) (found note) {
	t.Helper()
	c.until(t, what, func() bool {
		for _, n := range c.notes {
			if want(n) {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

// shows waits until the viewer was sent text.
func (c *onlooker) shows(t testing.TB, text string) {
	t.Helper()
	c.until(t, text, func() bool { return bytes.Contains(c.seen, []byte(text)) })
}

// until waits until ok is true, which is asked with mu held.
func (c *onlooker) until(t testing.TB, what string, ok func() bool) {
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

func (c *onlooker) types(t testing.TB, keys string) {
	t.Helper()
	select {
	case c.keys <- rpc.Chunk{Kind: wire.Data, Offset: c.typed, Data: []byte(keys)}:
		c.typed += uint64(len(keys))
	case <-time.After(patience):
		t.Fatalf("typing %q was not taken", keys)
	}
}

func (c *onlooker) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.seen)
}

// attach shows s on a new screen until the test ends; done gets Serve's result.
func attach(t testing.TB, s *Session, from uint64) (c *onlooker, done <-chan error) {
	t.Helper()
	c = newOnlooker(from)
	return c, serve(t, s, c, false)
}

func serve(t testing.TB, s *Session, c *onlooker, watch bool) <-chan error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done, ended := make(chan error, 1), make(chan struct{})
	from := c.next
	go func() {
		defer close(ended)
		done <- serveFrom(ctx, s, c, from, watch)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return done
}

// serveFrom shows s from an offset on, as to a viewer that comes back.
func serveFrom(ctx context.Context, s *Session, stream Stream, from uint64, watch bool) error {
	p := terminal.AttachParams{Offset: &from, Watch: watch}
	return s.Serve(ctx, stream, wire.OnBehalf{Name: "somebody"}, p, terminal.Attached{Session: s.Info(), Offset: from})
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
