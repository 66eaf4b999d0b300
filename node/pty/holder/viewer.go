package holder

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// Bounds of a session's viewers.
const (
	maxViewers = 64
	// tail is how much a viewer that fell behind the ring still gets to see of
	// what it missed, in bytes, when there is no screen to be shown.
	tail = 128 << 10
	// holdLag is how far the driver may be behind before it holds the PTY, in
	// bytes. It is small, because what lies between is still to be shown after
	// a Ctrl-C.
	holdLag = 128 << 10
	// holdFor is how long a driver that takes nothing may hold the PTY.
	holdFor = 500 * time.Millisecond
	// skipLag is how far another viewer may be behind before it is shown the
	// screen instead of what it missed, in bytes.
	skipLag = 256 << 10
)

// Stream is a viewer's end of the wire, see rpc.Stream.
type Stream interface {
	Send(ctx context.Context, offset uint64, p []byte) error
	SendState(ctx context.Context, offset uint64, p []byte) error
	SendNote(ctx context.Context, offset uint64, p []byte) error
	Recv(ctx context.Context) (rpc.Chunk, error)
}

// viewer is one attached stream: a cursor into the ring.
type viewer struct {
	id      string // the client's, "" for none
	key     terminal.ViewerKey
	by      wire.OnBehalf
	watch   bool // types nothing
	history int  // lines that a state brings along

	end     context.CancelCauseFunc // of the viewer's ctx
	cursor  atomic.Uint64           // offset after the last byte sent
	moved   chan struct{}           // capacity 1; tells a holding reader
	news    chan struct{}           // capacity 1; there is something to tell
	left    chan struct{}           // closed when the viewer has gone
	stalled atomic.Bool             // held too long; until it has caught up

	// guarded by the session's mu
	joined, acted uint64 // when, in the session's count of acts
	cols, rows    int    // that fit there, 0 for no say
	hidden        bool   // nobody sees it
	asks          bool   // for control
	typedAt       time.Time
	unheard       uint64 // bytes typed while another had control

	// of the goroutine that listens
	turn  bool // it holds the session's turn
	paste paste

	// of the goroutine that shows
	resume uint64 // everything before this offset is sent as it is
	told   told
}

// told is what a viewer knows of the session.
type told struct {
	sized         uint64 // serial number of the size
	drives, heard *bool
	takes         *intake
	you           bool
	typing        []terminal.ViewerKey
}

// errLeft ends a viewer that closed its direction of the stream.
var errLeft = errors.New("the viewer left")

// errReplaced ends the older stream of a viewer that came back.
var errReplaced = wire.Errorf(wire.Conflict, "this view of the terminal was opened again elsewhere")

// Attach says where a viewer's stream starts: at the offset that it asks for
// while the ring has it, else with the screen as it is. Serve carries the
// stream. An older stream of the same viewer ends.
func (s *Session) Attach(ctx context.Context, p terminal.AttachParams) (terminal.Attached, error) {
	if err := s.replaceViewer(ctx, p.Viewer); err != nil {
		return terminal.Attached{}, err
	}
	info := s.Info()
	if info.Viewers >= maxViewers {
		return terminal.Attached{}, s.full()
	}
	start, end := s.ring.Bounds()
	a := terminal.Attached{Session: info, Offset: s.startOf(start), Typed: s.takenOf(p.Viewer)}
	if p.Offset == nil {
		return a, nil
	}
	if *p.Offset > end {
		return terminal.Attached{}, wire.Errorf(wire.InvalidParams, "session %s has only %d bytes so far", s.id, end)
	}
	if *p.Offset >= start {
		a.Offset = *p.Offset
		size := s.sizes.at(a.Offset) // later ones come as notes
		a.Session.Cols, a.Session.Rows = size.cols, size.rows
	}
	a.Skipped = a.Offset - min(a.Offset, *p.Offset)
	return a, nil
}

func (s *Session) full() error {
	return wire.Errorf(wire.Busy, "session %s has %d viewers already", s.id, maxViewers)
}

// startOf is where a viewer begins that is not shown all: where the screen is,
// and without one where the ring begins.
func (s *Session) startOf(start uint64) uint64 {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	if s.screen.term == nil {
		return s.ring.LineFrom(start)
	}
	return s.screen.at.Load()
}

