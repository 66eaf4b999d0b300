package holder

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"homie/internal/vt"
)

// screen is what a session shows. It is computed from the ring, off the path
// from the program to its viewers, by a goroutine that is there only while
// there is something to do. The ring keeps what the screen has not taken: the
// reader waits for it, see holdForScreen.
type screen struct {
	at    atomic.Uint64 // offset after the last byte it took
	busy  atomic.Bool   // a goroutine works on it
	moved chan struct{} // capacity 1; tells a waiting reader
	work  sync.WaitGroup

	mu    sync.Mutex // held for one chunk at a time
	term  *vt.Terminal
	sized uint64 // serial number of its size
}

func (c *screen) start(cols, rows int) {
	c.moved = make(chan struct{}, 1)
	c.term = vt.New(cols, rows, history)
	c.sized = 1
}

// screenLag is how far the screen may be behind the program, in bytes.
const screenLag = maxRing / 2

// history is how many lines are kept of what has scrolled away.
const history = 10_000

// follow makes the screen take what the program has printed.
func (s *Session) follow() {
	if s.screen.busy.CompareAndSwap(false, true) {
		s.screen.work.Go(s.keepScreen)
	}
}

// keepScreen takes what there is. A panic costs the screen, not the session,
// which goes on with what the ring has.
func (s *Session) keepScreen() {
	c := &s.screen
	runtime.Gosched() // the viewers, who wait for an echo, first
	for {
		took := 0
		if s.breaks("keeping the screen", func() { took = s.feedScreen() }) {
			s.loseScreen()
		}
		s.settle()
		if took >= busy {
			rest(screenRest, s.killed)
		}
		c.busy.Store(false)
		// What came between the last look and the flag would wait.
		if !s.screenBehind() || !c.busy.CompareAndSwap(false, true) {
			return
		}
	}
}

func (s *Session) screenBehind() bool {
	_, end := s.ring.Bounds()
	if s.screen.at.Load() < end {
		return true
	}
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	_, ok := s.sizes.after(s.screen.sized)
	return ok && s.screen.term != nil
}

// loseScreen gives the screen up.
func (s *Session) loseScreen() {
	s.screen.mu.Lock()
	s.screen.term = nil
	s.screen.mu.Unlock()
	s.mu.Lock()
	s.info.Raw = true
	s.mu.Unlock()
	s.changed(s)
}

// screenRest is how long the screen lets a flood come together before it takes
// more: nobody waits for it, and it should not take the processor in slices from
// those who move the bytes. It is well within what the ring keeps for it.
const screenRest = 2 * time.Millisecond

// rest waits for a time, or until over is closed.
func rest(d time.Duration, over <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-over:
	}
}

// feedScreen gives the screen what it has not taken, and returns how much.
func (s *Session) feedScreen() (took int) {
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for {
		n, heard := s.feedSome(buf[:])
		took += n
		wake(s.screen.moved)
		if n > 0 {
			s.notice(heard)
		}
		if len(heard.answers) > 0 {
			s.answer(heard.answers)
		}
		if n == 0 && !s.screenBehind() {
			return took
		}
	}
}

// feedSome gives the screen bytes up to the next change of size, and the change.
func (s *Session) feedSome(buf []byte) (n int, h heard) {
	c := &s.screen
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.at.Load()
	if c.term == nil { // lost: whatever there is counts as taken
		_, end := s.ring.Bounds()
		c.at.Store(end)
		return 0, heard{}
	}
	size, due := s.sizes.after(c.sized)
	if due && size.from <= at {
		c.term.Resize(size.cols, size.rows)
		c.sized = size.serial
		return 0, heard{}
	}
	if due {
		buf = buf[:min(uint64(len(buf)), size.from-at)]
	}
	n, _ = s.ring.ReadAt(at, buf)
	if s.driver.Load() == nil {
		c.term.Answer(&vt.Answering{Blink: true})
	} else {
		c.term.Answer(nil)
	}
	_, _ = c.term.Write(buf[:n]) // never fails
	c.at.Store(at + uint64(n))
	return n, c.hears()
}

// answerTime bounds how long an answer waits for a program that does not read.
const answerTime = 100 * time.Millisecond

// answer gives the program what it asked of its terminal, as nobody looks whose
// terminal could.
func (s *Session) answer(p []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	_, _ = s.Type(ctx, p) // a program that does not read has no use for it
}

// settle notes what the program said of itself, once the screen is up to date.
func (s *Session) settle() {
	c := &s.screen
	c.mu.Lock()
	title := ""
	if c.term != nil {
		title = c.term.Facts().Title
	}
	c.mu.Unlock()
	s.mu.Lock()
	retitled := s.info.Title != title
	s.info.Title = title
	s.mu.Unlock()
	if retitled {
		s.changed(s)
	}
	s.noteIntake()
}

// noteIntake lets the viewers know when the terminal takes what is typed in
// another way. Programs change that after what they print, too.
func (s *Session) noteIntake() {
	in, known := s.proc.intake()
	s.mu.Lock()
	defer s.mu.Unlock()
	if known && s.takes != in {
		s.takes = in
		s.tellLocked()
	}
}

// holdForScreen waits while the screen is so far behind that the ring would
// soon lose what it has not taken.
func (s *Session) holdForScreen() {
	s.follow()
	for {
		_, end := s.ring.Bounds()
		if end-s.screen.at.Load() <= screenLag {
			return
		}
		<-s.screen.moved
	}
}

// picture describes what is shown, with about so many lines of what has scrolled
// away. ok is false if the screen is lost.
func (s *Session) picture(lines int) (p picture, ok bool) {
	if s.breaks("describing the screen", func() { p, ok = s.screen.picture(lines) }) {
		s.loseScreen()
		return picture{}, false
	}
	return p, ok
}

func (c *screen) picture(lines int) (p picture, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term == nil {
		return picture{}, false
	}
	budget := vt.DefaultBudget
	if lines > defaultHistory {
		budget = min(lines*lineBudget, vt.MaxHistory)
	}
	snap := c.term.Snapshot(budget)
	// The beginning of a character is left to come with its rest.
	whole := len(snap.Data) - snap.Partial
	cols, rows := c.term.Size()
	oldest, _ := c.term.Lines()
	return picture{
		at: c.at.Load() - uint64(snap.Partial), data: snap.Data[:whole],
		size:  sizing{serial: c.sized, cols: cols, rows: rows},
		older: int(snap.First - oldest),
		marks: markNotes(c.term.Marks(), snap.First),
	}, true
}

// What a viewer gets of what has scrolled away.
const (
	defaultHistory = 1000 // lines
	lineBudget     = 400  // bytes, for those who ask for more
)

// picture is a description of what a session shows: bytes for a terminal that was
// reset and has the size, and the offset at which the output goes on.
type picture struct {
	at   uint64
	data []byte
	size sizing
	// older is how many lines of history it leaves out.
	older int
	marks []string // each for a note, see terminal.SessionNote
}
