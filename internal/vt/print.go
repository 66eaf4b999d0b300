package vt

import "unicode/utf8"

// printASCII prints a run of printable ASCII.
func (t *Terminal) printASCII(p []byte) {
	if t.charset != 0 || t.modes.Insert {
		for _, c := range p {
			t.print(rune(c))
		}
		return
	}
	s := t.s
	st := cell(t.current()) << styleShift
	r := s.row(s.y)
	t.mendLeft(r, st)
	for len(p) > 0 {
		if s.x >= t.cols {
			if !t.modes.Wrap {
				s.x = t.cols - 1
				p = p[len(p)-1:]
			} else {
				t.wrap()
				r = s.row(s.y)
			}
		}
		n := min(len(p), t.cols-s.x)
		r.grow(s.x+n, t.cols)
		d := r.cells[s.x : s.x+n]
		for i, c := range p[:n] {
			d[i] = st | cell(c)
		}
		s.x += n
		p = p[n:]
	}
	if s.x < len(r.cells) && r.cells[s.x].isTail() {
		r.cells[s.x] = st
	}
	t.joins = narrow
}

// print prints one code point.
func (t *Terminal) print(c rune) {
	w, s := width(c), t.s
	if t.charset != 0 || t.modes.Insert || w == 0 || t.joins == 0 || t.resized || s.x+w > t.cols {
		t.printSlow(c)
		return
	}
	st := cell(t.current()) << styleShift
	r := s.row(s.y)
	r.grow(s.x+w, t.cols)
	r.cells[s.x] = st | makeCell(c, w, 0)
	s.x++
	if w == wide {
		r.cells[s.x] = st | tail
		s.x++
	}
	t.joins = w
	if s.x < len(r.cells) && r.cells[s.x].isTail() {
		r.cells[s.x] = st
	}
}

// printSlow is print where a line ends, marks combine, or cells move.
func (t *Terminal) printSlow(c rune) {
	if t.charset != 0 {
		c = translate(t.charset, c)
	}
	w := width(c)
	s := t.s
	st := cell(t.current()) << styleShift
	r := s.row(s.y)
	t.mendLeft(r, st)
	joins, old := w == 0 && t.joins != 0, 0
	if joins {
		old = t.joins
		w = old
	}
	t.joins = w
	if s.x+w-old > t.cols {
		if !t.modes.Wrap {
			s.x = t.cols - 1
			if w == wide {
				t.mendRight(r, st)
				return
			}
		} else {
			if s.x < t.cols { // a wide character that does not fit
				r.fill(s.x, t.cols, t.cols, st)
			}
			t.wrap()
			r = s.row(s.y)
		}
	}
	if joins && s.x > 0 {
		t.join(r, c, w)
		t.mendRight(r, st)
		return
	}
	if t.modes.Insert {
		r.insert(s.x, w, t.cols, st)
		if r.width(t.cols-1, t.cols) == wide {
			r.set(t.cols-1, t.cols, st)
		}
	}
	r.set(s.x, t.cols, st|makeCell(c, w, 0))
	s.x++
	if w == wide {
		r.set(s.x, t.cols, st|tail)
		s.x++
	}
	t.mendRight(r, st)
}

// mendLeft blanks the head of a wide character whose tail the first character
// of a run will overwrite.
func (t *Terminal) mendLeft(r *row, st cell) {
	if t.joins != 0 && !t.resized {
		return
	}
	t.resized = false
	if x := t.s.x - 1; x >= 0 && r.width(x, t.cols) == wide {
		r.set(x, t.cols, st)
	}
}

// mendRight blanks the tail of a wide character whose head was overwritten.
func (t *Terminal) mendRight(r *row, st cell) {
	if x := t.s.x; x < t.cols && r.at(x).isTail() {
		r.set(x, t.cols, st)
	}
}

// wrap goes on at the beginning of the next line.
func (t *Terminal) wrap() {
	s := t.s
	s.x = 0
	s.y++
	if s.y == s.bottom+1 {
		s.y--
		t.scroll(true)
		return
	}
	s.y = min(s.y, t.rows-1)
	s.row(s.y).wrapped = true
}

// join adds a combining mark to the character before the cursor.
func (t *Terminal) join(r *row, mark rune, w int) {
	x := t.s.x - 1
	if r.width(x, t.cols) == 0 {
		x--
	}
	if x < 0 || x >= t.cols {
		return
	}
	c := r.at(x)
	switch {
	case c&clusterBit != 0:
		if text := t.clusters[c&runeMask]; len(text)+utf8.RuneLen(mark) <= maxCluster {
			c = c&^runeMask | t.cluster(text+string(mark))
		}
	case c.content() != 0:
		c = c&^runeMask | clusterBit | t.cluster(string(rune(c&runeMask))+string(mark))
	default:
		c = c&styleMask | makeCell(mark, narrow, 0)
	}
	r.set(x, t.cols, c&^widthMask|cell(w^1)<<widthShift)
}

// cluster is the index of text among the clusters.
func (t *Terminal) cluster(text string) cell {
	t.clusters = append(t.clusters, text)
	return cell(len(t.clusters) - 1)
}
