package vt

// group is the logical line of which line i is the first: the index behind it.
func (b *reflow) group(i int) int {
	for i++; i < len(b.lines) && b.lines[i].wrapped(); i++ {
	}
	return i
}

// note remembers where the lines from i up to end were, for marks.
func (b *reflow) note(i, end, oldCols int) {
	if len(b.t.facts.marks) == 0 {
		return
	}
	if b.moved == nil {
		b.moved = make(map[int64]mover)
	}
	for k := i; k < end; k++ {
		b.moved[b.at(k).number] = mover{b.at(i).number, (k - i) * oldCols}
	}
}

// rowsOf are the lines from i up to end, decoded.
func (b *reflow) rowsOf(i, end int) []*row {
	rows := make([]*row, 0, end-i)
	for ; i < end; i++ {
		rows = append(rows, b.row(i))
	}
	return rows
}

// lengthOf is the number of columns of row i of a logical line that belong to
// the text: not a last one left blank by a wide character that did not fit.
func lengthOf(rows []*row, i, cols int) int {
	if i == len(rows)-1 {
		return rows[i].trimmed()
	}
	last := rows[i].at(cols - 1)
	if last.content() == 0 && last.width() == narrow && rows[i+1].at(0).width() == wide {
		return cols - 1
	}
	return cols
}

// copyCells copies n cells between rows of cols columns.
func copyCells(to, from *row, at, col, n, cols int) {
	if n = min(n, cols-col); n <= 0 {
		return
	}
	to.grow(col+n, cols)
	read := func(x int) cell {
		if x >= cols {
			return tail // of a wide character cut off before
		}
		return from.at(x)
	}
	for i := range n {
		if to == from && at < col {
			i = n - 1 - i
		}
		to.cells[col+i] = read(at + i)
	}
}

// larger brings wrapped lines together.
func (b *reflow) larger(oldCols int) {
	kept := make([]bufLine, 0, len(b.lines))
	cursor := b.base + b.y
	for i := 0; i < len(b.lines); {
		end := b.group(i)
		n := end - i
		if n > 1 && (cursor < i || cursor >= end) {
			b.note(i, end, oldCols)
			n -= b.join(b.rowsOf(i, end), oldCols)
		}
		kept = append(kept, b.lines[i:i+n]...)
		i = end
	}
	removed := len(b.lines) - len(kept)
	b.lines = kept
	for range removed {
		if b.base > 0 {
			b.base--
			continue
		}
		b.y = max(b.y-1, 0)
		if len(b.lines) < b.rows {
			b.push()
		}
	}
	if removed > 0 {
		b.savedY = max(b.savedY-removed, 0)
	}
}

// join moves the text of a logical line to the left and up, and returns how
// many of its rows are not needed any more.
func (b *reflow) join(rows []*row, oldCols int) (unused int) {
	to, col := 0, lengthOf(rows, 0, oldCols)
	from, at := 1, 0
	for from < len(rows) {
		length := lengthOf(rows, from, oldCols)
		n := min(length-at, b.cols-col)
		copyCells(rows[to], rows[from], at, col, n, b.cols)
		if col += n; col == b.cols {
			to++
			col = 0
		}
		if at += n; at == length {
			from++
			at = 0
		}
		if col == 0 && to != 0 {
			if last := rows[to-1].at(b.cols - 1); last.width() == wide {
				rows[to].set(0, b.cols, last)
				col++
				rows[to-1].set(b.cols-1, b.cols, 0)
			}
		}
	}
	rows[to].replace(col, b.cols, b.cols, 0)
	for i := len(rows) - 1; i > 0 && (i > to || rows[i].trimmed() == 0); i-- {
		unused++
	}
	return unused
}

// An insertion is rows that come in before a line.
type insertion struct{ before, n int }

