package vt

import "encoding/binary"

// history holds the lines that left the top of the main screen, encoded, in
// pages that are filled one after the other. A line is
//
//	length of the rest, 3 bytes, low first
//	columns × 2 + 1 if it continues the line before, as a varint
//	text, see linecode.go
type history struct {
	max   int   // lines kept
	n     int   // lines there are
	first int64 // number of the first line, counted since the beginning
	pages []page
	size  int    // bytes of pages
	spare []byte // of a page that is not needed any more
}

// A page is a run of lines.
type page struct {
	buf  []byte
	n    int // lines, with those dropped
	drop int // lines of n that are gone
	off  int // of the first that is not
}

const (
	pageSize   = 32 << 10
	firstPage  = 1 << 10
	lineHeader = 3
)

// end is the number of the line behind the last one: that of the first row of
// the screen.
func (h *history) end() int64 { return h.first + int64(h.n) }

func (h *history) clear() {
	h.first += int64(h.n)
	h.n, h.size, h.pages, h.spare = 0, 0, nil, nil
}

// push appends a row.
func (h *history) push(r *row, t *Terminal) {
	if h.max == 0 {
		h.first++
		t.main.saved.y = max(t.main.saved.y, 0)
		return
	}
	p := h.room(len(r.cells))
	start := len(p.buf)
	p.buf = append(p.buf, 0, 0, 0)
	p.buf = appendRow(p.buf, r, t)
	size := len(p.buf) - start - lineHeader
	p.buf[start], p.buf[start+1], p.buf[start+2] = byte(size), byte(size>>8), byte(size>>16)
	h.pushed(p, size)
}

// pushed counts a line of that size in, and drops what is too much.
func (h *history) pushed(p *page, size int) {
	p.n++
	h.n++
	h.size += size + lineHeader
	for h.n > h.max || h.size > maxHistory && h.n > 1 {
		h.dropFirst()
	}
}

// pushEncoded appends a line that another history held.
func (h *history) pushEncoded(line []byte) {
	p := h.room(len(line))
	size := len(line)
	p.buf = append(p.buf, byte(size), byte(size>>8), byte(size>>16))
	p.buf = append(p.buf, line...)
	h.pushed(p, size)
}

// room is the page for the next line, of about so many bytes.
func (h *history) room(size int) *page {
	if n := len(h.pages); n > 0 {
		if p := &h.pages[n-1]; len(p.buf)+size+lineHeader <= pageSize {
			return p
		}
	}
	buf := h.spare
	h.spare = nil
	if buf == nil {
		size := pageSize
		if len(h.pages) == 0 {
			size = firstPage
		}
		buf = make([]byte, 0, size)
	}
	h.pages = append(h.pages, page{buf: buf[:0]})
	return &h.pages[len(h.pages)-1]
}

func (h *history) dropFirst() {
	p := &h.pages[0]
	size := lineHeader + lineSize(p.buf[p.off:])
	p.off += size
	h.size -= size
	p.drop++
	h.n--
	h.first++
	if p.drop == p.n {
		if cap(p.buf) <= 2*pageSize {
			h.spare = p.buf
		}
		copy(h.pages, h.pages[1:])
		h.pages[len(h.pages)-1] = page{}
		h.pages = h.pages[:len(h.pages)-1]
	}
}

func lineSize(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// each calls yield with the lines from index from on, counted from the first
// that is kept, until it returns false.
func (h *history) each(from int, yield func(i int, line []byte) bool) {
	i := 0
	for pi := range h.pages {
		p := &h.pages[pi]
		if left := p.n - p.drop; i+left <= from {
			i += left
			continue
		}
		for off := p.off; off < len(p.buf); i++ {
			size := lineSize(p.buf[off:])
			off += lineHeader
			if i >= from && !yield(i, p.buf[off:off+size]) {
				return
			}
			off += size
		}
	}
}

// tail gives the last n lines, fewer if there are not so many.
func (h *history) tail(n int) [][]byte {
	n = min(n, h.n)
	lines := make([][]byte, 0, n)
	h.each(h.n-n, func(_ int, line []byte) bool {
		lines = append(lines, line)
		return true
	})
	return lines
}

// truncate keeps the first n lines.
func (h *history) truncate(n int) {
	for h.n > n {
		p := &h.pages[len(h.pages)-1]
		keep := max(0, p.n-p.drop-(h.n-n))
		if keep == 0 {
			h.n -= p.n - p.drop
			h.size -= len(p.buf) - p.off
			h.pages = h.pages[:len(h.pages)-1]
			continue
		}
		off := p.off
		for range keep {
			off += lineHeader + lineSize(p.buf[off:])
		}
		h.n -= p.n - p.drop - keep
		h.size -= len(p.buf) - off
		p.buf, p.n = p.buf[:off], p.drop+keep
	}
}

// unwrap makes line i one that does not continue the line before.
func (h *history) unwrap(i int) {
	h.each(i, func(_ int, line []byte) bool {
		line[0] &^= 1
		return false
	})
}

// lineInfo is the number of columns of an encoded line that are in use, and
// whether it continues the line before.
func lineInfo(line []byte) (cols int, wrapped bool, rest []byte) {
	v, n := binary.Uvarint(line)
	if n <= 0 {
		return 0, false, nil
	}
	return int(v >> 1), v&1 != 0, line[n:]
}
