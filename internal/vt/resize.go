package vt

// Resize changes the size, cut to what is possible, as xterm.js does: lines of
// the main screen and of history that are too long wrap, wrapped ones come
// together again, except those the cursor is on, which the program draws anew.
// The alternate screen is cut or filled up.
//
// After it everything is equal to xterm.js, but for slips of it: characters
// with combining marks, whose marks it mixes up when it reflows, and halves of
// wide characters it makes; the first line, where history overflows; and columns
// of the alternate screen that come back when it gets wider again and were
// erased or moved while they were out of sight. Programs draw that screen anew.
func (t *Terminal) Resize(cols, rows int) {
	cols = min(max(cols, minCols), MaxCols)
	rows = min(max(rows, minRows), MaxRows)
	if cols == t.cols && rows == t.rows {
		return
	}
	t.resizeMain(cols, rows)
	t.resizeAlt(cols, rows)
	t.cols, t.rows = cols, rows
	for _, s := range []*screen{&t.main, &t.alt} {
		s.top, s.bottom = 0, rows-1
		s.tabs.resize(cols)
	}
	t.styleKnown, t.resized = false, true
	t.facts.forget(t.history.first)
	if len(t.styles.list) >= t.styles.limit || len(t.clusters) >= t.clusterLimit {
		t.collect()
	}
}

// A bufLine is a line while a buffer is being resized.
type bufLine struct {
	row     row
	encoded []byte // of a line of history that has not been looked at
	number  int64  // it had, -1 if it is new
}

func (l *bufLine) wrapped() bool {
	if l.encoded != nil {
		return l.encoded[0]&1 != 0
	}
	return l.row.wrapped
}

// A reflow is a buffer while it is being resized, in the terms of xterm.js.
type reflow struct {
	t          *Terminal
	lines      []bufLine
	base       int // lines above the screen
	y, savedY  int
	cols, rows int // it gets
	most       int // lines it may have
	moved      map[int64]mover
}

// A mover tells where in its logical line a line was before it was reflowed.
type mover struct {
	start  int64 // number of the logical line's first line
	offset int   // columns before this line
}

// at is line i, also if it was taken away at the end: xterm.js goes on with
// such lines too.
func (b *reflow) at(i int) *bufLine { return &b.lines[:cap(b.lines)][i] }

// row is line i, decoded.
func (b *reflow) row(i int) *row {
	l := b.at(i)
	if l.encoded != nil {
		l.row = b.t.decodeRow(l.encoded, MaxCols)
		l.encoded = nil
	}
	return &l.row
}

func (t *Terminal) resizeMain(cols, rows int) {
	s := &t.main
	b := &reflow{t: t, base: t.history.n, y: s.y, savedY: s.saved.y, cols: cols, rows: rows, most: rows + t.history.max}
	b.lines = make([]bufLine, 0, t.history.n+max(rows, t.rows))
	t.history.each(0, func(i int, line []byte) bool {
		b.lines = append(b.lines, bufLine{encoded: line, number: t.history.first + int64(i)})
		return true
	})
	for y := range s.rows {
		b.lines = append(b.lines, bufLine{row: *s.row(y), number: t.history.end() + int64(y)})
	}
	b.changeRows(t.rows)
	trimmed := b.trim(t.rows + t.history.max)
	s.x = min(s.x, cols-1)
	s.saved.x = min(s.saved.x, cols-1)
	switch {
	case cols > t.cols:
		b.larger(t.cols)
	case cols < t.cols:
		trimmed += b.smaller(t.cols)
		b.cut()
	}
	s.y, s.saved.y = b.y, b.savedY
	first := t.history.first + int64(trimmed)
	b.moveMarks(first, t.cols)
	b.keep(cols != t.cols || trimmed > 0, first)
}

