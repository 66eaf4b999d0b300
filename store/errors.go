package store

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
)

// Errors a caller may want to tell apart.
var (
	// ErrInUse means that another process has the file open.
	ErrInUse = errors.New("state file is in use")
	// ErrCorrupt means that the file is damaged.
	ErrCorrupt = errors.New("state file is damaged")
	// ErrNewer means that a newer homie wrote the file.
	ErrNewer = errors.New("state file is newer than this program")
	// ErrFull means that a write found no room on the disk; nothing of its
	// transaction was kept.
	ErrFull = errors.New("no room for the state file")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("state file is closed")
	// ErrReadOnly means a write in a View.
	ErrReadOnly = errors.New("write in a read transaction")
	// ErrGap means that Apply was given a set that does not follow the last.
	ErrGap = errors.New("write set is out of order")
)

// guarded runs f, which calls bbolt and none of our callers' code, and turns
// what it throws into errors. bbolt panics on pages that make no sense, and
// reading a mapped page that the disk can't deliver is a memory fault.
func (s *Store) guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = corrupt(s.path, fmt.Errorf("%v", r))
		}
	}()
	return s.explain(f())
}

// corrupt says which file is damaged, how, and what to do.
func corrupt(path string, how error) error {
	return fmt.Errorf("%w: %s: %v; stop homie and put back a backup (%s.bak-*), or move the file away to start afresh",
		ErrCorrupt, path, how, path)
}

// explain gives bbolt's errors our words.
func (s *Store) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrCorrupt):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: another homie has %s open; stop that one, or give this one a state directory of its own", ErrInUse, s.path)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return fmt.Errorf("%w: %s", ErrClosed, s.path)
	case errors.Is(err, berrors.ErrTxNotWritable):
		return ErrReadOnly
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch),
		strings.HasPrefix(err.Error(), "file size too small"):
		return corrupt(s.path, err)
	case isFull(err):
		return fmt.Errorf("%w: %s: %v; free some space and try again", ErrFull, s.path, err)
	default:
		return fmt.Errorf("state file %s: %w", s.path, err)
	}
}

// isFull also compares texts: bbolt wraps the error of growing the file
// without %w.
func isFull(err error) bool {
	for _, full := range diskFull {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}
