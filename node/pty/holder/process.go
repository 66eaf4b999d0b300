package holder

import (
	"context"
	"io"
	"os"

	"homie/internal/accounts"
)

// Sizes of what moves at once, in bytes.
const (
	turn  = 64 << 10 // read from the PTY before the viewers hear of it
	chunk = 64 << 10 // sent to a viewer at once
)

// process is a program on a pseudo-terminal, as an operating system offers it.
// The methods are safe for concurrent use, except that only one goroutine may
// read, and one at a time write.
type process interface {
	// read waits for output and passes up to a turn of it to sink, which must
	// neither keep it nor wait. It returns io.EOF when there will be no more.
	read(sink func([]byte)) error
	// write types p. It waits for the program to make room, for ctx, for close
	// or for interrupt; n bytes were typed in any case.
	write(ctx context.Context, p []byte) (n int, err error)
	// interrupt ends a write that is under way, and those that begin until it
	// is called with false.
	interrupt(on bool)
	// still keeps read from taking anything, and close from closing, until
	// resume is called. What was taken before has been passed to sink.
	still() (resume func())
	// descriptor calls f with the terminal's own, which stays open meanwhile,
	// or returns an error if it is closed; id is the program's process id.
	descriptor(f func(fd uintptr)) (id int, err error)
	// resize tells the program its window's size in character cells.
	resize(cols, rows int) error
	// intake reports how the terminal takes what is typed, if it is known.
	intake() (in intake, known bool)
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

// intake is how a terminal takes what is typed.
type intake struct {
	echo bool // it shows it, as it does not for a password
	keys bool // the program reads key by key instead of whole lines
}

// past is a program whose end is known and whose terminal is gone.
type past struct{}

func (past) read(func([]byte)) error                         { return io.EOF }
func (past) write(context.Context, []byte) (int, error)      { return 0, os.ErrClosed }
func (past) interrupt(bool)                                  {}
func (past) still() (resume func())                          { return func() {} }
func (past) descriptor(func(fd uintptr)) (id int, err error) { return 0, os.ErrClosed }
func (past) resize(int, int) error                           { return os.ErrClosed }
func (past) intake() (in intake, known bool)                 { return intake{}, false }
func (past) reap() (ending, bool)                            { return ending{}, false }
func (past) drain()                                          {}
func (past) hangup(bool)                                     {}
func (past) left() int                                       { return 0 }
func (past) close()                                          {}

// program says what to run, and how.
type program struct {
	path string   // absolute
	argv []string // argv[0] as the program sees it
	env  []string
	dir  string
	cols int
	rows int
	// as is another account than this process's, nil for that one.
	as       *accounts.Account
	accounts accounts.Database
}
