package vt

// Terminal is the state of a terminal. The zero value is not usable; see New.
type Terminal struct {
	cols, rows int
	main, alt  screen
	s          *screen // the one that is shown
	history    history

	attr       style
	styleID    uint32 // of attr, if styleKnown
	styleKnown bool
	styles     styles

	clusters     []string // characters with combining marks
	clusterLimit int

	charset  byte    // that text is printed in: 0 or the letter that designates it
	charsets [4]byte // G0 to G3
	level    int     // which of them was invoked last
	resized  bool    // since something was printed
	joins    int     // width of the character a combining mark would join, 0: none

	modes   Modes
	title   string
	icon    string
	links   links
	palette palette
	facts   facts

	parser  parser
	answers answers
}

// New gives a terminal of that size, cut to what is possible, that keeps so
// many lines of history.
func New(cols, rows, scrollback int) *Terminal {
	t := &Terminal{}
	t.cols = min(max(cols, minCols), MaxCols)
	t.rows = min(max(rows, minRows), MaxRows)
	t.history.max = min(max(scrollback, 0), MaxScrollback)
	t.reset()
	return t
}

// Size is the number of columns and rows.
func (t *Terminal) Size() (cols, rows int) { return t.cols, t.rows }

// Cursor is where the next character goes: column and row, from 0. The column
// is that behind the last one while a wrap is pending.
func (t *Terminal) Cursor() (x, y int) { return t.s.x, t.s.y }

// Modes is what programs have switched on and off.
func (t *Terminal) Modes() Modes {
	m := t.modes
	m.Alt = t.s == &t.alt
	if k := t.s.kitty; len(k) > 0 {
		m.Kitty = k[len(k)-1]
	}
	return m
}

// fullReset is RIS. Lines that come after it get numbers that none had before.
func (t *Terminal) fullReset() {
	t.reset()
	t.history.first += int64(t.rows)
}

// reset makes the terminal as it is in the beginning. As in xterm.js it leaves title, palette, links, the visibility
// of the cursor and what xterm.js has as options.
func (t *Terminal) reset() {
	t.styles.reset()
	t.clusters, t.clusterLimit = nil, minStyles
	t.setAttr(style{})
	t.history.clear()
	t.facts.marks, t.facts.known.Running = nil, false
	for _, s := range []*screen{&t.main, &t.alt} {
		*s = screen{bottom: t.rows - 1}
	}
	t.main.clear(t.rows)
	t.s = &t.main
	t.charset, t.charsets, t.level, t.joins = 0, [4]byte{}, 0, 0
	t.modes.reset()
}

// Write feeds bytes the program wrote. It takes all of them and never fails.
func (t *Terminal) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(t.styles.list) >= t.styles.limit || len(t.clusters) >= t.clusterLimit {
			t.collect()
		}
		k := min(len(p), maxChunk)
		t.parse(p[:k])
		p = p[k:]
	}
	return n, nil
}

// maxChunk bounds the styles and clusters that come up between two looks at
// how many there are.
const maxChunk = 16 << 10
