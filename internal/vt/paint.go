package vt

import "unicode/utf8"

// junk is a wide character that is printed for what it does to the cells
// around it.
const junk = "漢"

// A painter writes what brings a blank xterm.js to show rows, one after the
// other from the top.
type painter struct {
	pen
	cols int
	x    int  // column to be written next
	wait bool // the last column was printed and the cursor waits to wrap
}

// row writes a row; the cursor is in its first column, or wraps to it with the
// first character. The cells are blank. If the row below continues this one, a
// blank in the last column is for next to write.
func (p *painter) row(r *row, continued bool) {
	used := min(r.used(), p.cols)
	if last := r.at(p.cols - 1); continued && last.content() == 0 && last.width() == narrow {
		used = min(used, p.cols-1)
	}
	for x := r.orphan(1); x > 0; x = r.orphan(x + 1) {
		p.orphan(x, r.cells[x])
	}
	for p.x = 0; p.x < used; {
		c := r.cells[p.x]
		p.wait = false
		st := p.t.styles.get(c.style())
		switch {
		case c.content() == 0 && c.width() == narrow:
			p.blanks(r, used, st)
		case c.content() == 0: // an orphan, there already
			p.forward(1)
		case c.width() == 0:
			p.set(st)
			p.seq(p.x+1, 1, 'G')
			p.text(c)
			p.x++
			p.wait = p.x == p.cols
		case c.width() == wide && !r.at(p.x+1).isTail():
			p.half(r, st)
		default:
			p.set(st)
			if n := asciiCells(r.cells[p.x:used]); n > 0 {
				p.buf = appendASCII(p.buf, r.cells[p.x:p.x+n])
				p.x += n
			} else {
				p.text(c)
				p.x += c.width()
			}
			p.wait = p.x == p.cols
		}
	}
}

// orphan is the first column from x on with the tail of a wide character that
// is not there, 0 if there is none.
func (r *row) orphan(x int) int {
	for ; x < len(r.cells); x++ {
		if r.cells[x].isTail() && r.cells[x-1].width() != wide {
			return x
		}
	}
	return 0
}

// text writes the character in c.
func (p *painter) text(c cell) {
	if c&clusterBit != 0 {
		p.buf = append(p.buf, p.t.clusters[c&runeMask]...)
	} else {
		p.buf = utf8.AppendRune(p.buf, rune(c&runeMask))
	}
}

// forward moves the cursor right, no further than the last column.
func (p *painter) forward(n int) {
	p.x += n
	if p.x >= p.cols {
		return
	}
	p.seq(n, 1, 'C')
}

// blanks writes the cells from the cursor on in which nothing was printed.
func (p *painter) blanks(r *row, used int, st style) {
	first := r.cells[p.x]
	n := 1
	for p.x+n < used && r.cells[p.x+n] == first {
		n++
	}
	if st == st.erased() {
		if first != 0 {
			p.set(st)
			p.seq(n, 1, 'X')
		}
		p.forward(n)
		return
	}
	for ; n > 0; n-- {
		p.styledBlank(r, st)
	}
}

// styledBlank writes a blank with more than a background colour, which is
// where half of a wide character was overwritten, or one did not fit.
func (p *painter) styledBlank(r *row, st style) {
	p.set(st)
	if p.x < p.cols-1 {
		p.buf = append(p.buf, junk...)
		p.seq(p.x+2, 1, 'G')
		p.buf = append(p.buf, ' ')
		p.seq(p.x+2, 1, 'G')
		p.set(style{})
		p.seq(1, 1, 'X')
		p.x++
		return
	}
	// In the last column: print across it and overwrite the first half, then
	// what was there again.
	x := p.cols - 2
	p.seq(x+1, 1, 'G')
	p.buf = append(p.buf, junk+"\b \b"...)
	if r.at(x).isTail() && x > 0 {
		x--
		p.buf = append(p.buf, '\b')
	}
	c := r.at(x)
	st = p.t.styles.get(c.style())
	if c.content() == 0 {
		p.set(st.erased())
		p.seq(1, 1, 'X')
	} else {
		p.set(st)
		p.text(c)
	}
	p.seq(p.cols, 1, 'G')
	p.x = p.cols
}

// orphan makes the tail c of a wide character in column x, without the
// character. What is left of it is blank and gets painted later.
func (p *painter) orphan(x int, c cell) {
	p.set(p.t.styles.get(c.style()))
	p.seq(max(x-1, 1), 1, 'G')
	p.buf = append(p.buf, junk+"\b"...)
	p.set(style{})
	p.seq(1, 1, '@')
	p.buf = append(p.buf, '\r')
	if x == 1 {
		p.seq(1, 1, 'P')
	}
	p.x = 0
}

// half writes the first half of a wide character whose second half was
// overwritten, which only happens in front of the last column. Elsewhere it is
// left out.
func (p *painter) half(r *row, st style) {
	c, next := r.cells[p.x], r.at(p.x+1)
	if p.x != p.cols-2 || next.content() == 0 || next.width() != narrow {
		p.forward(1)
		return
	}
	p.set(st)
	p.buf = append(p.buf, "\x1b[?7l"...)
	if text := p.t.clusters; c&clusterBit != 0 && width(firstRune(text[c&runeMask])) == narrow {
		// A mark that joined it after a wide one that did not fit.
		first := firstRune(text[c&runeMask])
		p.buf = utf8.AppendRune(p.buf, first)
		p.buf = append(p.buf, junk...)
		p.buf = append(p.buf, text[c&runeMask][utf8.RuneLen(first):]...)
		p.seq(p.cols, 1, 'G')
	} else {
		p.text(c)
	}
	p.set(p.t.styles.get(next.style()))
	p.text(next)
	p.buf = append(p.buf, "\x1b[?7h"...)
	p.x, p.wait = p.cols, true
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// next goes from row r, which has been written, to the one below.
func (p *painter) next(r, below *row) {
	wait := p.wait
	p.wait = false
	if !below.wrapped {
		p.set(style{})
		p.buf = append(p.buf, "\r\n"...)
		return
	}
	last, first := r.at(p.cols-1), below.at(0)
	blank := last.content() == 0 && last.width() == narrow
	switch {
	case !p.begins(first) || below.orphan(1) > 0:
	case wait && !blank:
		return // the first character will wrap
	case blank && first.width() == wide && first.style() == last.style():
		p.seq(p.cols, 1, 'G') // the first character will not fit
		return
	}
	if blank {
		// A wide character that does not fit leaves such a blank.
		p.seq(p.cols, 1, 'G')
		p.set(p.t.styles.get(last.style()))
		p.buf = append(p.buf, junk+"\r"...)
		p.set(style{})
		p.seq(p.cols, 1, 'X')
		return
	}
	if !wait {
		p.reprintLast(r)
	}
	p.wrap()
}

// wrap goes to the next row, which is blank, from one whose last column was
// printed.
func (p *painter) wrap() {
	p.set(style{})
	p.buf = append(p.buf, " \r"...)
	p.seq(1, 1, 'X')
}

// begins says whether c can be printed to wrap into a row. A background colour
// would fill that row.
func (p *painter) begins(c cell) bool {
	st := p.t.styles.get(c.style())
	return c.content() != 0 && c.width() > 0 && st.bg&colorMask == 0 && st.consistent()
}

// reprintLast prints the last character of a row again, so that the cursor
// waits to wrap.
func (p *painter) reprintLast(r *row) {
	x := p.cols - 1
	if r.at(x).isTail() {
		x--
	}
	c := r.at(x)
	p.seq(x+1, 1, 'G')
	p.set(p.t.styles.get(c.style()))
	p.text(c)
}
