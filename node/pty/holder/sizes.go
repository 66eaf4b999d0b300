package holder

import "sync"

// sizing is a size of the session's window, which holds from an offset of its
// output on.
type sizing struct {
	serial     uint64 // counts the changes of size
	from       uint64 // offset
	cols, rows int
}

// maxSizings bounds how many changes are kept; a window that is dragged by its
// edge makes many.
const maxSizings = 512

// sizings are the sizes for which the output was printed that the ring has, the
// oldest first. The latest is always there.
type sizings struct {
	mu  sync.Mutex
	all []sizing
}

// add notes a change of size and forgets those that ended before offset start.
func (z *sizings) add(from uint64, cols, rows int, start uint64) {
	z.mu.Lock()
	defer z.mu.Unlock()
	next := sizing{serial: 1, from: from, cols: cols, rows: rows}
	if n := len(z.all); n > 0 {
		next.serial = z.all[n-1].serial + 1
	}
	old := 0
	for old < len(z.all)-1 && (z.all[old+1].from <= start || len(z.all)-old >= maxSizings) {
		old++
	}
	z.all = append(z.all[old:], next)
}

// after returns the first change after the one with the given serial number
// that is still known.
func (z *sizings) after(serial uint64) (next sizing, ok bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, s := range z.all {
		if s.serial > serial {
			return s, true
		}
	}
	return sizing{}, false
}

// at returns the size that holds at an offset.
func (z *sizings) at(offset uint64) sizing {
	z.mu.Lock()
	defer z.mu.Unlock()
	var is sizing
	for i, s := range z.all {
		if i == 0 || s.from <= offset {
			is = s
		}
	}
	return is
}

func (z *sizings) save() []savedSize {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []savedSize
	for _, s := range z.all {
		out = append(out, savedSize{From: s.from, Cols: s.cols, Rows: s.rows})
	}
	return out
}

// restore replaces what is there by what was saved, if that is anything.
func (z *sizings) restore(saved []savedSize) {
	if len(saved) == 0 {
		return
	}
	z.mu.Lock()
	z.all = nil
	z.mu.Unlock()
	for _, s := range saved {
		z.add(s.From, s.Cols, s.Rows, 0)
	}
}
