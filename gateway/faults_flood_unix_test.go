//go:build unix

package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/internal/vt"
	"homie/rpc"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

// How often and how long something breaks. HOMIE_FAULTS=50 takes so many rounds,
// and stops what is stopped for half a minute.
const (
	faultRounds = 3
	stoppedFor  = 6 * time.Second // longer than a link's keepalive
	stoppedLong = 30 * time.Second
)

func faults(t *testing.T) (rounds int, stopped time.Duration) {
	t.Helper()
	text := os.Getenv("HOMIE_FAULTS")
	if text == "" {
		return faultRounds, stoppedFor
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("HOMIE_FAULTS is %q, want a number of rounds", text)
	}
	return n, stoppedLong
}

// counting prints a million numbers once somebody has typed, and leaves a terminal
// in a state of its own.
const counting = `stty -echo; echo ready; read x; seq 1 1000000; printf '\033[?1h\033[?2004h\033[3;31mthe \033[4mend'; read x`

// ready is what it prints first.
const ready = "ready\r\n"

// counted is all that it prints.
func counted() []byte {
	b := bytes.NewBufferString(ready)
	for i := 1; i <= 1_000_000; i++ {
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(i), 10))
		b.WriteString("\r\n")
	}
	b.WriteString("\x1b[?1h\x1b[?2004h\x1b[3;31mthe \x1b[4mend")
	return b.Bytes()
}

// follower draws what a session prints, over as many connections as it takes.
type follower struct {
	session terminal.Session
	whole   []byte // all that it will print
	term    *vt.Terminal
	at      uint64
	drawing bool
	skips   int
}

func newFollower(t *testing.T, c *rpc.Conn, whole []byte) *follower {
	t.Helper()
	p := terminal.StartParams{Node: "den", Command: []string{"sh", "-c", counting}, Cols: 80, Rows: 24}
	s, err := rpc.Invoke(t.Context(), c, terminal.Start, p)
	if err != nil {
		t.Fatal(err)
	}
	return &follower{session: s, whole: whole, term: vt.New(80, 24, terminal.MaxHistory)}
}

// attach goes on where it was.
func (f *follower) attach(t *testing.T, c *rpc.Conn) (*rpc.Stream, error) {
	t.Helper()
	p := terminal.AttachParams{Node: "den", Session: f.session.ID, Offset: &f.at, History: terminal.MaxHistory, Cols: 80, Rows: 24}
	a, st, err := rpc.Open(t.Context(), c, terminal.Attach, p)
	if err != nil {
		return nil, err
	}
	f.drawing = false
	if a.Offset != f.at && a.Skipped == 0 {
		t.Errorf("attached at byte %d instead of %d, and nothing says that bytes were skipped", a.Offset, f.at)
	}
	return st, nil
}

// read draws until it has come to an offset, or the stream ends.
func (f *follower) read(t *testing.T, st *rpc.Stream, until uint64) error {
	t.Helper()
	for f.at < until || f.drawing {
		c, err := st.Recv(t.Context())
		if err != nil {
			return err
		}
		switch c.Kind {
		case wire.State:
			if !f.drawing {
				f.term = vt.New(80, 24, terminal.MaxHistory)
				f.skips++
			}
			f.drawing = !c.Last
			f.at = c.Offset
			_, _ = f.term.Write(c.Data) // never fails
		case wire.Data:
			if c.Offset != f.at {
				t.Fatalf("output at byte %d came after byte %d", c.Offset, f.at)
			}
			f.at += uint64(len(c.Data))
			if want := f.whole[c.Offset:f.at]; !bytes.Equal(c.Data, want) {
				t.Fatalf("at byte %d there is %.80q, want %.80q", c.Offset, c.Data, want)
			}
			_, _ = f.term.Write(c.Data)
		}
	}
	return nil
}

// drawn is what a terminal shows and keeps, and how it is set.
func drawn(term *vt.Terminal) string {
	x, y := term.Cursor()
	const kept = 5000 // a snapshot has that many in any case
	first, end := term.Lines()
	var b strings.Builder
	fmt.Fprintf(&b, "cursor at %d,%d, %+v\n", x, y, term.Modes())
	from := max(first, end-kept)
	for _, line := range term.Text(from, int(end-from)) {
		fmt.Fprintln(&b, line.Text)
	}
	return b.String()
}

// wantWhole compares what it draws with what one draws that saw everything.
func (f *follower) wantWhole(t *testing.T, what string) {
	t.Helper()
	all := vt.New(80, 24, terminal.MaxHistory)
	_, _ = all.Write(f.whole)
	got, want := drawn(f.term), drawn(all)
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	t.Errorf("%s: %d lines are drawn, want %d", what, len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s: line %d is %q, want %q", what, i, a[i], b[i])
		}
	}
}

// passing reports whether a stream ended in a way that is worth another try.
func passing(err error) bool {
	reason := wire.ReasonOf(err)
	return reason == wire.Unavailable || reason == wire.Timeout || reason == wire.NotFound || errors.Is(err, rpc.ErrClosed) || errors.Is(err, io.EOF)
}

