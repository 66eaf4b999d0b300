package pty

import "context"

// Sizes of what moves at once, in bytes.
const (
	turn  = 64 << 10 // read from the PTY before the viewers hear of it
	chunk = 32 << 10 // sent to a viewer at once
)

// process is a program on a pseudo-terminal, as an operating system offers it.
// The methods are safe for concurrent use, except that only one goroutine may
// read.
type process interface {
	// read waits for output and passes up to a turn of it to sink, which must
	// neither keep it nor wait. It returns io.EOF when there will be no more.
	read(sink func([]byte)) error
	// write types p. It waits for the program to make room, for ctx, or for
	// close; n bytes were typed in any case. Concurrent writes do not mix.
	write(ctx context.Context, p []byte) (n int, err error)
	// resize tells the program its window's size in character cells.
	resize(cols, rows int) error
	// reap collects the program's end, once; it does not wait.
	reap() (ending, bool)
	// drain makes read return io.EOF once what is there has been read.
	drain()
	// hangup asks every process of the session to end, or with force ends it.
	hangup(force bool)
	// left counts the processes of the session that still run.
	left() int
	// close gives back the terminal and makes write fail.
	close()
}

// ending is how a program ended: one of both is set.
type ending struct {
	code   *int
	signal string // e.g. "SIGKILL"
}

// program says what to run, and how.
type program struct {
	path string   // absolute
	argv []string // argv[0] as the program sees it
	env  []string
	dir  string
	cols int
	rows int
}