// changeRows adds rows at the bottom, or takes away blank ones below the cursor;
// lines of history come down or go up where that does not do.
func (b *reflow) changeRows(old int) {
	down := 0
	for range b.rows - old {
		if len(b.lines) >= b.rows+b.base {
			continue
		}
		if b.base > 0 && len(b.lines) <= b.base+b.y+down+1 {
			b.base--
			down++
		} else {
			b.push()
		}
	}
	for range old - b.rows {
		if len(b.lines) <= b.rows+b.base {
			continue
		}
		if len(b.lines) > b.base+b.y+1 {
			b.lines = b.lines[:len(b.lines)-1]
		} else {
			b.base++
		}
	}
	b.y = min(b.y, b.rows-1) + down
}

func (b *reflow) push() { b.lines = append(b.lines, bufLine{number: -1}) }

// trim drops lines from the top if there may be fewer than before.
func (b *reflow) trim(oldMost int) int {
	n := len(b.lines) - b.most
	if b.most >= oldMost || n <= 0 {
		return 0
	}
	b.lines = b.lines[n:]
	b.base = max(b.base-n, 0)
	b.savedY = max(b.savedY-n, 0)
	return n
}

// cut drops what is behind the last column.
func (b *reflow) cut() {
	for i := range b.lines {
		if l := &b.lines[i]; l.encoded != nil {
			if n, _, _ := lineInfo(l.encoded); n <= b.cols {
				continue
			}
		}
		r := b.row(i)
		r.cells = r.cells[:min(len(r.cells), b.cols)]
	}
}

// keep makes the lines history and screen of the terminal.
func (b *reflow) keep(all bool, first int64) {
	t := b.t
	h := &t.history
	if all {
		kept := history{max: h.max, first: first}
		for i := range b.lines[:b.base] {
			if l := &b.lines[i]; l.encoded != nil {
				kept.pushEncoded(l.encoded)
			} else {
				kept.push(&l.row, t)
			}
		}
		*h = kept
	} else {
		for i := range b.lines[b.base:] {
			b.row(b.base + i) // which history is about to forget
		}
		h.truncate(b.base)
		for i := h.n; i < b.base; i++ {
			h.push(&b.lines[i].row, t)
		}
	}
	s := &t.main
	s.rows, s.off = make([]row, b.rows), 0
	for y := range s.rows {
		if i := b.base + y; i < len(b.lines) {
			s.rows[y] = *b.row(i)
		}
	}
}

// moveMarks gives marks the numbers that their lines have now.
func (b *reflow) moveMarks(first int64, oldCols int) {
	marks := b.t.facts.marks
	if len(marks) == 0 {
		return
	}
	index := make(map[int64]int64, len(b.lines))
	for i := range b.lines {
		if n := b.lines[i].number; n >= 0 {
			index[n] = first + int64(i)
		}
	}
	kept := marks[:0]
	for _, m := range marks {
		if move, ok := b.moved[m.Line]; ok {
			to, ok := index[move.start]
			if !ok {
				continue
			}
			at := move.offset + min(m.Col, oldCols-1)
			m.Line, m.Col = to+int64(at/b.cols), at%b.cols
		} else if to, ok := index[m.Line]; ok {
			m.Line = to
		} else {
			continue
		}
		kept = append(kept, m)
	}
	b.t.facts.marks = kept
}

// resizeAlt takes rows of the alternate screen away, or adds blank ones.
func (t *Terminal) resizeAlt(cols, rows int) {
	s := &t.alt
	if len(s.rows) == 0 {
		return
	}
	b := &reflow{t: t, y: s.y, savedY: s.saved.y, cols: cols, rows: rows, most: rows}
	for y := range s.rows {
		b.lines = append(b.lines, bufLine{row: *s.row(y), number: -1})
	}
	b.changeRows(t.rows)
	b.trim(t.rows)
	s.x, s.saved.x = min(s.x, cols-1), min(s.saved.x, cols-1)
	s.y, s.saved.y = b.y, b.savedY
	s.rows, s.off = make([]row, rows), 0
	for y := range s.rows {
		if y < len(b.lines) {
			r := &b.lines[y].row
			if cols > t.cols { // else xterm.js keeps what is out of sight
				r.cells = r.cells[:min(len(r.cells), cols)]
			}
			s.rows[y] = *r
		}
	}
}
