//go:build linux || darwin

package holder

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"homie/internal/vt"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// draw shows what a terminal of a size shows after bytes.
func draw(cols, rows int, p []byte) string {
	term := vt.New(cols, rows, 1000)
	_, _ = term.Write(p)
	return strings.TrimRight(strings.Join(term.Screen(), "\n"), "\n ")
}

// fresh attaches a viewer that has seen nothing.
func fresh(t testing.TB, s *Session, p terminal.AttachParams) *onlooker {
	t.Helper()
	a, err := s.Attach(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	c := newOnlooker(a.Offset)
	if a.Typed != nil {
		c.typed = *a.Typed
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(ctx, c, wire.OnBehalf{Name: "Olivia"}, p, a)
	}()
	c.leave = func() {
		cancel()
		<-ended
	}
	t.Cleanup(c.leave)
	return c
}

// drawn waits until the screen has taken all that was printed: before, a late
// viewer is shown an earlier screen, and the bytes from there.
func drawn(t *testing.T, s *Session) {
	t.Helper()
	late := time.After(patience)
	for s.screenBehind() {
		select {
		case <-s.screen.moved:
		case <-late:
			t.Fatal("the screen does not take what was printed")
		}
	}
}

// A viewer that has seen nothing is shown the screen, not the bytes that led to
// it, and then what comes.
func TestFreshViewerIsShownTheScreen(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `stty -echo; printf 'gone\033[2J\033[3;5Hhere\033[?1049h\033[2;2Halt'; echo ready; read x; echo after; exec cat`)
	first, _ := attach(t, s, 0)
	first.shows(t, "ready")
	drawn(t, s)

	late := fresh(t, s, terminal.AttachParams{})
	late.until(t, "the screen", func() bool { return late.states == 1 })
	first.types(t, "\n")
	first.shows(t, "after")
	late.shows(t, "after")
	late.mu.Lock()
	defer late.mu.Unlock()
	if got, want := draw(80, 24, late.seen), draw(80, 24, []byte(first.text())); got != want {
		t.Errorf("the late viewer sees\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(string(late.seen), "gone") {
		t.Error("the late viewer was sent what is on no screen")
	}
}

// The viewer that was used last, and is seen, decides about the size; all are
// told from which byte on it holds, and the one who is left gets their own.
func TestSizeFollowsWhoUsedItLast(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty -echo; trap 'stty size' WINCH; echo ready; while :; do read x; done")
	laptop := fresh(t, s, terminal.AttachParams{Cols: 120, Rows: 40})
	laptop.shows(t, "ready")
	laptop.told(t, "its own size", func(n note) bool { return n.Cols == 120 && n.Rows == 40 })
	is := func(cols int) func(note) bool { return func(n note) bool { return n.Cols == cols } }

	phone := fresh(t, s, terminal.AttachParams{Cols: 47, Rows: 34})
	laptop.told(t, "the phone's size", is(47))
	laptop.shows(t, "34 47")
	if got := s.Info(); got.Cols != 47 || len(got.People) != 2 || !got.People[1].Drives || got.People[0].Drives {
		t.Errorf("with a phone: %+v", got)
	}
	watcher := fresh(t, s, terminal.AttachParams{Cols: 10, Rows: 10, Watch: true})
	watcher.told(t, "that it does not drive", func(n note) bool { return n.Drives != nil && !*n.Drives })
	if got := s.Info().Cols; got != 47 {
		t.Errorf("a watcher made the session %d columns wide", got)
	}

	laptop.types(t, "\n")
	phone.until(t, "the laptop's size", func() bool { return last(phone.notes).Cols == 120 })
	phone.says(t, `{"visible":true,"cols":50,"rows":30}`)
	laptop.told(t, "the phone's new size", is(50))
	phone.says(t, `{"visible":false}`)
	laptop.until(t, "its own size again", func() bool { return last(laptop.notes).Cols == 120 })
	phone.says(t, `{"visible":true}`)
	laptop.until(t, "the phone's size again", func() bool { return last(laptop.notes).Cols == 50 })
	phone.leave()
	laptop.until(t, "its own size at last", func() bool { return last(laptop.notes).Cols == 120 })
}

// last is the last note about the size.
func last(notes []note) (found note) {
	for _, n := range notes {
		if n.Cols != 0 {
			found = n
		}
	}
	return found
}

// What a program asks of its terminal is answered by the session while nobody
// drives, and left to the driver's terminal otherwise.
func TestQueriesAreAnsweredOnce(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `stty raw -echo; echo ready; while :; do head -c 1 >/dev/null; printf '\033[c'; dd bs=64 count=1 2>/dev/null | od -An -c; done`)
	watcher := fresh(t, s, terminal.AttachParams{Watch: true})
	watcher.shows(t, "ready")
	if _, err := s.Type(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	watcher.shows(t, "033   [   ?   1   ;   2   c")

	driver := fresh(t, s, terminal.AttachParams{})
	driver.told(t, "that it drives", func(n note) bool { return n.Drives != nil && *n.Drives })
	driver.types(t, "x")
	driver.shows(t, "\x1b[c")
	driver.types(t, "mine")
	driver.shows(t, "m   i   n   e\n")
}

// Viewers hear whether the terminal shows what is typed.
func TestEchoIsTold(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty -echo; echo secret; read x; stty echo; echo open; read x")
	c := fresh(t, s, terminal.AttachParams{})
	c.shows(t, "secret")
	echo := func(on bool) func(note) bool { return func(n note) bool { return n.Echo != nil && *n.Echo == on } }
	c.told(t, "no echo", echo(false))
	c.types(t, "\n")
	c.shows(t, "open")
	c.told(t, "echo", echo(true))
}

// Viewers hear how the terminal takes what is typed where the program has changed
// that after all it printed: at the latest with the first key.
func TestIntakeIsTold(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "echo ready; read x; stty -echo; read x; stty echo -icanon; echo keys; read x")
	c := fresh(t, s, terminal.AttachParams{})
	takes := func(echo, keys bool) func(note) bool {
		return func(n note) bool { return n.Echo != nil && *n.Echo == echo && n.Keys != nil && *n.Keys == keys }
	}
	c.shows(t, "ready")
	c.told(t, "lines that show", takes(true, false))
	c.types(t, "\n")
	late := time.Now().Add(patience)
	for in, _ := s.proc.intake(); in.echo; in, _ = s.proc.intake() {
		if time.Now().After(late) {
			t.Fatal("echo stays on")
		}
		runtime.Gosched()
	}
	c.types(t, "s")
	c.told(t, "lines that do not show", takes(false, false))
	c.types(t, "\n")
	c.shows(t, "keys")
	c.told(t, "keys that show", takes(true, true))
}

