package holder

import (
	"bytes"
	"sync"
)

// Sizes of a ring's buffer, in bytes; both are powers of two. Most sessions
// print little, so the buffer starts small and doubles when it is full.
const (
	minRing = 4 << 10
	maxRing = 1 << 20
)

// Ring keeps the latest bytes of a stream that are numbered from its first one.
// Append never waits for a reader; what no longer fits is overwritten. The zero
// Ring is empty and ready; it is safe for concurrent use.
type Ring struct {
	mu      sync.Mutex
	buf     []byte        // byte i of the stream is at buf[i&(len(buf)-1)]
	first   uint64        // nothing before this byte was ever in buf
	end     uint64        // number of bytes appended so far
	closed  bool          // nothing more will come
	changed chan struct{} // closed at the next change; nil if nobody waits
}

// Append adds p to the end of the stream. It keeps no reference to p.
func (r *Ring) Append(p []byte) {
	if len(p) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.growLocked(len(p))
	if skip := len(p) - len(r.buf); skip > 0 {
		r.end += uint64(skip)
		p = p[skip:]
	}
	at := int(r.end) & (len(r.buf) - 1)
	n := copy(r.buf[at:], p)
	copy(r.buf, p[n:])
	r.end += uint64(len(p))
	r.wakeLocked()
}

// Close says that nothing more will come, and wakes those who wait.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wakeLocked()
}

// ReadAt copies bytes of the stream from offset on into p and returns how many,
// and the offset of the first of them, which is larger than the one asked for
// when older bytes are gone. It does not wait: n is 0 at the end.
func (r *Ring) ReadAt(offset uint64, p []byte) (n int, from uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from = max(offset, r.startLocked())
	if from >= r.end {
		return 0, from
	}
	p = p[:min(uint64(len(p)), r.end-from)]
	at := int(from) & (len(r.buf) - 1)
	n = copy(p, r.buf[at:])
	n += copy(p[n:], r.buf)
	return n, from
}

// Changed returns a channel that is closed when there are bytes after offset, or
// reports that there will never be any.
func (r *Ring) Changed(offset uint64) (changed <-chan struct{}, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end > offset {
		return always, false
	}
	if r.closed {
		return nil, true
	}
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed, false
}

// always is closed.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Bounds returns the offsets of the oldest byte kept and of the next to come.
func (r *Ring) Bounds() (start, end uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.startLocked(), r.end
}

// lineSearch is how far a viewer may be moved to begin at the start of a line.
const lineSearch = 4 << 10

// LineFrom returns where to begin for someone who did not see what was before
// offset: the start of the first line after it, if one is near, so that the
// first thing shown is not the rest of a character or of an escape sequence.
// The beginning of the stream needs no such care.
func (r *Ring) LineFrom(offset uint64) uint64 {
	if offset == 0 {
		return 0
	}
	var near [lineSearch]byte
	n, from := r.ReadAt(offset, near[:])
	if i := bytes.IndexByte(near[:n], '\n'); i >= 0 {
		return from + uint64(i) + 1
	}
	return from
}

func (r *Ring) startLocked() uint64 {
	return max(r.first, r.end-min(r.end, uint64(len(r.buf))))
}

// Restore fills an empty ring with bytes of a stream from start on, as if all
// before had been appended too. It keeps no reference to p.
func (r *Ring) Restore(start uint64, p []byte) {
	r.mu.Lock()
	r.first, r.end = start, start
	if start > 0 { // see growLocked
		r.buf = make([]byte, maxRing)
	}
	r.mu.Unlock()
	r.Append(p)
}

// growLocked makes room for n more bytes as far as maxRing allows. A buffer
// below that size has never been overwritten: its bytes begin at index 0.
func (r *Ring) growLocked(n int) {
	size := max(len(r.buf), minRing)
	for size < maxRing && r.end+uint64(n) > uint64(size) {
		size *= 2
	}
	if size == len(r.buf) {
		return
	}
	buf := make([]byte, size)
	copy(buf, r.buf[:r.end])
	r.buf = buf
}

func (r *Ring) wakeLocked() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}
