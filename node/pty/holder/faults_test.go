//go:build linux || darwin

package holder

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/internal/vt"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// glass is a viewer that draws what it is sent, as a terminal emulator does: it
// takes the sizes of the session where they are told. It is a Stream.
type glass struct {
	notes chan rpc.Chunk // what it says of itself
	slow  chan struct{}  // not nil: it takes nothing until this is closed

	mu   sync.Mutex
	term *vt.Terminal
	size [2]int
}

func newGlass(cols, rows int) *glass {
	return &glass{notes: make(chan rpc.Chunk), term: vt.New(cols, rows, history), size: [2]int{cols, rows}}
}

func (g *glass) Send(ctx context.Context, _ uint64, p []byte) error {
	if g.slow != nil {
		select {
		case <-g.slow:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, err := g.term.Write(p)
	return err
}

func (g *glass) SendState(_ context.Context, _ uint64, p []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.term = vt.New(g.size[0], g.size[1], history)
	_, err := g.term.Write(p)
	return err
}

func (g *glass) SendNote(_ context.Context, _ uint64, p []byte) error {
	var n terminal.SessionNote
	if err := json.Unmarshal(p, &n); err != nil || n.Cols == 0 {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.size = [2]int{n.Cols, n.Rows}
	g.term.Resize(n.Cols, n.Rows)
	return nil
}

func (g *glass) Recv(ctx context.Context) (rpc.Chunk, error) {
	select {
	case c := <-g.notes:
		return c, nil
	case <-ctx.Done():
		return rpc.Chunk{}, context.Cause(ctx)
	}
}

// shown is what a terminal shows, and where its cursor is.
func shown(term *vt.Terminal) string {
	cols, rows := term.Size()
	x, y := term.Cursor()
	return fmt.Sprintf("%d×%d, cursor at %d,%d\n%s", cols, rows, x, y, strings.Join(term.Screen(), "\n"))
}

func (g *glass) shown() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return shown(g.term)
}

// look serves a glass until the session has ended and all was sent.
func look(t *testing.T, s *Session, g *glass, p terminal.AttachParams) (wait func()) {
	t.Helper()
	a, err := s.Attach(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(t.Context(), g, wire.OnBehalf{Name: "Olivia"}, p, a) }()
	return func() {
		t.Helper()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("viewing ended with %v", err)
			}
		case <-time.After(patience):
			t.Fatal("viewing does not end")
		}
	}
}

// wantSame compares what a viewer draws with the session's own screen.
func wantSame(t *testing.T, what string, s *Session, g *glass) {
	t.Helper()
	if got, want := g.shown(), shown(s.screen.term); got != want {
		t.Errorf("%s shows\n%s\nwant\n%s", what, got, want)
	}
}

// A window that is dragged while the program floods changes its size in the
// middle of what is printed; everybody draws the same in the end.
func TestResizeStorm(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `trap '' WINCH; stty -echo; read x; seq 1 60000; printf '\033[5;3Hhere \033[1mbold'; exit 3`)
	driver, watcher := newGlass(80, 24), newGlass(80, 24)
	p := terminal.AttachParams{Cols: 80, Rows: 24, Viewer: "driver"}
	driven := look(t, s, driver, p)
	watched := look(t, s, watcher, terminal.AttachParams{Watch: true})
	driver.notes <- rpc.Chunk{Kind: wire.Data, Data: []byte("\n")}
	for i := range 150 {
		b, err := json.Marshal(terminal.ViewerNote{Cols: 40 + i%97, Rows: 10 + i%31})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case driver.notes <- rpc.Chunk{Kind: wire.Note, Data: b}:
		case <-s.Ended():
		}
	}
	end(t, s)
	driven()
	watched()
	wantSame(t, "the driver", s, driver)
	wantSame(t, "the watcher", s, watcher)
}

// A line of 64 MB costs no more memory than any other output, and a viewer that
// takes none of it meanwhile draws the same in the end.
func TestLineOf64MB(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `stty -echo; read x; head -c 64000000 /dev/zero | tr '\0' x; printf '\nover\n'`)
	quick, slow := newGlass(80, 24), newGlass(80, 24)
	slow.slow = make(chan struct{})
	quickly := look(t, s, quick, terminal.AttachParams{})
	slowly := look(t, s, slow, terminal.AttachParams{Watch: true})
	quick.notes <- rpc.Chunk{Kind: wire.Data, Data: []byte("\n")}
	info := end(t, s)
	close(slow.slow)
	quickly()
	slowly()
	if info.Offset < 64_000_000 {
		t.Errorf("%d bytes were printed, want 64 MB", info.Offset)
	}
	if n := len(s.ring.buf); n > maxRing {
		t.Errorf("the ring holds %d bytes, the limit is %d", n, maxRing)
	}
	wantSame(t, "the quick viewer", s, quick)
	wantSame(t, "the slow viewer", s, slow)
}

// What a program prints is hostile where it shows what others wrote, such as a
// log. Nobody drives, so the session answers for the terminal: shortly, and
// with nothing of what was printed, or it would be typed into a shell.
func TestHostileOutputIsNotTyped(t *testing.T) {
	const evil = "touch pwned"
	ask := strings.Join([]string{
		`\033]2;` + evil + `\007\033[21t\033[20t`, // title, and its report
		`\033]1;` + evil + `\007`,
		`\033P$q` + evil + `\033\\`, // a setting that is none
		`\033P+q` + evil + `\033\\`, // a terminfo capability
		`\005`,                      // answerback
		`\033]52;c;dG91Y2ggcHduZWQK\007\033]52;c;?\007`,
		`\033]10;` + evil + `\007\033]10;?\007\033]4;1;?\007`,
		`\033]50;` + evil + `\007\033]50;?\007`,
		`\033]8;;file:///` + evil + `\007x\033]8;;\007`,
		`\033[c\033[>c\033[6n\033[?6n\033[5n\033[18t\033[14t\033[?2026$p`,
	}, "")
	m := run(t, Config{})
	s := shell(t, m, `stty raw -echo; for i in 1 2 3 4 5; do printf '`+ask+`'; done; stty min 0 time 10; echo; od -An -v -tx1 | tr -d ' \n'; echo; echo over`)
	all := output(t, s)
	hex := regexp.MustCompile(`(?m)^[0-9a-f]*$`).FindAllString(strings.ReplaceAll(all, "\r", ""), -1)
	typed := ""
	if i := slices.IndexFunc(hex, func(line string) bool { return len(line) > 20 }); i >= 0 {
		if _, err := fmt.Sscanf(hex[i], "%x", &typed); err != nil {
			t.Fatalf("reading what was typed: %v", err)
		}
	}
	if typed == "" {
		t.Fatalf("nothing was answered, though a cursor's place is always told: %q", all)
	}
	if len(typed) > 5*400 {
		t.Errorf("%d bytes were answered to 5 rounds", len(typed))
	}
	for _, part := range []string{"touch", "pwned", "dG91", "\n", "\r", ";touch"} {
		if strings.Contains(typed, part) {
			t.Errorf("the program was typed %q, which has %q", typed, part)
		}
	}
}
