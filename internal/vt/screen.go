package vt

// A screen is one of the two buffers of a terminal, with what belongs to it
// alone. The alternate one has no rows while it is not shown.
type screen struct {
	rows []row // a ring: row 0 is at index off
	off  int

	x, y        int // x is cols or more after the last column was printed
	top, bottom int // rows of the scroll region, inclusive
	tabs        tabs
	saved       saved
	kitty       []uint8 // keyboard flags, the last are set
}

// saved is what DECSC keeps and DECRC brings back.
type saved struct {
	x       int
	y       int // counted from the first line of history, as xterm.js does
	fg, bg  uint32
	charset byte
}

func (s *screen) row(y int) *row {
	i := s.off + y
	if i >= len(s.rows) {
		i -= len(s.rows)
	}
	return &s.rows[i]
}

// clear gives s n blank rows, or none.
func (s *screen) clear(n int) { s.rows, s.off = make([]row, n), 0 }

// shiftUp moves the rows from top to bottom up by one; row top comes out at
// the bottom, to be reset by the caller.
func (s *screen) shiftUp(top, bottom int) *row {
	if top == 0 && bottom == len(s.rows)-1 {
		s.off++
		if s.off == len(s.rows) {
			s.off = 0
		}
		return s.row(bottom)
	}
	first := *s.row(top)
	for y := top; y < bottom; y++ {
		*s.row(y) = *s.row(y + 1)
	}
	*s.row(bottom) = first
	return s.row(bottom)
}

// shiftDown moves the rows from top to bottom down by one; row bottom comes
// out at the top.
func (s *screen) shiftDown(top, bottom int) *row {
	last := *s.row(bottom)
	for y := bottom; y > top; y-- {
		*s.row(y) = *s.row(y - 1)
	}
	*s.row(top) = last
	return s.row(top)
}

// scroll moves the scroll region up by one line, into history where there is
// one. The line that comes in continues the one above if wrapped is set.
func (t *Terminal) scroll(wrapped bool) {
	s := t.s
	if s.top == 0 && s == &t.main {
		t.history.push(s.row(0), t)
	}
	r := s.shiftUp(s.top, s.bottom)
	r.reset(t.cols, t.blank())
	r.wrapped = wrapped
}

// restrict keeps the cursor on the screen, and in the scroll region if the
// origin is there. The column may be up to maxCol.
func (t *Terminal) restrict(maxCol int) {
	s := t.s
	s.x = min(maxCol, max(0, s.x))
	if t.modes.Origin {
		s.y = min(s.bottom, max(s.top, s.y))
	} else {
		s.y = min(t.rows-1, max(0, s.y))
	}
}

func (t *Terminal) setCursor(x, y int) {
	t.s.x, t.s.y = x, y
	if t.modes.Origin {
		t.s.y += t.s.top
	}
	t.restrict(t.cols - 1)
}

func (t *Terminal) moveCursor(dx, dy int) {
	t.restrict(t.cols - 1)
	t.setCursor(t.s.x+dx, t.s.y+dy)
}

func (t *Terminal) saveCursor() {
	t.s.saved = saved{t.s.x, t.ybase() + t.s.y, t.attr.fg, t.attr.bg, t.charset}
}

// restoreCursor brings back less than a style: what extends it stays as it is.
func (t *Terminal) restoreCursor() {
	s := t.s
	s.x, s.y = s.saved.x, max(s.saved.y-t.ybase(), 0)
	a := t.attr
	a.fg, a.bg = s.saved.fg, s.saved.bg
	t.setAttr(a)
	t.charset = s.saved.charset
	t.restrict(t.cols - 1)
}

// ybase is the number of lines of history above the active screen.
func (t *Terminal) ybase() int {
	if t.s == &t.alt {
		return 0
	}
	return t.history.n
}

// showAlt switches to the alternate screen, which is blank then.
func (t *Terminal) showAlt() {
	if t.s == &t.alt {
		return
	}
	t.alt.clear(t.rows)
	if b := t.blank(); b != 0 {
		for y := range t.alt.rows {
			t.alt.rows[y].reset(t.cols, b)
		}
	}
	t.alt.x, t.alt.y = t.main.x, t.main.y
	t.s = &t.alt
}

// showMain switches back; what the alternate screen showed is forgotten.
func (t *Terminal) showMain() {
	if t.s == &t.main {
		return
	}
	t.main.x, t.main.y = t.alt.x, t.alt.y
	t.alt.clear(0)
	t.alt.x, t.alt.y, t.alt.top, t.alt.bottom = 0, 0, 0, t.rows-1
	t.alt.tabs.reset()
	t.alt.kitty = nil
	t.s = &t.main
}
