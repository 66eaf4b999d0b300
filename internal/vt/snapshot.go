package vt

import (
	"bytes"
	"unicode/utf8"
)

// A Snapshot brings a terminal to a state: text, colours, attributes, cursor,
// saved cursors, modes, tabs, character sets, title, palette, hyperlinks and
// what has been read of a sequence. It is exact but for
//
//   - half a wide character whose other half was overwritten with autowrap off,
//     shifted away, or cut off by a resize of the alternate screen;
//   - the cursor that waits to wrap on the alternate screen behind a last
//     column that was erased, scrolled or shifted since it was printed;
//   - a style or character set that DECRC brought back from another cursor than
//     the one that is saved now;
//   - the row of a saved cursor that has left the screen, or was saved before
//     history was cleared or filled up, because xterm.js counts it from the
//     first line of a history of which a viewer has less;
//   - a hyperlink without text on the screen.
//
// Marks of commands are not part of it, since xterm.js has none: line i of its
// buffer is the one that has the number First + i here.
type Snapshot struct {
	// Data puts an xterm.js of the same size, with the Unicode 11 widths, into
	// the state after the last byte that was written to the Terminal. It begins
	// with a full reset. The program's bytes from there on continue it.
	Data []byte
	// Partial is how many bytes at the end of Data are the beginning of a
	// character. xterm.js drops a character that comes in two writes, so they
	// have to be written together with what follows.
	Partial int
	// First is the number of the first line of history in Data, and Lines how
	// many there are. There may be older ones; see History.
	First int64
	Lines int
	// Plain says that Data leaves out all styles, for it would be larger than
	// MaxSnapshot. The program should be made to draw again.
	Plain bool
}

const (
	// DefaultBudget is how large a snapshot should be.
	DefaultBudget = 64 << 10
	// MaxSnapshot is how large one can be, if no larger one was asked for.
	MaxSnapshot = 1 << 20
	// MaxHistory is how large one can be that is to have all of history.
	MaxHistory = 4 << 20
)

// maxContinued is about what it takes to begin with a line that continues one.
const maxContinued = 256

// prologue is a reset, and of what RIS leaves alone in xterm.js.
const prologue = "\x18\x1bc\x1b[?25h\x1b[20l\x1b]104\x07\x1b]110\x07\x1b]111\x07\x1b]112\x07"

// Snapshot makes one of both screens, of all modes, and of as many of the last
// lines of history as fit into about budget bytes; 0 stands for DefaultBudget.
//
// xterm.js can't be given lines above those it has, so that history goes first
// and is short: what is older is for a view of its own, see History.
func (t *Terminal) Snapshot(budget int) Snapshot {
	if budget <= 0 {
		budget = DefaultBudget
	}
	budget = min(budget, MaxHistory)
	s := t.snapshot(budget, false)
	if len(s.Data) > max(budget, MaxSnapshot) {
		s = t.snapshot(0, true)
	}
	return s
}

func (t *Terminal) snapshot(budget int, plain bool) Snapshot {
	clusters := len(t.clusters)
	defer func() { t.clusters = t.clusters[:clusters] }() // those of history
	p := &painter{pen: pen{t: t, plain: plain}, cols: t.cols}
	p.altSaved()
	m := t.paintMain(p, budget)
	p.buf = make([]byte, 0, 4<<10)
	t.paintState(p)

	s := Snapshot{Plain: plain}
	unread := t.unread()
	first := m.first(budget - len(p.buf) - len(m.before) - len(prologue) - len(unread) - maxContinued)
	s.Lines = len(m.old) - first
	s.First = t.history.end() - int64(s.Lines)
	s.Data = make([]byte, 0, len(prologue)+len(m.body)+len(p.buf)+256)
	s.Data = append(append(s.Data, prologue...), m.before...)
	s.Data = m.appendFrom(s.Data, first)
	s.Data = append(s.Data, p.buf...)
	s.Data = append(s.Data, unread...)
	s.Partial = t.parser.nutf8
	return s
}

// A lineStart is where a line begins in painted text, and the style there.
type lineStart struct {
	at    int
	style style
	link  link
}

// mainText is history and the main screen, painted.
type mainText struct {
	t            *Terminal
	old          [][]byte // lines of history in it
	before, body []byte
	starts       []lineStart // of each line in body
}

