//go:build linux || darwin

package rawpty

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Terminal is a program on its PTY.
type Terminal struct {
	cmd  *exec.Cmd
	ptmx *os.File
	raw  syscall.RawConn
}

// Start runs a command. The caller closes the terminal.
func Start(command []string) (*Terminal, error) {
	blocking, tty, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("opening a pty: %w", err)
	}
	defer blocking.Close()
	defer tty.Close()
	// The library's own end is in blocking mode, and costs a thread.
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("preparing a pty: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("preparing a pty: %w", err)
	}
	t := &Terminal{ptmx: os.NewFile(uintptr(fd), blocking.Name())}
	if t.raw, err = t.ptmx.SyscallConn(); err != nil {
		return nil, fmt.Errorf("preparing a pty: %w", err)
	}
	t.cmd = &exec.Cmd{
		Path: command[0], Args: command, Env: append(os.Environ(), "TERM=xterm-256color"),
		Stdin: tty, Stdout: tty, Stderr: tty,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	if err := t.cmd.Start(); err != nil {
		t.ptmx.Close()
		return nil, fmt.Errorf("starting %s: %w", command[0], err)
	}
	return t, nil
}

// lastRead is the size of a read behind which there is hardly more: Linux gives
// at most 4,095 bytes at once, and a full line of output fills that.
const lastRead = 1 << 10

// Read waits for output and returns all there is, up to len(p).
func (t *Terminal) Read(p []byte) (total int, err error) {
	failed := t.raw.Read(func(fd uintptr) bool {
		for total <= len(p)-4<<10 {
			n, e := unix.Read(int(fd), p[total:])
			switch {
			case errors.Is(e, unix.EINTR):
				continue
			case errors.Is(e, unix.EAGAIN):
				return total > 0
			case e != nil || n == 0: // EIO: nobody has the other side open
				err = io.EOF
				return true
			}
			if total += n; n <= lastRead {
				return true
			}
		}
		return true
	})
	if total > 0 {
		return total, nil
	}
	return 0, errors.Join(failed, err)
}

// Write types p.
func (t *Terminal) Write(p []byte) (int, error) { return t.ptmx.Write(p) }

// Close ends the program.
func (t *Terminal) Close() {
	t.ptmx.Close()           // hangs it up
	_ = t.cmd.Process.Kill() // it may have ended
	_ = t.cmd.Wait()         // killed is how most end
}
