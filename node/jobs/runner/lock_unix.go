//go:build linux || darwin

package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Lock takes the lock of a run, which says that it has a runner. ok is false if
// it has one. The lock is free when the file, and each copy of it that another
// process was given, is closed.
func Lock(dir string) (f *os.File, ok bool, err error) {
	f, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("opening the lock of a run: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil {
		return f, true, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("taking the lock of a run: %w", err)
}

// Cancel has a run's runner end its program. What was noted by AskToEnd says for
// whom. A runner that is only starting reads that by itself.
func Cancel(dir string) error {
	_, pid, ok := StartedAt(dir)
	if !ok || pid <= 1 {
		return nil
	}
	f, free, err := Lock(dir)
	if err != nil {
		return err
	}
	if free { // it has none any more, and the number may be somebody else's
		f.Close()
		return nil
	}
	if err := unix.Kill(pid, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("telling the runner to end: %w", err)
	}
	return nil
}