// What a viewer sends again after a break is taken once.
func TestTypedOnce(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty -echo; echo ready; exec cat")
	p := terminal.AttachParams{Viewer: "v1"}
	c := fresh(t, s, p)
	c.shows(t, "ready")
	c.types(t, "one\n")
	c.shows(t, "one")
	again := fresh(t, s, p) // ends the first stream
	if again.typed != 4 {
		t.Fatalf("the session says that it took %d bytes, want 4", again.typed)
	}
	again.typed = 0
	again.types(t, "one\ntwo\n")
	again.typed = 6
	again.types(t, "o\nthree\n")
	again.shows(t, "three")
	if got := kept(s); got != "ready\r\none\r\ntwo\r\nthree\r\n" {
		t.Errorf("typing again what was taken printed %q", got)
	}
	stranger := fresh(t, s, terminal.AttachParams{Viewer: "v2"})
	if stranger.typed != 0 {
		t.Errorf("a new viewer's typing begins at %d", stranger.typed)
	}
}

// A screen that breaks costs the screen: whoever attaches sees the latest
// output, and the session says so.
func TestLostScreen(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, "stty -echo; echo ready; read x; echo more; read x")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	s.loseScreen()
	c.types(t, "\n")
	c.shows(t, "more")
	late := fresh(t, s, terminal.AttachParams{})
	late.shows(t, "more")
	if late.states != 0 || !s.Info().Raw {
		t.Errorf("after the screen was lost: %d states, info %+v", late.states, s.Info())
	}
}

// A note that is none ends the viewer, with words.
func TestForeignNote(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "cat")
	c := newOnlooker(0)
	done := serve(t, s, c, false)
	c.says(t, `{"cols":100000,"rows":1}`)
	if err := served(t, done); wire.ReasonOf(err) != wire.Protocol {
		t.Errorf("Serve = %v, want a violation", err)
	}
}

// A session tells the title that its program gave it.
func TestTitle(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `printf '\033]0;top secret\007'; echo ready; read x`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	s.screen.work.Wait()
	if got := s.Info().Title; got != "top secret" {
		t.Errorf("title %q, want what the program set", got)
	}
}

func (c *onlooker) says(t testing.TB, note string) {
	t.Helper()
	c.keys <- rpc.Chunk{Kind: wire.Note, Data: []byte(note)}
}
