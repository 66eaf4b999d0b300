package rpc

import (
	"sync"

	"homie/wire"
)

// smallFrame is the payload size up to which a frame gets a buffer of its own
// size: a full-size buffer for each keystroke would make a queue of keystrokes
// cost thousands of times what credit accounts for.
const smallFrame = 4 << 10

// fullFrames recycles buffers for frames above smallFrame.
var fullFrames = sync.Pool{New: func() any {
	b := make([]byte, 0, wire.HeaderSize+wire.MaxFrame)
	return &b
}}

// frameBuffer returns an empty buffer with room for a header and n bytes.
func frameBuffer(n int) []byte {
	if n <= smallFrame {
		return make([]byte, 0, wire.HeaderSize+n)
	}
	return (*fullFrames.Get().(*[]byte))[:0]
}

// recycle takes back a buffer from frameBuffer that nobody refers to any more.
func recycle(b []byte) {
	if cap(b) == wire.HeaderSize+wire.MaxFrame {
		b = b[:0]
		fullFrames.Put(&b)
	}
}
