package rpc

import (
	"sync"

	"homie/wire"
)

// smallFrame is the payload size up to which a frame gets a buffer of its own
// size: a full-size buffer for each keystroke would make a queue of keystrokes
// cost thousands of times what credit accounts for.
const smallFrame = 4 << 10

// fullFrame is what the pool holds: a pointer to an array is put there without
// an allocation of its own, which a slice is not.
type fullFrame [wire.HeaderSize + wire.MaxFrame]byte

// fullFrames recycles buffers for frames above smallFrame.
var fullFrames = sync.Pool{New: func() any { return new(fullFrame) }}

// frameBuffer returns an empty buffer with room for a header and n bytes.
func frameBuffer(n int) []byte {
	if n <= smallFrame {
		return make([]byte, 0, wire.HeaderSize+n)
	}
	return fullFrames.Get().(*fullFrame)[:0]
}

// recycle takes back a buffer from frameBuffer that nobody refers to any more.
func recycle(b []byte) {
	if cap(b) == len(fullFrame{}) {
		fullFrames.Put((*fullFrame)(b[:cap(b)]))
	}
}
