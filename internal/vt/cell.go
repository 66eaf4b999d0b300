package vt

// A cell is what stands in one column of a row:
//
//	bits  0–20  code point, or the index of a cluster; 0: nothing was printed
//	bit     21  it is a cluster: a character with combining marks
//	bits 22–23  width XOR 1, so that the zero cell is one blank column
//	bits 32–63  style, an index into the terminal's styles
//
// A wide character is a cell of width 2 followed by one of width 0 without
// content, its tail.
type cell uint64

const (
	runeMask     cell = 1<<21 - 1
	clusterBit   cell = 1 << 21
	contentMask  cell = 1<<22 - 1
	widthShift        = 22
	widthMask    cell = 3 << widthShift
	styleShift        = 32
	styleMask    cell = 0xffffffff << styleShift
	tail         cell = 1 << widthShift
	narrow, wide      = 1, 2
)

func makeCell(r rune, width int, style uint32) cell {
	return cell(style)<<styleShift | cell(width^1)<<widthShift | cell(r)
}

func (c cell) width() int    { return int(c>>widthShift&3) ^ 1 }
func (c cell) style() uint32 { return uint32(c >> styleShift) }

// content is the code point or cluster, 0 if nothing was printed here.
func (c cell) content() cell { return c & contentMask }

// isTail says whether c is the second half of a wide character, or one left
// over from it.
func (c cell) isTail() bool { return c&(contentMask|widthMask) == tail }

// A row is one line of a screen. Columns from len(cells) on are zero cells, so
// that a blank row holds no memory.
type row struct {
	cells   []cell
	wrapped bool // continues the row above
}

func (r *row) at(x int) cell {
	if uint(x) < uint(len(r.cells)) {
		return r.cells[x]
	}
	return 0
}

// width is that of the cell in column x, 0 outside of cols as in xterm.js.
func (r *row) width(x, cols int) int {
	if uint(x) >= uint(cols) {
		return 0
	}
	return r.at(x).width()
}

// grow makes the first n of cols columns addressable.
func (r *row) grow(n, cols int) {
	l := len(r.cells)
	if n <= l {
		return
	}
	if n <= cap(r.cells) {
		r.cells = r.cells[:n]
		clear(r.cells[l:])
		return
	}
	c := make([]cell, n, min(max(32, 2*n), max(cols, n)))
	copy(c, r.cells)
	r.cells = c
}

// set puts c in column x; outside of cols nothing happens.
func (r *row) set(x, cols int, c cell) {
	if uint(x) >= uint(cols) {
		return
	}
	if x >= len(r.cells) {
		if c == 0 {
			return
		}
		r.grow(x+1, cols)
	}
	r.cells[x] = c
}

// fill puts c in the columns from lo up to hi.
func (r *row) fill(lo, hi, cols int, c cell) {
	lo, hi = max(lo, 0), min(hi, cols)
	if lo >= hi {
		return
	}
	if c == 0 {
		if lo >= len(r.cells) {
			return
		}
		if hi >= len(r.cells) {
			r.cells = r.cells[:lo]
			return
		}
		clear(r.cells[lo:hi])
		return
	}
	r.grow(hi, cols)
	d := r.cells[lo:hi]
	for i := range d {
		d[i] = c
	}
}

// reset makes the row one of blank cells.
func (r *row) reset(cols int, blank cell) {
	r.cells = r.cells[:0]
	r.wrapped = false
	if blank != 0 {
		r.fill(0, cols, cols, blank)
	}
}

// used is the number of columns up to the last that is not a zero cell.
func (r *row) used() int {
	n := len(r.cells)
	for n > 0 && r.cells[n-1] == 0 {
		n--
	}
	return n
}

// trimmed is the number of columns up to the last with content.
func (r *row) trimmed() int {
	for n := len(r.cells); n > 0; n-- {
		if c := r.cells[n-1]; c.content() != 0 {
			return n - 1 + c.width()
		}
	}
	return 0
}

// insert moves the cells from pos on by n to the right and blanks the gap.
func (r *row) insert(pos, n, cols int, blank cell) {
	pos %= cols
	if pos > 0 && r.at(pos-1).width() == wide {
		r.set(pos-1, cols, blank)
	}
	if n < cols-pos {
		if l := len(r.cells); l > pos {
			r.grow(min(l+n, cols), cols)
			copy(r.cells[min(pos+n, len(r.cells)):], r.cells[pos:l])
		}
		r.fill(pos, pos+n, cols, blank)
	} else {
		r.fill(pos, cols, cols, blank)
	}
	if r.at(cols-1).width() == wide {
		r.set(cols-1, cols, blank)
	}
}

// remove takes n cells out at pos; blanks come in from the right.
func (r *row) remove(pos, n, cols int, blank cell) {
	pos %= cols
	if n < cols-pos {
		if l := len(r.cells); l > pos {
			k := 0
			if pos+n < l {
				k = copy(r.cells[pos:], r.cells[pos+n:])
			}
			r.cells = r.cells[:pos+k]
		}
		r.fill(cols-n, cols, cols, blank)
	} else {
		r.fill(pos, cols, cols, blank)
	}
	if pos > 0 && r.at(pos-1).width() == wide {
		r.set(pos-1, cols, blank)
	}
	if r.at(pos).isTail() {
		r.set(pos, cols, blank)
	}
}

// replace blanks the columns from lo up to hi, and the other half of a wide
// character that lies across an end.
func (r *row) replace(lo, hi, cols int, blank cell) {
	if lo > 0 && r.width(lo-1, cols) == wide {
		r.set(lo-1, cols, blank)
	}
	if hi < cols && r.width(hi-1, cols) == wide {
		r.set(hi, cols, blank)
	}
	r.fill(lo, hi, cols, blank)
}
