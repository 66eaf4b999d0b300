package holder

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"homie/wire/terminal"
)

// follow makes the recorder take what there is.
func (r *recorder) follow() {
	if r.busy.CompareAndSwap(false, true) {
		r.work.Go(r.keep)
	}
}

// keep takes what there is. A panic or a disk that fails costs the recording,
// not the session, which goes on.
func (r *recorder) keep() {
	for {
		var err error
		if r.s.breaks("recording it", func() { err = r.takeAll() }) {
			err = errors.New("the recorder broke")
		}
		if err != nil {
			r.s.log.Warn("a recording can't go on", "recording", string(r.id), "err", err)
			r.finish(endOf(err), "")
		}
		if isClosed(r.over) {
			_ = r.cast.file.Close() // what could be written is
			wake(r.moved)
			return // busy: nobody works on it any more
		}
		r.busy.Store(false)
		// What came between the last look and the flag would wait.
		if !r.behind() || !r.busy.CompareAndSwap(false, true) {
			return
		}
	}
}

// endOf says why a recording ends that can't be written.
func endOf(err error) terminal.RecordingEnd {
	switch {
	case errors.Is(err, errCastCap):
		return terminal.RecordingCap
	case errors.Is(err, errCastQuota):
		return terminal.RecordingQuota
	case isFull(err):
		return terminal.RecordingFull
	}
	return terminal.RecordingFault
}

func (r *recorder) behind() bool {
	_, end := r.s.ring.Bounds()
	if end > r.seen.Load() || r.last.Load() != nil {
		return true
	}
	size, due := r.s.sizes.after(r.sized.Load())
	return due && size.from <= end
}

// takeAll takes what there is, and writes it.
func (r *recorder) takeAll() error {
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	last := r.last.Load()
	for more := true; more && !isClosed(r.over); wake(r.moved) {
		var err error
		if more, err = r.takeSome(buf[:], last); err != nil {
			return err
		}
		r.grew()
	}
	if isClosed(r.over) {
		return nil
	}
	if last != nil {
		if err := r.lastEvents(last, buf[:]); err != nil {
			return err
		}
	}
	if err := r.cast.flush(); err != nil {
		return err
	}
	r.grew()
	if last != nil {
		r.finish(last.why, last.by)
	}
	return nil
}

// grew tells how long the file is.
func (r *recorder) grew() {
	if r.size.Swap(r.cast.bytes) != r.cast.bytes {
		r.wakeReaders()
	}
}

// takeSome takes what was read at once, up to the next change of size, or the
// change. The beginning of a character waits for its rest. more is false when
// there is nothing else.
func (r *recorder) takeSome(buf []byte, last *lastWords) (more bool, err error) {
	s := r.s
	at := r.at.Load()
	read, until := r.times.of(at)
	_, end := s.ring.Bounds()
	r.seen.Store(end)
	end = min(end, until)
	if last != nil {
		end = min(end, last.end)
	}
	size, due := s.sizes.after(r.sized.Load())
	if due {
		end = min(end, max(at, size.from))
	}
	p := buf[:min(uint64(len(buf)), end-min(end, at))]
	n, from := s.ring.ReadAt(at, p)
	if n > 0 && from != at {
		return false, fmt.Errorf("%d bytes of the output were lost before they were recorded", from-at)
	}
	p = p[:n]
	whole := len(p) - unfinished(p)
	if whole == 0 {
		return r.takeRest(p, read, until, size, due)
	}
	return true, r.print(read, p[:whole])
}

// takeRest decides about what is no whole character: a change of size behind it
// may as well come before it, as half a character shows nothing; and what was
// read later may have its rest.
func (r *recorder) takeRest(p []byte, read time.Time, until uint64, size sizing, due bool) (more bool, err error) {
	at := r.at.Load()
	next := at + uint64(len(p))
	_, end := r.s.ring.Bounds()
	switch {
	case due && size.from <= next:
		r.sized.Store(size.serial)
		return true, r.cast.resize(r.since64(read), size.cols, size.rows)
	case next == until && next < end:
		r.times.join()
		return true, nil
	}
	return false, nil
}

// print notes output, and markers where commands end.
func (r *recorder) print(read time.Time, p []byte) error {
	at := r.since64(read)
	for len(p) > 0 {
		n, status, found := r.ends.next(p)
		if err := r.cast.output(at, p[:n]); err != nil {
			return err
		}
		r.at.Add(uint64(n))
		p = p[n:]
		if !found {
			continue
		}
		if err := r.cast.event(at, 'm', endLabel(status)); err != nil {
			return err
		}
	}
	return nil
}

// lastEvents notes the half character at the end, which has no rest, and how the
// program ended.
func (r *recorder) lastEvents(last *lastWords, buf []byte) error {
	now := r.since64(time.Now())
	at := r.at.Load()
	n, _ := r.s.ring.ReadAt(at, buf[:min(uint64(len(buf)), last.end-min(last.end, at))])
	if err := r.cast.output(now, buf[:n]); err != nil {
		return err
	}
	if last.status == nil {
		return nil
	}
	return r.cast.event(now, 'x', strconv.Itoa(*last.status))
}

// since64 is a time in microseconds since the recording began.
func (r *recorder) since64(t time.Time) int64 { return t.Sub(r.since).Microseconds() }