// smaller wraps lines that are too long, and returns how many lines at the top
// that pushed out.
func (b *reflow) smaller(oldCols int) int {
	var insertions []insertion
	added := map[int][]*row{} // by the line they come before
	total := 0
	for i := len(b.lines) - 1; i >= 0; i-- {
		end := i + 1
		if !b.tooLong(i) {
			continue
		}
		for b.at(i).wrapped() && i > 0 {
			i--
		}
		if cursor := b.base + b.y; cursor >= i && cursor < end {
			continue
		}
		b.note(i, end, oldCols)
		rows := b.rowsOf(i, end)
		more := b.split(rows, oldCols)
		if len(more) > 0 {
			insertions = append(insertions, insertion{end, len(more)})
			added[end] = more
			total += len(more)
		}
		b.follow(len(more), total)
	}
	return b.insert(insertions, added, total)
}

func (b *reflow) tooLong(i int) bool {
	l := b.at(i)
	if l.wrapped() {
		return true
	}
	if l.encoded != nil {
		if n, _, _ := lineInfo(l.encoded); n <= b.cols {
			return false
		}
	}
	return b.row(i).trimmed() > b.cols
}

// lengths are the numbers of columns of the rows that a logical line takes.
func (b *reflow) lengths(rows []*row, oldCols int) []int {
	need := 0
	for i := range rows {
		need += lengthOf(rows, i, oldCols)
	}
	var out []int
	col, src := 0, 0
	for have := 0; have < need; {
		if need-have < b.cols {
			return append(out, need-have)
		}
		col += b.cols
		if old := lengthOf(rows, src, oldCols); col > old {
			col -= old
			src = min(src+1, len(rows)-1)
		}
		n := b.cols
		if rows[src].at(col-1).width() == wide {
			col--
			n--
		}
		out = append(out, n)
		have += n
	}
	return out
}

// split moves the text of a logical line to the right and down, and returns the
// rows that it needs besides.
func (b *reflow) split(rows []*row, oldCols int) (more []*row) {
	lastLength := rows[len(rows)-1].trimmed()
	lengths := b.lengths(rows, oldCols)
	from := len(rows) - 1
	for range len(lengths) - len(rows) {
		more = append(more, &row{wrapped: true})
	}
	rows = append(rows, more...)
	to := len(lengths) - 1
	if to < 0 {
		return more
	}
	col, at := lengths[to], lastLength
	for from >= 0 && to >= 0 {
		n := min(at, col)
		copyCells(rows[to], rows[from], at-n, col-n, n, oldCols)
		if col -= n; col == 0 {
			if to--; to >= 0 {
				col = lengths[to]
			}
		}
		if at -= n; at == 0 {
			from--
			at = lengthOf(rows, max(from, 0), oldCols)
		}
	}
	for i := range rows {
		if i < len(lengths) && lengths[i] < b.cols {
			rows[i].set(lengths[i], max(oldCols, b.cols), 0)
		}
	}
	return more
}

// follow moves the screen along when n lines come in, total of all so far.
func (b *reflow) follow(n, total int) {
	var trimmed int
	if b.base == 0 && b.y != len(b.lines)-1 {
		trimmed = max(0, b.y-b.most+n)
	} else {
		trimmed = max(0, len(b.lines)-b.most+n)
	}
	for range n - trimmed {
		switch {
		case b.base > 0:
			if b.base < min(b.most, len(b.lines)+total)-b.rows {
				b.base++
			}
		case b.y < b.rows-1:
			b.y++
			b.lines = b.lines[:len(b.lines)-1]
		default:
			b.base++
		}
	}
	b.savedY = min(b.savedY+n, b.base+b.rows-1)
}

// insert puts the added rows where they belong, and drops what is too much at
// the top.
func (b *reflow) insert(insertions []insertion, added map[int][]*row, total int) (trimmed int) {
	if total == 0 {
		return 0
	}
	lines := make([]bufLine, 0, len(b.lines)+total)
	at := 0
	for i := len(insertions) - 1; i >= 0; i-- {
		in := insertions[i]
		upTo := min(in.before, len(b.lines))
		lines = append(lines, b.lines[at:upTo]...)
		at = upTo
		for _, r := range added[in.before] {
			lines = append(lines, bufLine{row: *r, number: -1})
		}
	}
	lines = append(lines, b.lines[at:]...)
	trimmed = max(0, len(lines)-b.most)
	b.lines = lines[trimmed:]
	return trimmed
}
