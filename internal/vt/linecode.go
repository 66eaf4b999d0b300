package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// The text of a line in history is UTF-8 of the characters that were printed,
// with bytes below space for what is not one character of its usual width:
//
//	opStyle mask word…       the style from here on: bit i of mask, word i
//	opBlank n                columns where nothing was printed
//	opCluster width n text   a character with combining marks; width plus four
//	                         if its tail follows
//	opCell content           24 bits of any other cell, as a varint
//
// A wide character is followed by its tail, which is not written.
const (
	opStyle byte = iota + 1
	opBlank
	opCluster
	opCell
)

const withTail = 4

// appendRow appends what a history keeps of r.
func appendRow(b []byte, r *row, t *Terminal) []byte {
	cells := r.cells[:r.used()]
	head := uint64(len(cells)) << 1
	if r.wrapped {
		head |= 1
	}
	b = binary.AppendUvarint(b, head)
	var st uint32
	for i := 0; i < len(cells); {
		c := cells[i]
		if s := c.style(); s != st {
			b = appendStyle(append(b, opStyle), t.styles.get(s))
			st = s
		}
		if n := asciiCells(cells[i:]); n > 0 { // which is most of it
			b = appendASCII(b, cells[i:i+n])
			i += n
			continue
		}
		b, i = appendOther(b, cells, i, t)
	}
	return b
}

// asciiCells is how many cells are ASCII in the style of the first.
func asciiCells(cells []cell) int {
	same := cells[0] & styleMask
	for i, c := range cells {
		if c^same >= utf8.RuneSelf || c&0x7f < ' ' {
			return i
		}
	}
	return len(cells)
}

func appendASCII(b []byte, cells []cell) []byte {
	n := len(b)
	b = append(b, make([]byte, len(cells))...)
	for i, c := range cells {
		b[n+i] = byte(c)
	}
	return b
}

// appendOther appends the cells from i on that are alike, none of them ASCII,
// and returns where they end.
func appendOther(b []byte, cells []cell, i int, t *Terminal) ([]byte, int) {
	c := cells[i]
	content, w := c.content(), c.width()
	hasTail := w == wide && i+1 < len(cells) && cells[i+1] == c&styleMask|tail
	switch {
	case content == 0 && w == narrow:
		j := i
		for j < len(cells) && cells[j] == c {
			j++
		}
		return binary.AppendUvarint(append(b, opBlank), uint64(j-i)), j
	case content&clusterBit != 0:
		text := t.clusters[content&runeMask]
		b = append(b, opCluster, byte(w))
		j := i + 1
		if hasTail {
			b[len(b)-1] |= withTail
			j++
		}
		b = binary.AppendUvarint(b, uint64(len(text)))
		return append(b, text...), j
	case content >= printable && w == width(rune(content)) && (w == narrow || hasTail):
		return utf8.AppendRune(b, rune(content)), i + w
	}
	return binary.AppendUvarint(append(b, opCell), uint64(c&^styleMask)), i + 1
}

func appendStyle(b []byte, s style) []byte {
	words := [...]uint32{s.fg, s.bg, s.ext, s.link}
	mask := len(b)
	b = append(b, 0)
	for i, w := range words {
		if w != 0 {
			b[mask] |= 1 << i
			b = binary.LittleEndian.AppendUint32(b, w)
		}
	}
	return b
}

// A lineReader goes over the cells of an encoded line.
type lineReader struct {
	rest  []byte
	style style // of the next cell
	blank int   // columns left of a run of blanks
}

// A piece is a cell of a line, or the first half of one with its tail.
type piece struct {
	content cell   // and width; the cluster bit says that text is set
	text    []byte // of a cluster
	style   style
	tail    bool // a tail follows
}

