package holder

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"homie/internal/winproc"
	"homie/wire"
)

// conProcess is a program on a pseudo console (ConPTY), in a job of its own: a job
// is Windows' set of a process and all that it starts.
//
//	program ── console ── conhost.exe ── pipe ── read
//	                           └──────── pipe ── write
//
// Conhost is a terminal itself: it draws what the program shows, and what comes
// out of the pipe is its drawing, in the escape sequences of other systems. It
// draws a little later than the program printed, so that the last of it comes
// only when the console is closed; that may wait for the pipe to be read, and so
// happens in a goroutine of its own.
type conProcess struct {
	console  *console
	out, in  *os.File // overlapped: who waits for them holds no thread
	small    [small]byte
	reading  sync.Mutex  // held while bytes are on their way to the sink
	gone     atomic.Bool // the program has ended: read what is there, then stop
	children *children

	mu      sync.Mutex
	handles handles
	asked   winproc.Asked
	closed  bool // close was called
	reaped  bool
}

// small is what is read at once while nothing is known to be there, in bytes: a
// session that prints nothing has no more.
const small = 1 << 10

// drainTime bounds how long nothing may come of a console that is being closed.
// Programs that are still on it have 5 s to end, which nobody waits for.
const drainTime = 2 * time.Second

// start runs p on a console of its own. Its errors are for people.
func start(p program, c *children) (process, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	con, out, in, err := openConsole(p.cols, p.rows)
	if err != nil {
		return nil, wire.Errorf(wire.Unavailable, "this machine has no terminal to give at the moment").Because(err)
	}
	u := &conProcess{console: con, out: out, in: in, children: c}
	u.handles, err = spawn(p, con.handle)
	if err == nil {
		u.handles.wait, err = c.add(u.handles.process)
	}
	if err != nil {
		u.handles.end()
		u.handles.close()
		con.close()
		out.Close()
		in.Close()
		return nil, startError(p, err)
	}
	return u, nil
}

func startError(p program, err error) error {
	reason := wire.Unavailable
	switch {
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND):
		reason = wire.NotFound
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_ELEVATION_REQUIRED):
		reason = wire.Forbidden
	case errors.Is(err, windows.ERROR_BAD_EXE_FORMAT), errors.Is(err, errCommand):
		reason = wire.InvalidParams
	}
	return wire.Errorf(reason, "%s can't be started: %v", p.path, err).Because(err)
}

// inherit has nothing to go on with: a console can't be handed to another process.
func inherit(int, int) (process, error) { return nil, errStays }

// turns recycles read buffers: a session that prints nothing has none.
var turns = sync.Pool{New: func() any { return new([turn]byte) }}

// read waits with a small buffer, and takes what is behind it with a large one.
func (u *conProcess) read(sink func([]byte)) error {
	if u.gone.Load() {
		_ = u.out.SetReadDeadline(time.Now().Add(drainTime)) // fails only when closed
	}
	n, err := u.out.Read(u.small[:])
	if n == 0 {
		if errors.Is(err, os.ErrDeadlineExceeded) && !u.gone.Load() {
			return nil // lifted meanwhile
		}
		return io.EOF // the console is closed, or does not close
	}
	u.reading.Lock()
	defer u.reading.Unlock()
	if n < len(u.small) {
		sink(u.small[:n])
		return nil
	}
	buf := turns.Get().(*[turn]byte)
	defer turns.Put(buf)
	n = copy(buf[:], u.small[:])
	if more := min(u.console.waiting(), len(buf)-n); more > 0 {
		m, _ := u.out.Read(buf[n : n+more]) // what ends it ends the next one
		n += m
	}
	sink(buf[:n])
	return nil
}

// write counts as typed what the pipe took. Conhost reads it at once, and keeps
// what the program does not read.
func (u *conProcess) write(ctx context.Context, p []byte) (int, error) {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = u.in.SetWriteDeadline(time.Unix(1, 0)) // fails only when closed
		close(interrupted)
	})
	n, err := u.in.Write(p)
	if !stop() {
		<-interrupted
		_ = u.in.SetWriteDeadline(time.Time{})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = context.Cause(ctx)
		}
	}
	return n, err
}

