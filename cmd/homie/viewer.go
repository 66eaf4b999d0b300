package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/cmd/homie/internal/api"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// Pauses between two attempts to reach the gateway again.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// viewer shows one session on this program's own terminal, over as many
// connections as it takes.
type viewer struct {
	tty    *tty
	notes  io.Writer // for a person, once the terminal is their own again
	detach detachKey
	watch  bool
	clip   clipboardFilter // for what is shown on a terminal
	// connect carries one connection and does something on it; choose says on
	// the first one which session it is about.
	connect func(ctx context.Context, do func(context.Context, *session) error) error
	choose  func(context.Context, *session) (terminal.Session, error)

	session terminal.Session
	keys    <-chan []byte // what is typed; nil after the end of the input
	next    *uint64       // offset of the next byte to show; nil to be shown all
	drawing bool          // between the first and the last piece of a state
	id      string        // that the session knows this viewer by
	typed   uint64        // bytes, on all streams
	kept    []byte        // the latest of them
	company *company
	greeted bool  // it was said once who is there
	refused error // why one may not type who wanted to, nil if one may
}

var (
	errDetached = errors.New("detached")
	errEnded    = errors.New("the program ended")
)

// run shows the session until it ends or is detached.
func (v *viewer) run(ctx context.Context) error {
	v.keys, v.id, v.company = v.tty.keys(ctx), rand.Text(), newCompany()
	defer v.tty.restore()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := v.connect(ctx, v.show)
		if v.session.ID == "" || !passes(err) || ctx.Err() != nil {
			return v.leave(err)
		}
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		if v.tty.say("connection lost, trying again") {
			v.next = nil // what was said is on the screen now: draw it anew
		}
		if err := v.rest(ctx, pause); err != nil {
			return v.leave(err)
		}
	}
}

// leave gives the terminal back and says how it went.
func (v *viewer) leave(err error) error {
	v.tty.restore()
	switch {
	case errors.Is(err, errDetached):
		fmt.Fprintf(v.notes, "detached; 'homie attach %s/%s' comes back to it\n", v.session.Node, v.session.ID)
		if said := v.company.said(); said != "" {
			fmt.Fprintln(v.notes, "it is "+said)
		}
		return nil
	case !errors.Is(err, errEnded):
		return err
	case v.session.Signal != "":
		fmt.Fprintf(v.notes, "ended by %s\n", v.session.Signal)
		return exitStatusError(128 + signalNumber(v.session.Signal))
	case v.session.ExitCode != nil && *v.session.ExitCode != 0:
		return exitStatusError(*v.session.ExitCode)
	}
	return nil
}

// passes reports whether an error is of a connection that may come back.
func passes(err error) bool {
	reason := wire.ReasonOf(err)
	return reason == wire.Unavailable || reason == wire.Timeout ||
		errors.Is(err, rpc.ErrClosed) || errors.Is(err, errUnreachable)
}

