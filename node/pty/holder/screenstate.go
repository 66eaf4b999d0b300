package holder

import (
	"encoding/binary"

	"homie/internal/vt"
)

// A saved screen, in a recordScreen: version uint32, offset at which the output
// goes on uint64, then what package vt says.
const (
	screenVersion = 1
	screenHead    = 4 + 8
)

// saveScreen describes the screen for the program that goes on with it; nil if
// it is lost.
func (s *Session) saveScreen() []byte {
	c := &s.screen
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term == nil {
		return nil
	}
	b := binary.BigEndian.AppendUint32(nil, screenVersion)
	b = binary.BigEndian.AppendUint64(b, c.at.Load())
	return append(b, c.term.Encode()...)
}

// restoreScreen goes on with a screen that was saved, or, if there is none that
// this program understands, makes one from what the ring has.
func (s *Session) restoreScreen(b []byte) {
	c := &s.screen
	if len(b) >= screenHead && binary.BigEndian.Uint32(b) == screenVersion {
		term, err := vt.Restore(b[screenHead:])
		if err == nil {
			at := binary.BigEndian.Uint64(b[4:])
			c.term, c.sized = term, s.sizes.at(at).serial
			c.at.Store(at)
			return
		}
		s.log.Warn("a screen is drawn anew from what is kept of the output", "err", err)
	}
	start, _ := s.ring.Bounds()
	size := s.sizes.at(start)
	c.start(size.cols, size.rows)
	c.sized = size.serial
	c.at.Store(start)
}