// next gives the next piece, false at the end or where the line is damaged.
func (l *lineReader) next() (p piece, ok bool) {
	if l.blank > 0 {
		l.blank--
		return piece{style: l.style}, true
	}
	for len(l.rest) > 0 {
		c := l.rest[0]
		if c >= ' ' {
			r, n := utf8.DecodeRune(l.rest)
			l.rest = l.rest[n:]
			w := max(width(r), 1)
			return piece{content: makeCell(r, w, 0), style: l.style, tail: w == wide}, true
		}
		l.rest = l.rest[1:]
		switch c {
		case opStyle:
			if !l.readStyle() {
				return p, false
			}
		case opBlank:
			n, ok := l.uvarint()
			if !ok || n == 0 || n > MaxCols {
				return p, false
			}
			l.blank = int(n) - 1
			return piece{style: l.style}, true
		case opCluster:
			return l.cluster()
		case opCell:
			v, ok := l.uvarint()
			if !ok || v >= 1<<24 || cell(v)&clusterBit != 0 || cell(v)&runeMask > utf8.MaxRune {
				return p, false
			}
			return piece{content: cell(v), style: l.style}, true
		default:
			return p, false
		}
	}
	return p, false
}

func (l *lineReader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(l.rest)
	if n <= 0 {
		return 0, false
	}
	l.rest = l.rest[n:]
	return v, true
}

func (l *lineReader) readStyle() bool {
	if len(l.rest) == 0 {
		return false
	}
	mask := l.rest[0]
	l.rest = l.rest[1:]
	l.style = style{}
	for i, w := range []*uint32{&l.style.fg, &l.style.bg, &l.style.ext, &l.style.link} {
		if mask&(1<<i) == 0 {
			continue
		}
		if len(l.rest) < 4 {
			return false
		}
		*w = binary.LittleEndian.Uint32(l.rest)
		l.rest = l.rest[4:]
	}
	return mask < 16
}

func (l *lineReader) cluster() (p piece, ok bool) {
	if len(l.rest) == 0 || l.rest[0]&^withTail > wide {
		return p, false
	}
	w, tail := int(l.rest[0]&^withTail), l.rest[0]&withTail != 0
	l.rest = l.rest[1:]
	n, ok := l.uvarint()
	if !ok || n == 0 || n > maxCluster || n > uint64(len(l.rest)) || !utf8.Valid(l.rest[:n]) {
		return p, false
	}
	p = piece{content: clusterBit | makeCell(0, w, 0), text: l.rest[:n], style: l.style, tail: tail}
	l.rest = l.rest[n:]
	return p, true
}

// decodeRow is the row that an encoded line was, in at most cols columns.
func (t *Terminal) decodeRow(line []byte, cols int) row {
	n, _, _ := lineInfo(line)
	r := row{cells: make([]cell, 0, min(n, cols))}
	t.decodeInto(&r, line, cols)
	return r
}

// decodeInto is decodeRow with memory to use again.
func (t *Terminal) decodeInto(r *row, line []byte, cols int) {
	_, wrapped, rest := lineInfo(line)
	r.wrapped = wrapped
	cells := r.cells[:0]
	l := lineReader{rest: rest}
	var st style
	var id cell // of st, where it is in a cell
	for len(cells) < cols {
		if l.style != st {
			st = l.style
			id = cell(t.styles.id(st)) << styleShift
		}
		if l.blank == 0 {
			n := min(ascii(l.rest), cols-len(cells))
			for _, c := range l.rest[:n] {
				cells = append(cells, id|cell(c))
			}
			l.rest = l.rest[n:]
		}
		p, ok := l.next()
		if !ok {
			break
		}
		if p.style != st {
			st = p.style
			id = cell(t.styles.id(st)) << styleShift
		}
		c := p.content | id
		if c&clusterBit != 0 {
			c |= t.cluster(string(p.text))
		}
		if len(cells) < cols {
			cells = append(cells, c)
		}
		if p.tail && len(cells) < cols {
			cells = append(cells, id|tail)
		}
	}
	r.cells = cells
}