// rest waits before the next attempt. What is typed meanwhile goes nowhere, and
// a bell says so, except for the key that detaches.
func (v *viewer) rest(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case p, ok := <-v.keys:
			if !ok {
				v.keys = nil
			}
			if _, found := v.detach.cut(p); found {
				return errDetached
			}
			v.tty.bell()
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// show shows the session on one connection. Who may not type watches.
func (v *viewer) show(ctx context.Context, s *session) error {
	if err := v.begin(ctx, s); err != nil {
		return err
	}
	if err := v.follow(ctx, s); err != nil {
		return err
	}
	for {
		err := v.look(ctx, s)
		switch {
		case errors.Is(err, errDrawAnew):
			v.next = nil
		case wire.ReasonOf(err) == wire.Forbidden && v.session.ID != "" && !v.watch:
			v.watch, v.refused, v.greeted = true, err, false
			if v.tty.isTerminal() {
				v.next = nil
			} else {
				fmt.Fprintf(v.notes, "watching only: %v\n", err)
			}
		case wire.ReasonOf(err) == wire.Forbidden && v.refused != nil:
			return v.refused // what was wanted first says more
		default:
			return err
		}
	}
}

// errDrawAnew ends a look at a session that is to be drawn again.
var errDrawAnew = errors.New("to be drawn again")

// follow keeps the company up to date while the connection lasts.
func (v *viewer) follow(ctx context.Context, s *session) error {
	return rpc.Subscribe(ctx, s.Conn, terminal.Changed, func(t terminal.Session, e wire.Event) {
		if e.Data != nil && t.ID == v.company.of() {
			v.company.see(t)
		}
	})
}

// begin chooses the session, once.
func (v *viewer) begin(ctx context.Context, s *session) (err error) {
	if v.session.ID != "" {
		return nil
	}
	if v.session, err = v.choose(ctx, s); err != nil {
		return err
	}
	if v.session.Offset == 0 || !v.tty.isTerminal() {
		v.next = new(uint64) // as it was printed: a state is for a terminal to show
	}
	v.company.see(v.session)
	return nil
}

// look shows the session until its stream ends.
func (v *viewer) look(ctx context.Context, s *session) error {
	at, stream, err := v.open(ctx, s)
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	if err := v.tty.raw(); err != nil {
		return err
	}
	stream.Beyond(time.Duration(at.LinkMs) * time.Millisecond)
	if v.next == nil || at.Offset != *v.next {
		v.tty.clear()
	}
	v.next, v.drawing = &at.Offset, false
	v.company.see(at.Session)

	group, together := errgroup.WithContext(ctx)
	group.Go(func() error { return v.print(together, stream) })
	group.Go(func() error { return v.greet(together) })
	group.Go(func() error { return v.keepTitle(together) })
	group.Go(func() error { return v.listen(together, stream, at.Typed) })
	if err := group.Wait(); !errors.Is(err, io.EOF) {
		return err
	}
	return v.outcome(ctx, s)
}

// open attaches to the session. Whoever has to confirm that first reads so on
// their own terminal, which is drawn anew then.
func (v *viewer) open(ctx context.Context, s *session) (at terminal.Attached, stream *rpc.Stream, err error) {
	s.pause = func() {
		if v.tty.saved != nil {
			v.tty.restore()
			v.next = nil
		}
	}
	err = s.confirmed(ctx, func() error {
		cols, rows := v.tty.size()
		at, stream, err = rpc.Open(ctx, s.Conn, terminal.Attach, terminal.AttachParams{
			Node: v.session.Node, Session: v.session.ID, Offset: v.next, Watch: v.watch,
			Viewer: v.id, Cols: cols, Rows: rows,
		})
		return err
	})
	return at, stream, err
}

// print shows what the session prints.
func (v *viewer) print(ctx context.Context, stream *rpc.Stream) error {
	for {
		c, err := stream.Recv(ctx)
		if err != nil {
			return err
		}
		next := *v.next
		switch {
		case c.Kind == wire.Note:
			v.noted(c.Data)
			continue
		case c.Kind == wire.State:
			if !v.drawing {
				v.tty.clear()
			}
			v.drawing = !c.Last
		case c.Offset > next:
			v.tty.clear() // skipped forward
			v.clip = clipboardFilter{allow: v.clip.allow}
		case c.Offset < next:
			c.Data = c.Data[min(uint64(len(c.Data)), next-c.Offset):]
			c.Offset = next
		}
		shown := c.Data
		if v.tty.isTerminal() {
			shown = v.clip.filter(shown)
		}
		if err := v.tty.write(shown); err != nil {
			return err
		}
		if v.drawing {
			continue // half a state is none, should the connection be lost
		}
		if next = c.Offset; c.Kind == wire.Data {
			next += uint64(len(c.Data))
		}
		v.next = &next
	}
}

// endOfInput is what a terminal turns into the end of its program's input.
const endOfInput = 4

// listen types what is typed here, and says how large this terminal is. What an
// earlier stream was given and the session did not take is sent again.
func (v *viewer) listen(ctx context.Context, stream *rpc.Stream, taken *uint64) error {
	if taken != nil && *taken < v.typed && v.typed-*taken <= uint64(len(v.kept)) {
		rest := v.kept[len(v.kept)-int(v.typed-*taken):]
		if err := stream.Send(ctx, *taken, rest); err != nil {
			return err
		}
	}
	resized := v.tty.resizes(ctx)
	for {
		select {
		case p, ok := <-v.keys:
			if !ok {
				v.keys, p = nil, []byte{endOfInput}
			}
			p, detached := v.detach.cut(p)
			if err := v.send(ctx, stream, p); err != nil {
				return err
			}
			if detached {
				return errDetached
			}
		case <-resized:
			if err := v.sendSize(ctx, stream); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// keptKeys is how much is kept of what was typed, in bytes.
const keptKeys = 64 << 10

func (v *viewer) send(ctx context.Context, stream *rpc.Stream, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if v.watch {
		if v.refused != nil { // and not because one only wanted to watch
			v.tty.bell()
		}
		return nil
	}
	at := v.typed
	v.typed += uint64(len(p))
	v.kept = append(v.kept, p...)
	v.kept = v.kept[max(0, len(v.kept)-keptKeys):]
	return stream.Send(ctx, at, p)
}

func (v *viewer) sendSize(ctx context.Context, stream *rpc.Stream) error {
	cols, rows := v.tty.size()
	visible := true
	b, err := json.Marshal(terminal.ViewerNote{Cols: cols, Rows: rows, Visible: &visible})
	if err != nil {
		return fmt.Errorf("encoding a note: %w", err)
	}
	return stream.SendNote(ctx, v.typed, b)
}

// outcome finds out why the session's output ended.
func (v *viewer) outcome(ctx context.Context, s *session) error {
	all, err := api.TerminalSessionList(ctx, s, terminal.ListParams{Node: v.session.Node})
	if err != nil {
		return err
	}
	for _, t := range all.Sessions {
		if t.ID != v.session.ID {
			continue
		}
		if t.State == terminal.Running {
			return rpc.ErrClosed // this viewer was let go, not the session
		}
		v.session = t
	}
	return errEnded
}

// detachKey is the control character that detaches, 0 for none.
type detachKey byte

// parseDetachKey reads a key such as ctrl-a.
func parseDetachKey(s string) (detachKey, error) {
	if s == "none" {
		return 0, nil
	}
	name, ok := strings.CutPrefix(strings.ToUpper(s), "CTRL-")
	if ok && len(name) == 1 && name[0] > '@' && name[0] <= '_' && name[0] != '[' { // Ctrl-[ is Escape
		return detachKey(name[0] & 0x1f), nil
	}
	return 0, usagef("--detach-key %s is no key like ctrl-a, and not none", s)
}

// String is how people write the key.
func (k detachKey) String() string { return "Ctrl-" + string(rune(k|0x40)) }

// cut returns what stands before the key in p, and whether it is there. A
// program may have asked for the longer form of keys, in which Ctrl-A is
// "ESC [ 97 ; 5 u" (the kitty keyboard protocol).
func (k detachKey) cut(p []byte) (before []byte, found bool) {
	if k == 0 {
		return p, false
	}
	letter := strings.ToLower(string(rune(k | 0x40)))
	for _, form := range [][]byte{{byte(k)}, fmt.Appendf(nil, "\x1b[%d;5u", letter[0])} {
		if b, _, ok := bytes.Cut(p, form); ok {
			return b, true
		}
	}
	return p, false
}