// replaceViewer ends the stream that a viewer has already, and waits for it.
func (s *Session) replaceViewer(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	var old *viewer
	s.mu.Lock()
	for v := range s.viewers {
		if v.id == id {
			old = v
		}
	}
	s.mu.Unlock()
	if old == nil {
		return nil
	}
	old.end(errReplaced)
	select {
	case <-old.left:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Serve shows the session to who from where Attach said on, and types what they
// send unless they only watch. It returns nil when the session has ended and
// everything was sent or when the viewer left, and otherwise why the stream
// can't go on.
func (s *Session) Serve(ctx context.Context, stream Stream, who wire.OnBehalf, p terminal.AttachParams, a terminal.Attached) (err error) {
	v := &viewer{
		id: p.Viewer, key: keyOf(p.Viewer), by: who, watch: p.Watch, history: p.History, cols: p.Cols, rows: p.Rows,
		moved: make(chan struct{}, 1), news: make(chan struct{}, 1), left: make(chan struct{}),
	}
	v.cursor.Store(a.Offset)
	if p.Offset != nil && a.Skipped == 0 {
		v.resume = max(a.Session.Offset, 1)
		v.told.sized = s.sizes.at(*p.Offset).serial
	}
	if s.breaks("showing it", func() { err = s.serve(ctx, stream, v) }) {
		return wire.Errorf(wire.Internal, "this view of session %s broke; the session runs on", s.id)
	}
	return err
}

func (s *Session) serve(ctx context.Context, stream Stream, v *viewer) error {
	ctx, v.end = context.WithCancelCause(ctx)
	if err := s.join(v); err != nil {
		v.end(err)
		return err
	}
	defer func() { s.leave(v, errors.Is(context.Cause(ctx), errLeft)) }()
	var typing sync.WaitGroup
	defer typing.Wait()
	defer v.end(nil)
	typing.Go(func() {
		err := error(errBroke)
		s.breaks("listening to a viewer", func() { err = s.listen(ctx, v, stream) })
		if err != nil {
			v.end(err)
		}
	})
	if err := s.show(ctx, v, stream); !errors.Is(err, errLeft) {
		return err
	}
	return nil
}

// errBroke ends a viewer whose keys can no longer be taken.
var errBroke = wire.Errorf(wire.Internal, "typing into this session broke; the session runs on")

func (s *Session) join(v *viewer) error {
	s.mu.Lock()
	if isClosed(s.moving) {
		s.mu.Unlock()
		return errMoving
	}
	if len(s.viewers) >= maxViewers {
		s.mu.Unlock()
		return s.full()
	}
	s.viewers[v] = struct{}{}
	s.usedLocked()
	v.joined, v.acted = s.acts, s.acts
	s.regainLocked(v)
	s.chooseDriverLocked()
	if !v.watch && !isClosed(s.back) {
		close(s.back)
	}
	s.mu.Unlock()
	s.changed(s)
	return nil
}

// leave takes a viewer out, for good if it said so itself.
func (s *Session) leave(v *viewer, forGood bool) {
	s.mu.Lock()
	delete(s.viewers, v)
	s.quitLocked(v, forGood)
	s.chooseDriverLocked()
	unheard := v.unheard
	s.mu.Unlock()
	if unheard > 0 {
		s.log.Debug("keys were dropped while another had control", "who", v.by.String(), "bytes", unheard)
	}
	close(v.left)
	s.changed(s)
}

// drives makes v the driver because it types.
func (s *Session) drives(v *viewer) {
	if s.driver.Load() == v {
		return
	}
	s.mu.Lock()
	s.acts++
	v.acted = s.acts
	s.chooseDriverLocked()
	s.mu.Unlock()
	s.changed(s)
}

// noted takes what a viewer says of itself.
func (s *Session) noted(v *viewer, n terminal.ViewerNote) {
	s.mu.Lock()
	before, cols, rows := s.peopleLocked(), s.info.Cols, s.info.Rows
	if n.Cols != 0 {
		v.cols, v.rows = n.Cols, n.Rows
	}
	if n.Asks != nil {
		v.asks = *n.Asks && !v.watch && !s.hearsLocked(v)
	}
	if n.Visible != nil {
		v.hidden = !*n.Visible
		if *n.Visible {
			s.usedLocked()
			v.acted = s.acts
		}
	}
	s.chooseDriverLocked()
	same := cols == s.info.Cols && rows == s.info.Rows && slices.Equal(before, s.peopleLocked())
	s.mu.Unlock()
	if !same {
		s.changed(s)
	}
}

// chooseDriverLocked makes the viewer the driver that was used last, of those
// whose keys are taken and preferably one that somebody sees, and gives the
// session its size.
func (s *Session) chooseDriverLocked() {
	var last *viewer
	for v := range s.viewers {
		if !s.hearsLocked(v) {
			continue
		}
		if last == nil || (v.hidden == last.hidden && v.acted > last.acted) || (last.hidden && !v.hidden) {
			last = v
		}
	}
	if s.driver.Swap(last) != last {
		s.tellLocked()
	}
	if last != nil && !last.hidden && last.cols > 0 {
		_ = s.resizeLocked(last.cols, last.rows) // a program that has ended has no size
	}
}

// tellLocked lets all viewers look for what they have not been told.
func (s *Session) tellLocked() {
	for v := range s.viewers {
		wake(v.news)
	}
}

// hold waits while the driver is too far behind, so that a person sees all of
// what they started. It is bounded: a driver that takes nothing for a while
// holds nobody up, and is skipped like the others, until it has caught up.
func (s *Session) hold() {
	v := s.driver.Load()
	if v == nil || v.stalled.Load() || s.lag(v) <= holdLag {
		return
	}
	patience := time.NewTimer(holdFor)
	defer patience.Stop()
	for s.driver.Load() == v && s.lag(v) > holdLag {
		select {
		case <-v.moved:
			patience.Reset(holdFor)
		case <-patience.C:
			v.stalled.Store(true)
			return
		case <-v.left:
			return
		case <-s.killed:
			return
		}
	}
}

func (s *Session) lag(v *viewer) uint64 {
	_, end := s.ring.Bounds()
	return end - min(end, v.cursor.Load())
}

// wake makes the one who waits on c look again.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
