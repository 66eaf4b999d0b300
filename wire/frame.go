package wire

import (
	"encoding/binary"
	"fmt"
)

// HeaderSize is the length of a binary frame's header, in bytes.
const HeaderSize = 16

// Kind says what a binary frame is.
type Kind uint8

// The kinds of frames. Their numbers are frozen.
const (
	// Data carries payload bytes; Offset is the position of the first one in
	// the source. A larger Offset than expected means that bytes were skipped.
	Data Kind = 1
	// Credit lets the other side send; Offset is the number of payload bytes,
	// counted from the start of the stream, that it may have sent in all.
	// It only ever grows, so that a late or repeated one is harmless.
	Credit Kind = 2
	// End closes the sender's direction; its payload is empty, or a JSON Error
	// that closes the whole stream.
	End Kind = 3
	// State carries a piece of a description of the source as it is at Offset,
	// for a receiver that can't have all the bytes before it. Last marks the
	// final piece. Whoever gets the first piece forgets what it had, and Data
	// goes on at Offset. Pieces count for credit as Data does, and all pieces
	// of one description have the same Offset with no other frame of the
	// stream between them.
	State Kind = 4
	// Note carries a JSON text about the source, in order with its bytes: it
	// holds from Offset on. Its meaning is the method's. It counts for credit as
	// Data does.
	Note Kind = 5
)

// Flag bits. fromOpener tells who of the two sides opened the stream: both
// number their calls on their own, so that the same StreamID can be in use each
// way.
const (
	fromOpener = 0x01
	last       = 0x02
)

// Frame is one binary frame: a fixed header and its payload.
//
//	byte  0      kind
//	byte  1      flags: bit 0, the frame comes from the side that opened the
//	             stream; bit 1, the last piece of a State; the rest is zero
//	bytes 2-3    zero
//	bytes 4-7    stream id, big-endian
//	bytes 8-15   offset, big-endian
//	bytes 16-    payload
type Frame struct {
	Kind       Kind
	FromOpener bool
	Last       bool // of a State
	Stream     StreamID
	Offset     uint64
	Payload    []byte
}

// Next returns where in the source the frame that follows one with payload goes
// on: only Data is made of the source's own bytes.
func (f Frame) Next() uint64 {
	if f.Kind != Data {
		return f.Offset
	}
	return f.Offset + uint64(len(f.Payload))
}

// PutHeader writes f's header to the first HeaderSize bytes of b.
func (f Frame) PutHeader(b []byte) {
	_ = b[HeaderSize-1]
	b[0], b[1], b[2], b[3] = byte(f.Kind), 0, 0, 0
	if f.FromOpener {
		b[1] |= fromOpener
	}
	if f.Last {
		b[1] |= last
	}
	binary.BigEndian.PutUint32(b[4:], uint32(f.Stream))
	binary.BigEndian.PutUint64(b[8:], f.Offset)
}

// Append appends the encoded frame to b.
func (f Frame) Append(b []byte) []byte {
	var h [HeaderSize]byte
	f.PutHeader(h[:])
	return append(append(b, h[:]...), f.Payload...)
}

// ParseFrame decodes b. The payload aliases b. It refuses unknown kinds, set
// reserved bits, and payloads that the kind does not have or that are too big.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < HeaderSize {
		return Frame{}, fmt.Errorf("binary frame of %d bytes is shorter than its %d-byte header", len(b), HeaderSize)
	}
	f := Frame{
		Kind:       Kind(b[0]),
		FromOpener: b[1]&fromOpener != 0,
		Last:       b[1]&last != 0,
		Stream:     StreamID(binary.BigEndian.Uint32(b[4:])),
		Offset:     binary.BigEndian.Uint64(b[8:]),
		Payload:    b[HeaderSize:],
	}
	if b[1]&^(fromOpener|last) != 0 || b[2] != 0 || b[3] != 0 || (f.Last && f.Kind != State) {
		return Frame{}, fmt.Errorf("binary frame has reserved bits set: % x", b[1:4])
	}
	if len(f.Payload) > MaxFrame {
		return Frame{}, fmt.Errorf("binary frame payload of %d bytes is over the limit of %d", len(f.Payload), MaxFrame)
	}
	switch f.Kind {
	case Data:
		if f.Offset+uint64(len(f.Payload)) < f.Offset {
			return Frame{}, fmt.Errorf("data frame at offset %d runs past the end of the number range", f.Offset)
		}
	case Credit:
		if len(f.Payload) != 0 {
			return Frame{}, fmt.Errorf("credit frame has %d payload bytes, want none", len(f.Payload))
		}
	case Note:
		if len(f.Payload) > MaxNote {
			return Frame{}, fmt.Errorf("note of %d bytes is over the limit of %d", len(f.Payload), MaxNote)
		}
	case End, State:
	default:
		return Frame{}, fmt.Errorf("binary frame of unknown kind %d", f.Kind)
	}
	return f, nil
}
