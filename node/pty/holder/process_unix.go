//go:build linux || darwin

package holder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"homie/wire"
)

// unixProcess leads a session and a process group of its own, with the PTY as
// its controlling terminal.
type unixProcess struct {
	pid  int
	ptmx *os.File // non-blocking, see openTerminal
	raw  syscall.RawConn

	// closing is held by close, and by still until resume. It is taken before
	// reading.
	closing sync.Mutex
	reading sync.Mutex  // held while bytes are on their way to the sink
	gone    atomic.Bool // the program has ended: read what is there, then stop
	after   int         // bytes read since then
}

// start runs p on a PTY of its own. Its errors are for people.
func start(p program, _ *children) (process, error) {
	ptmx, tty, err := openTerminal(p.cols, p.rows)
	if err != nil {
		return nil, wire.Errorf(wire.Unavailable, "this machine has no terminal to give at the moment").Because(err)
	}
	defer tty.Close()
	if p.as != nil {
		if err := giveTerminal(tty, p.as, p.accounts); err != nil {
			ptmx.Close()
			return nil, wire.Errorf(wire.Unavailable, "this machine has no terminal to give to %s at the moment", p.as.Name).Because(err)
		}
	}
	proc, err := os.StartProcess(p.path, p.argv, &os.ProcAttr{
		Dir:   p.dir,
		Env:   p.env,
		Files: []*os.File{tty, tty, tty},
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: true, Credential: credential(p.as)},
	})
	if err != nil {
		ptmx.Close()
		return nil, startError(p, err)
	}
	pid := proc.Pid
	_ = proc.Release() // reap collects it; a Wait would hold an OS thread
	return onTerminal(pid, ptmx)
}

// onTerminal is a program that runs on a non-blocking PTY already.
func onTerminal(pid int, ptmx *os.File) (process, error) {
	raw, err := ptmx.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("using the terminal: %w", err) // an open file has one
	}
	return &unixProcess{pid: pid, ptmx: ptmx, raw: raw}, nil
}

// inherit goes on with a program that this process has as a child, and with its
// terminal as a descriptor that is open, or noTerminal.
func inherit(pid, fd int) (process, error) {
	if fd != noTerminal {
		unix.CloseOnExec(fd)
		return onTerminal(pid, os.NewFile(uintptr(fd), "ptmx"))
	}
	gone, other, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	other.Close()
	defer gone.Close() // a file that is closed is what there is
	return onTerminal(pid, gone)
}

func startError(p program, err error) error {
	reason := wire.Unavailable
	switch {
	case errors.Is(err, unix.ENOENT):
		reason = wire.NotFound // a script whose interpreter is missing
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		reason = wire.Forbidden
	case errors.Is(err, unix.ENOEXEC), errors.Is(err, unix.E2BIG):
		reason = wire.InvalidParams
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return wire.Errorf(reason, "%s can't be started: %v", p.path, errno).Because(err)
	}
	return wire.Errorf(reason, "%s can't be started", p.path).Because(err)
}

// openTerminal opens a PTY of the given size. The library leaves its side in
// blocking mode, in which each waiting read holds an OS thread and Close does
// not interrupt it; a non-blocking duplicate does neither. Never call Fd on it:
// that would turn blocking back on.
func openTerminal(cols, rows int) (ptmx, tty *os.File, err error) {
	blocking, tty, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("opening a pty: %w", err)
	}
	defer blocking.Close()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		if err = unix.SetNonblock(fd, true); err == nil {
			err = setSize(uintptr(fd), cols, rows)
		}
		ptmx = os.NewFile(uintptr(fd), blocking.Name())
	}
	if err != nil {
		ptmx.Close() // nil is an error here, not a crash
		tty.Close()
		return nil, nil, fmt.Errorf("preparing a pty: %w", err)
	}
	return ptmx, tty, nil
}

func setSize(fd uintptr, cols, rows int) error {
	size := &unix.Winsize{Row: uint16(rows), Col: uint16(cols)} // bounded by terminal.MaxCols, MaxRows
	return unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size)
}

// turns recycles read buffers: a session that prints nothing has none.
var turns = sync.Pool{New: func() any { return new([turn]byte) }}

func (u *unixProcess) read(sink func([]byte)) error {
	var end error
	once := func(fd uintptr) bool {
		u.reading.Lock()
		defer u.reading.Unlock()
		buf := turns.Get().(*[turn]byte)
		defer turns.Put(buf)
		n, err := readTurn(int(fd), buf[:])
		if n > 0 {
			if u.gone.Load() {
				u.after += n
			}
			sink(buf[:n])
			return true
		}
		if errors.Is(err, unix.EAGAIN) {
			return false
		}
		end = io.EOF // EIO: nobody has the other side open any more
		return true
	}
	if !u.gone.Load() {
		err := u.raw.Read(once)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.Join(err, end)
		}
	}
	err := u.raw.Control(func(fd uintptr) {
		if !once(fd) || u.after > maxAfter {
			end = io.EOF
		}
	})
	return errors.Join(err, end)
}

