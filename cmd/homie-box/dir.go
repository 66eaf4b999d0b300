package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// temporary begins the names of temporary state directories.
const temporary = "homie-box-"

// ownerFile is locked in a temporary state directory for as long as the box
// runs to which it belongs. The system lets go of the lock of one that was
// killed, and the next box removes what that left behind.
const ownerFile = "box.lock"

// makeDir makes the state directory: the given one, or a temporary one.
func (b *box) makeDir() (err error) {
	if b.o.stateDir == "" {
		clearLeftovers(os.TempDir())
		if b.dir, err = os.MkdirTemp("", temporary); err != nil {
			return err
		}
		b.owns, err = claim(b.dir)
		return err
	}
	if b.dir, err = filepath.Abs(b.o.stateDir); err != nil {
		return err
	}
	return os.MkdirAll(b.dir, 0o700)
}

// removeDir removes the state directory if it was a temporary one.
func (b *box) removeDir() {
	if b.o.stateDir != "" {
		return
	}
	if err := os.RemoveAll(b.dir); err != nil {
		b.report.say("removing %s: %v\n", b.dir, err)
	}
	if b.owns != nil {
		b.owns.Close()
	}
}

// claim locks a directory's owner file. It gets its name when it is locked, so
// that no other box takes it for a leftover in between.
func claim(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, ownerFile+".new"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, ownerFile)); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// clearLeftovers removes the temporary directories of boxes that were killed. A
// directory that is in use, is not ours, or can't be removed stays.
func clearLeftovers(parent string) {
	locks, err := filepath.Glob(filepath.Join(parent, temporary+"*", ownerFile))
	if err != nil {
		return // only a malformed pattern
	}
	for _, path := range locks {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if tryLock(f) == nil {
			_ = os.RemoveAll(filepath.Dir(path)) // what stays is tried again next time
		}
		f.Close()
	}
}
