package holder

import (
	"sync"
	"time"
)

// maxReads bounds how many times are kept for output that a recorder has not
// taken; more of it shares the time of the latest.
const maxReads = 4096

// sameRead is how close together output is that counts as read at once.
const sameRead = time.Millisecond

// readTimes say when the output was read that a recorder has still to take.
type readTimes struct {
	mu    sync.Mutex
	reads []readTime // by offset
}

// readTime is when the output up to an offset was read.
type readTime struct {
	end uint64
	at  time.Time
}

// note says that what is before end, and after what was noted before, was read
// just now.
func (r *readTimes) note(end uint64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.reads); n > 0 {
		last := &r.reads[n-1]
		if last.end >= end {
			return
		}
		if now.Sub(last.at) < sameRead || n >= maxReads {
			last.end = end
			return
		}
	}
	r.reads = append(r.reads, readTime{end, now})
}

// join makes what was read first count as read with what came after.
func (r *readTimes) join() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.reads) > 0 {
		r.reads = r.reads[:copy(r.reads, r.reads[1:])]
	}
}

// of returns when the byte at an offset was read, and up to which offset that
// holds; without one, that it is just now and holds for all there is. It forgets
// what is before.
func (r *readTimes) of(offset uint64) (at time.Time, end uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := 0
	for old < len(r.reads) && r.reads[old].end <= offset {
		old++
	}
	r.reads = r.reads[:copy(r.reads, r.reads[old:])]
	if len(r.reads) == 0 {
		return time.Now(), ^uint64(0)
	}
	return r.reads[0].at, r.reads[0].end
}
