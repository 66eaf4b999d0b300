package holder

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/windows"

	"homie/internal/winproc"
	"homie/wire"
)

// console is a pseudo console. Closing it may wait for its output to be read, and
// its size must not be set meanwhile or later.
type console struct {
	out windows.Handle // our end of its output, for waiting

	mu     sync.Mutex
	handle windows.Handle
	closed bool
}

// Supported says whether this system has terminals for programs to run on, in
// words for people.
func Supported() error {
	for _, name := range []string{"CreatePseudoConsole", "ResizePseudoConsole", "ClosePseudoConsole"} {
		if err := windows.NewLazySystemDLL("kernel32.dll").NewProc(name).Find(); err != nil {
			return wire.Errorf(wire.Unsupported, "this machine's Windows is too old for terminals: they need Windows 10 of October 2018 (version 1809), Windows Server 2019, or later").Because(err)
		}
	}
	return nil
}

// pipeSize is what a pipe to a console holds, in bytes.
const pipeSize = 64 << 10

// openConsole opens a console and our ends of its pipes.
func openConsole(cols, rows int) (c *console, out, in *os.File, err error) {
	theirOut, out, err := openPipe(windows.PIPE_ACCESS_OUTBOUND, os.O_RDONLY)
	if err != nil {
		return nil, nil, nil, err
	}
	defer windows.CloseHandle(theirOut) // the console has its own
	theirIn, in, err := openPipe(windows.PIPE_ACCESS_INBOUND, os.O_WRONLY)
	if err != nil {
		out.Close()
		return nil, nil, nil, err
	}
	defer windows.CloseHandle(theirIn)
	c = &console{}
	if err = windows.CreatePseudoConsole(coord(cols, rows), theirIn, theirOut, 0, &c.handle); err != nil {
		err = fmt.Errorf("opening a console: %w", err)
	} else {
		err = c.look(out)
	}
	if err != nil {
		out.Close()
		in.Close()
		return nil, nil, nil, err
	}
	return c, out, in, nil
}

// look notes the pipe in which output waits. The file owns it.
func (c *console) look(out *os.File) error {
	raw, err := out.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { c.out = windows.Handle(fd) })
}

// waiting is how many bytes of output can be read at once. The caller has the
// file open.
func (c *console) waiting() int {
	var n uint32
	r, _, _ := peekNamedPipe.Call(uintptr(c.out), 0, 0, 0, pointer(&n), 0)
	if r == 0 {
		return 0 // closed: the next read says so
	}
	return int(n)
}

func (c *console) resize(cols, rows int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	return windows.ResizePseudoConsole(c.handle, coord(cols, rows))
}

// close tells the programs on the console that it goes, as when a window is
// closed, and waits until it has drawn the last of what they printed.
func (c *console) close() {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if !closed && c.handle != 0 {
		windows.ClosePseudoConsole(c.handle)
	}
}

func coord(cols, rows int) windows.Coord {
	x, y := winproc.Cells(cols, rows)
	return windows.Coord{X: x, Y: y}
}

// openPipe makes a pipe of which the other end is a console's, which waits in its
// calls, and ours is waited for by the runtime, which only a pipe with a name can
// be. Nobody can guess the name, and nobody but this account may open it.
func openPipe(theirs uint32, ours int) (their windows.Handle, our *os.File, err error) {
	name := `\\.\pipe\homie-console-` + rand.Text()
	sa, err := onlyUs()
	if err != nil {
		return 0, nil, err
	}
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, nil, err
	}
	their, err = windows.CreateNamedPipe(wide, theirs|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, pipeSize, pipeSize, 0, sa)
	if err != nil {
		return 0, nil, fmt.Errorf("making a pipe: %w", err)
	}
	our, err = os.OpenFile(name, ours|windows.O_FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		windows.CloseHandle(their)
		return 0, nil, fmt.Errorf("opening a pipe: %w", err)
	}
	return their, our, nil
}

// onlyUs lets this process's account in, and nobody else.
func onlyUs() (*windows.SecurityAttributes, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("asking which account this is: %w", err)
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;;GA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return nil, fmt.Errorf("making an access list: %w", err)
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(size(sa))
	return sa, nil
}

// errStays says that a terminal can't go to another process.
var errStays = errors.New("a console of Windows stays with the process that opened it")