func (u *conProcess) interrupt(on bool) {
	var deadline time.Time
	if on {
		deadline = time.Unix(1, 0)
	}
	_ = u.in.SetWriteDeadline(deadline) // fails only when closed
}

func (u *conProcess) still() (resume func()) {
	u.reading.Lock()
	return u.reading.Unlock
}

func (u *conProcess) descriptor(func(fd uintptr)) (id int, err error) { return 0, errStays }

func (u *conProcess) resize(cols, rows int) error { return u.console.resize(cols, rows) }

// intake is not known: a console's modes are its programs' own. So nobody's
// typing is drawn ahead.
func (u *conProcess) intake() (in intake, known bool) { return intake{}, false }

func (u *conProcess) reap() (ending, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	number, ended := u.handles.exit()
	if u.reaped || !ended {
		return ending{}, false
	}
	u.reaped = true
	u.children.remove(u.handles.wait)
	u.releaseLocked()
	code, signal := winproc.Ending(number, u.asked)
	if signal != "" {
		return ending{signal: signal}, true
	}
	return ending{code: &code}, true
}

// drain closes the console, which draws what it has not drawn yet.
func (u *conProcess) drain() {
	u.gone.Store(true)
	_ = u.out.SetReadDeadline(time.Now().Add(drainTime)) // fails only when closed: nobody reads then
	go u.console.close()
}

// hangup closes the console, of which its programs are told, or ends the job.
func (u *conProcess) hangup(force bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !force {
		u.asked = max(u.asked, winproc.HangUp)
		go u.console.close()
		return
	}
	if !u.reaped {
		u.asked = winproc.Kill
		u.handles.end()
	}
}

func (u *conProcess) left() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.handles.running()
}

func (u *conProcess) close() {
	go u.console.close()
	u.out.Close()
	u.in.Close()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	u.releaseLocked()
}

// releaseLocked gives the job back when nobody needs it any more. What a person
// left running in it runs on, as a window that was opened from a shell does.
func (u *conProcess) releaseLocked() {
	if u.closed && u.reaped {
		u.handles.close()
	}
}

// handles are a program and its job.
type handles struct{ process, job, wait windows.Handle }

// exit is the number with which the program ended. The number of one that runs
// is one that a program can also end with, so that the wait decides.
func (h handles) exit() (number uint32, ended bool) {
	if h.process == 0 {
		return 0, false
	}
	if event, err := windows.WaitForSingleObject(h.process, 0); err != nil || event != windows.WAIT_OBJECT_0 {
		return 0, false
	}
	if err := windows.GetExitCodeProcess(h.process, &number); err != nil {
		return 0, false
	}
	return number, true
}

// end ends whatever runs in the job.
func (h handles) end() {
	if h.job != 0 {
		_ = windows.TerminateJobObject(h.job, 1) // fails only when nothing runs there
	}
}

// accounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION.
type accounting struct {
	userTime, kernelTime, periodUserTime, periodKernelTime int64
	pageFaults, processes, active, terminated              uint32
}

// running counts the processes in the job.
func (h handles) running() int {
	if h.job == 0 {
		return 0
	}
	var a accounting
	err := windows.QueryInformationJobObject(h.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&a)), uint32(unsafe.Sizeof(a)), nil)
	if err != nil {
		return 0
	}
	return int(a.active)
}

// close gives the handles back. Without the limit, the job's last handle is no
// reason for what runs in it to end.
func (h *handles) close() {
	if h.job != 0 {
		_ = limit(h.job, 0) // else they end, and nobody hears of it
		windows.CloseHandle(h.job)
	}
	if h.process != 0 {
		windows.CloseHandle(h.process)
	}
	*h = handles{}
}
