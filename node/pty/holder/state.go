package holder

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"homie/wire/holder"
	"homie/wire/terminal"
)

// What a holder hands to the program that replaces it:
//
//	magic, version uint32, then records: kind uint16, length uint64, payload
//
// The first record is a recordHead. Each recordSession is followed by the
// records that belong to it. A recordEnd with a checksum of all before it is the
// last. A kind that a reader does not know is skipped, so that what can be done
// without may be added; the version changes with what can't.
//
// Numbers are big-endian. JSON members that a reader does not know are ignored.
const (
	stateMagic   = "homie holder\n"
	stateVersion = 1
	oldestState  = 1 // that this program understands
)

// Kinds of records.
const (
	recordHead    = 1 // JSON, savedHead
	recordSession = 2 // JSON, savedSession
	recordRing    = 3 // offset of the first byte uint64, bytes
	recordTyped   = 4 // bytes that the program has still to be given
	recordScreen  = 5 // version uint32 and what that version says
	recordEnd     = 0xffff
)

// Bounds of what is read, in bytes.
const (
	maxJSON    = 1 << 20
	maxPayload = 64 << 20
)

// savedHead is what a holder is, beside its sessions. Descriptors are open in
// the process that reads them.
type savedHead struct {
	Settings holder.AdoptParams `json:"settings"`
	Started  uint64             `json:"started"` // sessions ever
	Lock     int                `json:"lock"`    // descriptor
	Listener int                `json:"listener"`
	Sessions int                `json:"sessions"` // that follow
}

// savedSession is one session. The fields without a name in JSON are records of
// their own.
type savedSession struct {
	Info    terminal.Session `json:"info"`
	Order   uint64           `json:"order"`
	PID     int              `json:"pid,omitzero"`      // of its program, 0 after the session's end
	Ptmx    int              `json:"ptmx,omitzero"`     // descriptor, with PID
	Killing bool             `json:"killing,omitzero"`  // its end was asked for
	Reaped  bool             `json:"reaped,omitzero"`   // its program has ended, as the next two say
	Code    *int             `json:"exitCode,omitzero"` // the session is not through with what it printed
	Signal  string           `json:"signal,omitzero"`
	UID     *uint32          `json:"uid,omitzero"`    // of another account than the holder's
	Driven  bool             `json:"driven,omitzero"` // somebody typed or could have
	Sizes   []savedSize      `json:"sizes,omitzero"`  // that the output was printed for, the oldest first
	// Taken is how many bytes of each viewer's the session took.
	Taken map[string]uint64 `json:"taken,omitzero"`
	// Recording is of the recording that goes on, if one does.
	Recording *savedRecording `json:"recording,omitzero"`

	Start  uint64 `json:"-"` // offset of the first byte of Output
	Output []byte `json:"-"`
	Typed  []byte `json:"-"`
	Screen []byte `json:"-"` // nil for none
}

// savedSize is a size of the session's window and the offset of the output from
// which on it holds.
type savedSize struct {
	From uint64 `json:"from"`
	Cols int    `json:"cols"`
	Rows int    `json:"rows"`
}

// stateWriter writes the state of a holder.
type stateWriter struct {
	w   *bufio.Writer
	sum hash.Hash32
}

