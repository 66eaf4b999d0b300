package vt

// erase blanks the columns from lo up to hi of row y. If selective is set,
// protected cells stay.
func (t *Terminal) erase(y, lo, hi int, unwrap, selective bool) {
	r := t.s.row(y)
	if selective {
		t.eraseSelectively(r, lo, hi)
	} else {
		r.replace(lo, hi, t.cols, t.blank())
	}
	if unwrap {
		r.wrapped = false
	}
}

func (t *Terminal) protected(c cell) bool { return t.styles.get(c.style()).bg&protected != 0 }

func (t *Terminal) eraseSelectively(r *row, lo, hi int) {
	b := t.blank()
	if lo > 0 && r.width(lo-1, t.cols) == wide && !t.protected(r.at(lo-1)) {
		r.set(lo-1, t.cols, b)
	}
	if hi < t.cols && r.width(hi-1, t.cols) == wide && !t.protected(r.at(hi)) {
		r.set(hi, t.cols, b)
	}
	for x := lo; x < min(hi, t.cols); x++ {
		if !t.protected(r.at(x)) {
			r.set(x, t.cols, b)
		}
	}
}

// resetRow blanks all of row y, and forgets the marks on it.
func (t *Terminal) resetRow(y int, selective bool) {
	r := t.s.row(y)
	if selective {
		b := t.blank()
		for x := range t.cols {
			if !t.protected(r.at(x)) {
				r.set(x, t.cols, b)
			}
		}
	} else {
		r.reset(t.cols, t.blank())
	}
	r.wrapped = false
	if t.s == &t.main {
		t.facts.dropMarks(t.history.end() + int64(y))
	}
}

func eraseDisplay(t *Terminal, p *params)            { t.eraseDisplay(p.get(0), false) }
func eraseDisplaySelectively(t *Terminal, p *params) { t.eraseDisplay(p.get(0), true) }
func eraseLine(t *Terminal, p *params)               { t.eraseLine(p.get(0), false) }
func eraseLineSelectively(t *Terminal, p *params)    { t.eraseLine(p.get(0), true) }

func (t *Terminal) eraseDisplay(what int, selective bool) {
	t.restrict(t.cols)
	s := t.s
	switch what {
	case 0:
		t.erase(s.y, s.x, t.cols, s.x == 0, selective)
		for y := s.y + 1; y < t.rows; y++ {
			t.resetRow(y, selective)
		}
	case 1:
		t.erase(s.y, 0, s.x+1, true, selective)
		if s.x+1 >= t.cols {
			t.unwrapLine(s.y + 1)
		}
		for y := s.y - 1; y >= 0; y-- {
			t.resetRow(y, selective)
		}
	case 2:
		for y := t.rows - 1; y >= 0; y-- {
			t.resetRow(y, selective)
		}
	case 3:
		if s == &t.main {
			t.history.clear()
			t.facts.forget(t.history.first)
		}
	}
}

// unwrapLine ends the logical line before line i. That i counts from the start
// of the buffer and not of the screen is a bug of xterm.js.
func (t *Terminal) unwrapLine(i int) {
	if t.s == &t.alt {
		t.s.row(i % t.rows).wrapped = false
		return
	}
	if row := i - t.history.n; row >= 0 && row < t.rows {
		t.s.row(row).wrapped = false
	} else if row < 0 {
		t.history.unwrap(i)
	}
}

func (t *Terminal) eraseLine(what int, selective bool) {
	t.restrict(t.cols)
	s := t.s
	switch what {
	case 0:
		t.erase(s.y, s.x, t.cols, s.x == 0, selective)
	case 1:
		t.erase(s.y, 0, s.x+1, false, selective)
	case 2:
		t.erase(s.y, 0, t.cols, true, selective)
	}
}

func eraseChars(t *Terminal, p *params) {
	t.restrict(t.cols - 1)
	t.s.row(t.s.y).replace(t.s.x, t.s.x+p.one(0), t.cols, t.blank())
}

func insertChars(t *Terminal, p *params) {
	t.restrict(t.cols - 1)
	t.s.row(t.s.y).insert(t.s.x, p.one(0), t.cols, t.blank())
}

func deleteChars(t *Terminal, p *params) {
	t.restrict(t.cols - 1)
	t.s.row(t.s.y).remove(t.s.x, p.one(0), t.cols, t.blank())
}

// inRegion says whether the cursor is in the scroll region.
func (s *screen) inRegion() bool { return s.y >= s.top && s.y <= s.bottom }

func insertLines(t *Terminal, p *params) {
	t.restrict(t.cols - 1)
	if s := t.s; s.inRegion() {
		t.rollDown(s.y, s.bottom, p.one(0), t.blank())
		s.x = 0
	}
}

func deleteLines(t *Terminal, p *params) {
	t.restrict(t.cols - 1)
	if s := t.s; s.inRegion() {
		t.rollUp(s.y, s.bottom, p.one(0), t.blank())
		s.x = 0
	}
}

func scrollUp(t *Terminal, p *params) { t.rollUp(t.s.top, t.s.bottom, p.one(0), t.blank()) }

// scrollDown brings in lines without a background colour, as in xterm.js.
func scrollDown(t *Terminal, p *params) { t.rollDown(t.s.top, t.s.bottom, p.one(0), 0) }

// rollUp moves rows up by n without filling history.
func (t *Terminal) rollUp(top, bottom, n int, blank cell) {
	for range min(n, bottom-top+1) {
		t.s.shiftUp(top, bottom).reset(t.cols, blank)
	}
}

func (t *Terminal) rollDown(top, bottom, n int, blank cell) {
	for range min(n, bottom-top+1) {
		t.s.shiftDown(top, bottom).reset(t.cols, blank)
	}
}

// eachInRegion changes the rows of the scroll region if the cursor is in it.
func (t *Terminal) eachInRegion(change func(r *row, blank cell)) {
	s := t.s
	if !s.inRegion() {
		return
	}
	b := t.blank()
	for y := s.top; y <= s.bottom; y++ {
		r := s.row(y)
		change(r, b)
		r.wrapped = false
	}
}

func scrollLeft(t *Terminal, p *params) {
	t.eachInRegion(func(r *row, b cell) { r.remove(0, p.one(0), t.cols, b) })
}

func scrollRight(t *Terminal, p *params) {
	t.eachInRegion(func(r *row, b cell) { r.insert(0, p.one(0), t.cols, b) })
}

func insertColumns(t *Terminal, p *params) {
	t.eachInRegion(func(r *row, b cell) { r.insert(t.s.x, p.one(0), t.cols, b) })
}

func deleteColumns(t *Terminal, p *params) {
	t.eachInRegion(func(r *row, b cell) { r.remove(t.s.x, p.one(0), t.cols, b) })
}