// breakable is a household of which each part is a process that a test may break.
type breakable struct {
	*homietest.House
	gateway, node *homietest.Process
	owner         *rpc.Conn
	line          func(net.Conn) net.Conn // between the owner and the gateway; nil for a good one
}

func newBreakable(t *testing.T) *breakable {
	h := homietest.WithoutGateway(t)
	b := &breakable{House: h, gateway: h.Spawn(tailbox.Gateway)}
	b.node = h.Spawn(tailbox.NodeDen)
	b.connect(t)
	return b
}

func (b *breakable) connect(t *testing.T) {
	t.Helper()
	if b.line == nil {
		b.owner, _ = b.Connect(tailbox.OliviaLaptop)
		online(t, b.owner, "den")
		return
	}
	homietest.Eventually(t, "connecting over a bad line", func() error {
		d := rpc.Dialer{URL: b.Address(), TLS: b.TLS(), NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := b.Person(tailbox.OliviaLaptop).Dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return b.line(c), nil
		}}
		c, err := d.Dial(t.Context())
		if err != nil {
			return err
		}
		homietest.Carry(t, c)
		b.owner = c
		_, err = c.Hello(t.Context(), wire.ClientInfo{Kind: "cli", Version: "test"})
		return err
	})
}

// holder is the process that holds the node's terminals.
func (b *breakable) holder(t *testing.T) int {
	t.Helper()
	var info holder.Info
	text, err := os.ReadFile(filepath.Join(b.Dir(tailbox.NodeDen), holder.InfoFile))
	if err != nil || json.Unmarshal(text, &info) != nil {
		t.Fatalf("reading which process holds terminals: %q, %v", text, err)
	}
	return info.PID
}

// round lets a program count, has something break in the middle of it, and wants
// to see in the end what it would have seen.
func (b *breakable) round(t *testing.T, what string, at uint64, fault func()) {
	t.Helper()
	f := newFollower(t, b.owner, wholeCount)
	st, err := f.attach(t, b.owner)
	if err != nil {
		t.Fatal(err)
	}
	err = f.read(t, st, uint64(len(ready)))
	if err == nil {
		err = st.Send(t.Context(), 0, []byte("\n"))
	}
	if err == nil {
		err = f.read(t, st, at)
	}
	if err != nil {
		t.Fatalf("%s: before anything broke: %v", what, err)
	}
	fault()
	for end := uint64(len(f.whole)); ; {
		if err = f.read(t, st, end); err == nil {
			break
		}
		if !passing(err) {
			t.Fatalf("%s: the stream ended with %v, want that it is worth another try", what, err)
		}
		b.connect(t)
		homietest.Eventually(t, "attaching again", func() error {
			st, err = f.attach(t, b.owner)
			return err
		})
	}
	f.wantWhole(t, what)
	t.Logf("%s at byte %d: %d bytes, shown anew %d times", what, at, f.at, f.skips)
	if _, err := rpc.Invoke(t.Context(), b.owner, terminal.Kill, terminal.KillParams{Node: "den", Session: f.session.ID}); err != nil {
		t.Fatal(err)
	}
}

var wholeCount = counted()

// Gateway, node and client are killed in turn in the middle of a million numbers:
// the screen, its modes and what has scrolled away are in the end what they would
// be, and where bytes are missing, that is said.
func TestKilledInTheMiddle(t *testing.T) {
	rounds, _ := faults(t)
	b := newBreakable(t)
	for i := range rounds {
		at := uint64(1000 + i*130_000%6_000_000)
		switch i % 3 {
		case 0:
			b.round(t, "a killed gateway", at, func() {
				b.gateway.Kill()
				b.gateway = b.Spawn(tailbox.Gateway)
			})
		case 1:
			b.round(t, "a killed node", at, func() {
				b.node.Kill()
				b.node = b.Spawn(tailbox.NodeDen)
			})
		default:
			b.round(t, "a killed client", at, func() { b.owner.Close(errors.New("killed")) })
		}
	}
}

// A part that stands still for longer than its peers wait for it, as a machine that
// sleeps does, goes on as if nothing had happened.
func TestStoppedInTheMiddle(t *testing.T) {
	_, stopped := faults(t)
	b := newBreakable(t)
	for _, part := range []struct {
		what   string
		signal func(syscall.Signal)
	}{
		{"a stopped gateway", func(s syscall.Signal) { b.gateway.Signal(s) }},
		{"a stopped node", func(s syscall.Signal) { b.node.Signal(s) }},
		{"a stopped holder", func(s syscall.Signal) {
			if err := syscall.Kill(b.holder(t), s); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		b.round(t, part.what, 1_000_000, func() {
			part.signal(syscall.SIGSTOP)
			defer part.signal(syscall.SIGCONT)
			over := time.NewTimer(stopped)
			defer over.Stop()
			select {
			case <-over.C:
			case <-t.Context().Done():
			}
		})
	}
}