func newStateWriter(w io.Writer, head savedHead) (*stateWriter, error) {
	e := &stateWriter{sum: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	e.w = bufio.NewWriterSize(io.MultiWriter(w, e.sum), 64<<10)
	start := binary.BigEndian.AppendUint32([]byte(stateMagic), stateVersion)
	if _, err := e.w.Write(start); err != nil {
		return nil, err
	}
	return e, e.json(recordHead, head)
}

func (e *stateWriter) session(s savedSession) error {
	start := binary.BigEndian.AppendUint64(nil, s.Start)
	return errors.Join(
		e.json(recordSession, s),
		e.record(recordRing, start, s.Output),
		e.optional(recordTyped, s.Typed),
		e.optional(recordScreen, s.Screen),
	)
}

// end writes the last record.
func (e *stateWriter) end() error {
	if err := e.w.Flush(); err != nil {
		return err
	}
	if err := e.record(recordEnd, e.sum.Sum(nil)); err != nil {
		return err
	}
	return e.w.Flush()
}

func (e *stateWriter) json(kind uint16, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.record(kind, b)
}

func (e *stateWriter) optional(kind uint16, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return e.record(kind, p)
}

func (e *stateWriter) record(kind uint16, parts ...[]byte) error {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	head := binary.BigEndian.AppendUint16(nil, kind)
	parts = append([][]byte{binary.BigEndian.AppendUint64(head, uint64(size))}, parts...)
	for _, p := range parts {
		if _, err := e.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// stateReader reads what a stateWriter wrote, of this version of Homie or
// another one.
type stateReader struct {
	r   *bufio.Reader
	sum hash.Hash32
}

// errState says what is wrong with a state.
func errState(format string, args ...any) error {
	return fmt.Errorf("the terminals' state can't be understood: "+format, args...)
}

// readState reads a whole state.
func readState(r io.Reader) (savedHead, []savedSession, error) {
	d := &stateReader{r: bufio.NewReaderSize(r, 64<<10), sum: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	start, err := d.take(uint64(len(stateMagic)) + 4)
	if err != nil || string(start[:len(stateMagic)]) != stateMagic {
		return savedHead{}, nil, errState("it is none (%v)", err)
	}
	if v := binary.BigEndian.Uint32(start[len(stateMagic):]); v < oldestState || v > stateVersion {
		return savedHead{}, nil, errState("it is of version %d, and this Homie knows %d to %d", v, oldestState, stateVersion)
	}
	var head savedHead
	kind, p, _, err := d.next()
	if err != nil || kind != recordHead || json.Unmarshal(p, &head) != nil {
		return head, nil, errState("its head is damaged (%v)", err)
	}
	sessions, err := d.sessions()
	if err == nil && len(sessions) != head.Sessions {
		err = errState("it has %d sessions, and says %d", len(sessions), head.Sessions)
	}
	return head, sessions, err
}

// sessions reads to the end.
func (d *stateReader) sessions() (list []savedSession, err error) {
	for {
		kind, p, sum, err := d.next()
		if err != nil {
			return nil, errState("it breaks off: %v", err)
		}
		if kind == recordSession {
			var s savedSession
			if err := json.Unmarshal(p, &s); err != nil {
				return nil, errState("a session is damaged: %v", err)
			}
			list = append(list, s)
			continue
		}
		if kind == recordEnd {
			if !bytes.Equal(p, sum) {
				return nil, errState("its checksum is wrong")
			}
			return list, nil
		}
		if len(list) == 0 {
			continue // belongs to the head, or to a version to come
		}
		if err := list[len(list)-1].add(kind, p); err != nil {
			return nil, err
		}
	}
}

// add takes a record that belongs to the session.
func (s *savedSession) add(kind uint16, p []byte) error {
	switch kind {
	case recordRing:
		if len(p) < 8 {
			return errState("the output of session %s has no offset", s.Info.ID)
		}
		s.Start, s.Output = binary.BigEndian.Uint64(p), p[8:]
		if s.Start+uint64(len(s.Output)) < s.Start {
			return errState("the output of session %s is past the end of numbers", s.Info.ID)
		}
	case recordTyped:
		s.Typed = p
	case recordScreen:
		s.Screen = p
	}
	return nil
}

// next returns a record, and the checksum of what is before it.
func (d *stateReader) next() (kind uint16, p, sum []byte, err error) {
	sum = d.sum.Sum(nil)
	head, err := d.take(10)
	if err != nil {
		return 0, nil, nil, err
	}
	kind = binary.BigEndian.Uint16(head)
	size := binary.BigEndian.Uint64(head[2:])
	limit := uint64(maxPayload)
	if kind == recordHead || kind == recordSession {
		limit = maxJSON
	}
	if size > limit {
		return 0, nil, nil, fmt.Errorf("a record of %d bytes is over the limit of %d", size, limit)
	}
	p, err = d.take(size)
	return kind, p, sum, err
}

// take reads n bytes. It takes memory as they come, not as they are announced.
func (d *stateReader) take(n uint64) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, d.r, int64(n)); err != nil { // n is bounded by maxPayload
		return nil, err
	}
	d.sum.Write(b.Bytes())
	return b.Bytes(), nil
}
