//go:build linux || darwin

package holder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryLock takes a lock that goes with the descriptor, which passes to the program
// that replaces this one and to no other: it closes when programs are started.
func tryLock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	if err := raw.Control(func(fd uintptr) { locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		return err
	}
	return locked
}

// isLocked reports whether somebody else has the lock.
func isLocked(err error) bool { return errors.Is(err, unix.EWOULDBLOCK) }

func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// inode tells apart two files of one size and time.
func inode(info fs.FileInfo) string {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf(", file %d", st.Ino)
	}
	return ""
}

// Seal keeps descriptors that this process was started with, beside the standard
// three, from the programs that it starts: those of a service manager or a
// careless shell would go to all of them. It must come before Run.
func Seal() error {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return fmt.Errorf("looking at open descriptors: %w", err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
