package vt

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An encoding of the whole state begins with this and the number of its kind.
// A reader takes its own kind only: the state goes from one process to the next
// one of the same program, and where that does not read it, the session goes on
// without.
const (
	encodingMagic   = "homie-vt"
	encodingVersion = 1
	// MaxEncoded bounds what Restore reads.
	MaxEncoded = 256 << 20
)

// ErrEncoding is that of bytes that are not the state of a terminal.
var ErrEncoding = errors.New("not the state of a terminal")

// Encode gives all of the state, for Restore. How to answer queries is not part
// of it, see Answer.
func (t *Terminal) Encode() []byte {
	e := &coder{out: append(make([]byte, 0, 1<<10), encodingMagic...), t: t, cols: t.cols, rows: t.rows}
	e.number(encodingVersion)
	e.number(t.cols)
	e.number(t.rows)
	e.history(&t.history)
	e.state()
	return e.out
}

// Restore gives the terminal that Encode was called on.
func Restore(b []byte) (*Terminal, error) {
	if len(b) > MaxEncoded {
		return nil, fmt.Errorf("%w: %d bytes", ErrEncoding, len(b))
	}
	if len(b) < len(encodingMagic) || string(b[:len(encodingMagic)]) != encodingMagic {
		return nil, fmt.Errorf("%w: unknown beginning", ErrEncoding)
	}
	d := &coder{in: b[len(encodingMagic):], reads: true}
	if v := d.between(0, 1<<16); v != encodingVersion {
		return nil, fmt.Errorf("%w: kind %d", ErrEncoding, v)
	}
	d.cols, d.rows = d.between(minCols, MaxCols), d.between(minRows, MaxRows)
	if d.bad {
		return nil, fmt.Errorf("%w: size", ErrEncoding)
	}
	t := New(d.cols, d.rows, 0)
	d.t = t
	d.history(&t.history)
	d.state()
	if d.bad || len(d.in) > 0 {
		return nil, fmt.Errorf("%w: damaged", ErrEncoding)
	}
	return t, nil
}

// A coder writes the parts of a state, or reads them: each method does either,
// so that the two can't differ. After the first damage it reads zeros.
type coder struct {
	t          *Terminal
	cols, rows int
	out        []byte
	in         []byte
	reads, bad bool
}

func (c *coder) number(n int) { c.out = binary.AppendVarint(c.out, int64(n)) }

// between reads a number.
func (c *coder) between(lo, hi int) int {
	v, n := binary.Varint(c.in)
	if c.bad || n <= 0 || v < int64(lo) || v > int64(hi) {
		c.bad = true
		return max(lo, 0)
	}
	c.in = c.in[n:]
	return int(v)
}

func (c *coder) int(v *int, lo, hi int) {
	if c.reads {
		*v = c.between(lo, hi)
	} else {
		c.number(*v)
	}
}

func (c *coder) int64(v *int64) {
	n := int(*v)
	c.int(&n, -1<<62, 1<<62)
	*v = int64(n)
}

func (c *coder) uint32(v *uint32) {
	n := int(*v)
	c.int(&n, 0, 1<<32-1)
	*v = uint32(n)
}

func (c *coder) uint64(v *uint64) {
	n := int(*v & (1<<62 - 1))
	c.int(&n, 0, 1<<62)
	*v = uint64(n)
}

func (c *coder) bool(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	c.int(&n, 0, 1)
	*v = n == 1
}

// enum is a number of a type that has no more than most.
func enum[T ~uint8](c *coder, v *T, most T) {
	n := int(*v)
	c.int(&n, 0, int(most))
	*v = T(n)
}

// bytes gives or takes bytes, at most so many.
func (c *coder) bytes(b []byte, most int) []byte {
	n := len(b)
	c.int(&n, 0, most)
	if !c.reads {
		c.out = append(c.out, b...)
		return b
	}
	if n > len(c.in) {
		c.bad = true
		return nil
	}
	b = c.in[:n]
	c.in = c.in[n:]
	return b
}

func (c *coder) string(s *string, most int) { *s = string(c.bytes([]byte(*s), most)) }

// count is how many of something there are, each of at least a byte.
func (c *coder) count(n, most int) int {
	c.int(&n, 0, most)
	if c.reads && n > len(c.in) {
		c.bad = true
		return 0
	}
	return n
}

// history writes or reads the lines as they are held.
func (c *coder) history(h *history) {
	c.int(&h.max, 0, MaxScrollback)
	c.int64(&h.first)
	n := c.count(h.n, h.max)
	if !c.reads {
		h.each(0, func(_ int, line []byte) bool {
			c.bytes(line, 0)
			return true
		})
		return
	}
	for range n {
		line := c.bytes(nil, maxLine)
		if !validLine(line) {
			c.bad = true
			return
		}
		h.pushEncoded(line)
	}
}

// maxLine bounds an encoded line: the longest cell is a cluster with its style.
const maxLine = MaxCols * (maxCluster + 32)

// validLine says whether an encoded line can be read to its end, and holds no
// more columns than it says.
func validLine(line []byte) bool {
	n, _, rest := lineInfo(line)
	if rest == nil || n > MaxCols {
		return false
	}
	l := lineReader{rest: rest}
	cols := 0
	for {
		p, ok := l.next()
		if !ok {
			return len(l.rest) == 0 && cols == n
		}
		if cols++; p.tail {
			cols++
		}
	}
}

// row writes or reads a row of a screen.
func (c *coder) row(r *row) {
	if !c.reads {
		c.bytes(appendRow(nil, r, c.t), 0)
		return
	}
	line := c.bytes(nil, maxLine)
	if !validLine(line) {
		c.bad = true
		return
	}
	*r = c.t.decodeRow(line, MaxCols)
}
