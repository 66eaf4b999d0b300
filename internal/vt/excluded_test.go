package vt

// excluded says why a snapshot of t can't be exact, "" if it can. These are all
// the reasons there are. xterm.js has no sequences that would lead there, and
// real programs have not been seen to:
//
//  1. Half a wide character, where the other half was overwritten with autowrap
//     off, or shifted away from under it.
//  2. On the alternate screen the cursor waits to wrap behind a last column
//     that was erased, scrolled or shifted since it was printed.
//  3. A style in use, or a character set, that DECRC brought back from another
//     cursor than the one that is saved now.
//  4. The row of a saved cursor that has left the screen, or was saved before
//     history was cleared or filled: xterm.js counts rows from the first line
//     of history, of which a viewer has fewer.
//  5. A hyperlink whose lines xterm.js lost track of (it is equal to any, see
//     testdata/xterm.mjs).
func excluded(t *Terminal) string {
	for _, l := range t.history.tail(200) {
		if r := t.decodeRow(l, t.cols); brokenRow(t, &r) {
			return "half a wide character"
		}
	}
	for _, s := range []*screen{&t.main, &t.alt} {
		for y := range s.rows {
			if brokenRow(t, s.row(y)) {
				return "half a wide character"
			}
		}
		base := 0
		if s == &t.main {
			base = t.history.n
		}
		if y := s.saved.y - base; y >= t.rows {
			return "saved cursor off the screen"
		}
	}
	s := t.s
	if s == &t.alt && s.x >= t.cols && t.joins == 0 {
		r := s.row(s.y)
		last := r.at(t.cols - 1)
		same := t.styles.get(last.style()) == t.attr.clean()
		switch {
		case last.content() == 0 && last.width() == narrow && !uniform(r, t.cols),
			last.content() == 0 && last.width() == narrow && !t.attr.consistent(),
			!same && !t.attr.consistent():
			return "waiting behind a changed column"
		}
	}
	if t.charset != t.charsets[t.level] && !t.recalled() {
		return "set brought back from elsewhere"
	}
	if a, v := t.attr, s.saved; !a.consistent() && a.fg&underline != v.fg&underline {
		return "style brought back from elsewhere"
	}
	return ""
}

func brokenRow(t *Terminal, r *row) bool {
	styled := func(c cell) bool {
		st := t.styles.get(c.style())
		return c.content() == 0 && c.width() == narrow && st != st.erased()
	}
	if styled(r.at(t.cols-1)) && styled(r.at(t.cols-2)) {
		return true
	}
	for x, c := range r.cells {
		switch {
		case c.width() == wide && x+1 >= t.cols:
			return true
		case c.width() == wide && !r.at(x+1).isTail():
			return true
		case c.isTail() && (x == 0 || r.at(x-1).width() != wide):
			return x < 2 || r.at(x-1) != 0
		case c&clusterBit == 0 && c.content() != 0 && width(rune(c&runeMask)) != c.width():
			return true
		case c&clusterBit != 0 && c.width() != width(firstRune(t.clusters[c&runeMask])):
			return true
		}
	}
	return false
}