// paintMain writes the main screen and as much of history as can fit into
// budget.
func (t *Terminal) paintMain(p *painter, budget int) *mainText {
	m := &mainText{t: t, old: t.history.tail(t.historyFor(budget)), before: p.buf}
	n := len(m.old) + t.rows
	p.buf = make([]byte, 0, min(budget, DefaultBudget))
	m.starts = make([]lineStart, n)
	var scratch [2]row
	at := func(i int) *row {
		if i >= len(m.old) {
			return t.main.row(i - len(m.old))
		}
		t.decodeInto(&scratch[i&1], m.old[i], t.cols)
		return &scratch[i&1]
	}
	r := at(0)
	for i := range n {
		m.starts[i] = lineStart{len(p.buf), p.style, p.link}
		if i == n-1 {
			p.row(r, false)
			break
		}
		below := at(i + 1)
		p.row(r, below.wrapped)
		p.next(r, below)
		r = below
	}
	p.set(style{})
	m.body = p.buf
	return m
}

func (m *mainText) wrapped(i int) bool {
	if i < len(m.old) {
		_, w, _ := lineInfo(m.old[i])
		return w
	}
	return m.t.main.row(i - len(m.old)).wrapped
}

// first is the line to begin with, to keep no more than budget bytes if that
// leaves the screen: one that does not continue another, if there is one.
func (m *mainText) first(budget int) int {
	starts := m.starts[:len(m.old)+1]
	middle := len(starts) - 1
	for i := len(starts) - 1; i >= 0 && len(m.body)-starts[i].at <= budget; i-- {
		middle = i
	}
	for i := middle; i < len(starts); i++ {
		if !m.wrapped(i) {
			return i
		}
	}
	return middle // all of it is one long line
}

// appendFrom appends the text from line first on.
func (m *mainText) appendFrom(b []byte, first int) []byte {
	s := m.starts[first]
	if !m.wrapped(first) {
		return append(b, m.body[s.at:]...)
	}
	p := &painter{pen: pen{buf: b, t: m.t}, cols: m.t.cols}
	p.continued()
	if s.style.link != 0 {
		p.openLink(s.link)
		p.style.link = s.style.link
		p.style.updateExtended()
	}
	p.set(s.style)
	// When the row that is only there to be continued has scrolled off, forget
	// it.
	cut := m.starts[first+m.t.rows-1].at
	p.buf = append(p.buf, m.body[s.at:cut]...)
	p.buf = append(p.buf, "\x1b[3J"...)
	return append(p.buf, m.body[cut:]...)
}

// continued goes to a blank row that continues the one above, which has to
// scroll off.
func (p *painter) continued() {
	p.seq(p.cols, 1, 'G')
	p.buf = append(p.buf, ' ')
	p.wrap()
}

// historyFor is how many lines of history are worth painting for so many bytes.
func (t *Terminal) historyFor(budget int) int {
	n, size := 0, 0
	for i := len(t.history.pages) - 1; i >= 0 && size < budget; i-- {
		p := &t.history.pages[i]
		costs := make([]int, 0, p.n-p.drop)
		for off := p.off; off < len(p.buf); {
			length := lineSize(p.buf[off:])
			off += lineHeader
			// A change of style takes about ten bytes more when painted.
			costs = append(costs, length+10*bytes.Count(p.buf[off:off+length], []byte{opStyle}))
			off += length
		}
		for k := len(costs) - 1; k >= 0 && size < budget; k-- {
			size += costs[k]
			n++
		}
	}
	return n
}

// screen writes the rows of the alternate screen, which is blank.
func (p *painter) screen(s *screen) {
	if s.row(0).wrapped {
		p.continued()
	}
	last := len(s.rows) - 1
	for y := range last {
		r, below := s.row(y), s.row(y+1)
		p.row(r, below.wrapped)
		p.next(r, below)
	}
	p.row(s.row(last), false)
	p.set(style{})
}

// unread is what has been read of a sequence or character that has not come to
// its end.
func (t *Terminal) unread() []byte {
	s := &t.parser
	var b []byte
	if s.state != ground {
		b = append(b, s.seq...)
		if s.state == oscString {
			b = append(b, s.osc.unread()...)
		}
		if s.state == oscString && s.osc.in == oscText || s.state == dcsPassthrough && s.dcs == dcsStatus {
			b = append(b, s.text...)
		}
	}
	return append(b, s.utf8[:s.nutf8]...)
}

// unread is what has been read of a command, without its text.
func (o *osc) unread() []byte {
	var b []byte
	if o.in == oscBad {
		return append(b, 'x')
	}
	if o.number >= 0 {
		b = appendInt(b, o.number)
	}
	if o.in == oscText {
		b = append(b, ';')
	}
	return b
}

// graphicFor is a character that is printed as r in the set, r itself if there
// is none.
func graphicFor(set byte, s string) string {
	if set == 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		r, _ = untranslate(set, r)
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
