package holder

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes a lock that goes with the file: it is free when the process has
// ended, however that was.
func tryLock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	if err := raw.Control(func(fd uintptr) {
		locked = windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	}); err != nil {
		return err
	}
	return locked
}

// isLocked reports whether somebody else has the lock.
func isLocked(err error) bool { return errors.Is(err, windows.ERROR_LOCK_VIOLATION) }

// ownedByUs is not asked here: no socket is a file.
func ownedByUs(fs.FileInfo) bool { return false }

// inode is not known without opening the file: size and time have to do.
func inode(fs.FileInfo) string { return "" }

// Seal does nothing: programs are started with nothing of ours.
func Seal() error { return nil }