// maxAfter bounds what is read after the program's end, in bytes. A terminal
// holds less of it; more is of a process that opened the terminal anew.
const maxAfter = 1 << 20

// small is what a read returns at most when there is nothing behind it. A full
// read is 4,095 bytes on Linux.
const small = 1 << 10

// readTurn reads until nothing is there, buf is nearly full, or what came looks
// like an answer to a keystroke, which must not wait for one read more.
func readTurn(fd int, buf []byte) (total int, err error) {
	for total <= len(buf)-4<<10 {
		n, err := unix.Read(fd, buf[total:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return total, err
		case n == 0:
			return total, io.EOF
		}
		total += n
		if n <= small {
			break
		}
	}
	return total, nil
}

func (u *unixProcess) drain() {
	u.gone.Store(true)
	_ = u.ptmx.SetReadDeadline(time.Unix(1, 0)) // fails only when closed: nobody reads then
}

func (u *unixProcess) still() (resume func()) {
	u.closing.Lock()
	u.reading.Lock()
	return func() {
		u.reading.Unlock()
		u.closing.Unlock()
	}
}

func (u *unixProcess) descriptor(f func(fd uintptr)) (id int, err error) {
	return u.pid, u.raw.Control(f)
}

// interrupt must be called again if a write whose ctx ends lifts the deadline at
// this moment.
func (u *unixProcess) interrupt(on bool) {
	var deadline time.Time
	if on {
		deadline = time.Unix(1, 0)
	}
	_ = u.ptmx.SetWriteDeadline(deadline) // fails only when closed
}

func (u *unixProcess) write(ctx context.Context, p []byte) (int, error) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = u.ptmx.SetWriteDeadline(time.Unix(1, 0)) // fails only when closed
		close(interrupted)
	})
	n, err := u.ptmx.Write(p)
	if !stop() {
		<-interrupted
		_ = u.ptmx.SetWriteDeadline(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = context.Cause(ctx)
		}
	}
	return n, err
}

func (u *unixProcess) resize(cols, rows int) error {
	var err error
	if ctlErr := u.raw.Control(func(fd uintptr) { err = setSize(fd, cols, rows) }); ctlErr != nil {
		return ctlErr
	}
	return err
}

// intake asks the PTY's own side, which has the program's settings too.
func (u *unixProcess) intake() (in intake, known bool) {
	_ = u.raw.Control(func(fd uintptr) { // fails only when closed
		if t, err := unix.IoctlGetTermios(int(fd), getTermios); err == nil {
			in, known = intake{echo: t.Lflag&unix.ECHO != 0, keys: t.Lflag&unix.ICANON == 0}, true
		}
	})
	return in, known
}

func (u *unixProcess) reap() (ending, bool) {
	var status unix.WaitStatus
	pid, err := unix.Wait4(u.pid, &status, unix.WNOHANG, nil)
	switch {
	case errors.Is(err, unix.ECHILD):
		return ending{signal: "unknown"}, true // somebody else waited for all children
	case err != nil || pid != u.pid:
		return ending{}, false
	case status.Signaled():
		return ending{signal: unix.SignalName(status.Signal())}, true
	}
	code := status.ExitStatus()
	return ending{code: &code}, true
}

// hangup reaches all process groups of the session, not only the leader's: an
// interactive shell gives each job a group of its own. A stopped process acts
// on a hangup only when it goes on.
func (u *unixProcess) hangup(force bool) {
	signals := []unix.Signal{unix.SIGHUP, unix.SIGCONT}
	if force {
		signals = []unix.Signal{unix.SIGKILL}
	}
	groups := map[int]struct{}{u.pid: {}}
	found, _ := members(u.pid) // those that could be seen
	for _, m := range found {
		groups[m.group] = struct{}{}
	}
	for g := range groups {
		for _, s := range signals {
			_ = unix.Kill(-g, s) // a group that is gone has nothing to end
		}
	}
}

// left counts one if it can't see any: who is not seen has not ended.
func (u *unixProcess) left() int {
	found, err := members(u.pid)
	if err != nil {
		return max(1, len(found))
	}
	return len(found)
}

// close waits for a read that is under way, as Close of a file does, and so must
// not hold what that read needs.
func (u *unixProcess) close() {
	u.closing.Lock() // whoever holds the terminal still counts on its descriptor
	defer u.closing.Unlock()
	u.ptmx.Close()
}

// member is a process of a session.
type member struct{ pid, group int }
