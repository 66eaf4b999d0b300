package holder

import (
	"time"

	"homie/wire/terminal"
)

// savedRecording is a recorder that goes on, beside what the session says of it.
type savedRecording struct {
	At    uint64 `json:"at"`    // offset after the last byte it took
	Last  int64  `json:"last"`  // time of the latest event, in microseconds
	Bytes int64  `json:"bytes"` // of the file
}

// saveRecording describes the recorder for the program that goes on with it; nil
// if there is none that goes on.
func (s *Session) saveRecording() *savedRecording {
	r := s.recorder.Load()
	if r == nil || isClosed(r.over) {
		return nil
	}
	if !isClosed(s.moving) {
		return &savedRecording{At: r.at.Load(), Bytes: r.size.Load()} // to be looked at only
	}
	r.rest()
	if isClosed(r.over) {
		return nil
	}
	return &savedRecording{At: r.at.Load(), Last: r.cast.last, Bytes: r.cast.bytes}
}

// rest waits until everything is written; a disk that takes nothing ends the
// recording.
func (r *recorder) rest() {
	rests := make(chan struct{})
	go func() {
		r.work.Wait()
		close(rests)
	}()
	patience := time.NewTimer(diskTime)
	defer patience.Stop()
	select {
	case <-rests:
	case <-patience.C:
		r.finish(terminal.RecordingSlow, "")
	}
}

// restoreRecording goes on with a recording that was saved, and remembers one
// that ended.
func (s *Session) restoreRecording(lib *library, v savedSession) {
	was := v.Info.Recording
	if was == nil {
		return
	}
	r := newRecorder(s, lib, was.By, was.Since)
	r.id, r.policy = was.ID, was.Policy
	r.size.Store(int64(was.Bytes))
	r.ended, r.why, r.endedBy = was.EndedAt, was.Why, was.EndedBy
	s.recorder.Store(r)
	if r.ended == nil && v.Recording != nil {
		cast, err := lib.reopen(r, was.ID, v.Recording.Bytes)
		if err == nil {
			cast.last = v.Recording.Last
			r.cast = cast
			r.at.Store(v.Recording.At)
			r.sized.Store(s.sizes.at(^uint64(0)).serial) // all of them were noted
			return
		}
		s.log.Warn("a recording can't go on", "recording", string(r.id), "err", err)
	}
	if r.ended == nil {
		now := time.Now()
		r.ended, r.why = &now, terminal.RecordingFault
	}
	r.busy.Store(true) // for good: there is nothing to write
	close(r.over)
}
