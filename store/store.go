// Package store keeps the gateway's state: one bbolt file behind typed tables.
//
//	service ── Table[K,V] ── Tx ──┬─ bbolt transaction
//	                              └─ write set ── journal, before the commit
//
// What holds, always:
//
//   - Every write goes through Tx.put and Tx.remove, which record it. Before a
//     transaction commits, its WriteSet, numbered without gaps, is handed to
//     the journal; if the journal refuses it, nothing is committed. Apply
//     replays a set on another store, and a store rebuilt from its sets is
//     equal to the original.
//   - Writers run one at a time, readers see the state of their beginning.
//     Begin no transaction inside another one: it can wait for itself.
//   - A file that is damaged, in use by another process, or written by a newer
//     homie is refused at Open with words that say what to do. Damage met
//     later is an ErrCorrupt, never a panic.
//   - A migration that fails is rolled back and reported by Degraded; the store
//     stays usable at the version it has reached.
//
// store does not know what is kept in it, does not publish events (do that after
// Update returned nil), and imports nothing else of homie. It is the only
// importer of bbolt.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// lockWait is how long Open waits for another process to let go of the file: a
// restart overlaps a little with the shutdown before it.
const lockWait = time.Second

// Options adjusts Open. The zero value works.
type Options struct {
	// Log receives what a person should know; nil discards it.
	Log *slog.Logger
	// Journal is given each write set before it commits, in order, under the
	// write lock. An error aborts the transaction. A set whose commit fails
	// afterwards is followed by another one with the same number, which
	// replaces it.
	Journal func(WriteSet) error
	// Migrations are numbered 1, 2, 3 and so on; see Migration.
	Migrations []Migration
	// LockWait is how long to wait for a file that is in use; 0 is one second.
	LockWait time.Duration
}

// Store is an open state file. It is safe for concurrent use.
type Store struct {
	path    string
	db      *bbolt.DB
	log     *slog.Logger
	journal func(WriteSet) error

	mu       sync.Mutex
	degraded error // why the schema is older than this program
}

// Open opens the state file at path, creates it (mode 0600, in a directory of
// mode 0700) if there is none, checks it for damage, and migrates it. Its errors
// are complete sentences for the person who starts the program; test them with
// ErrInUse, ErrCorrupt and ErrNewer.
func Open(path string, o Options) (*Store, error) {
	if err := checkNumbers(o.Migrations); err != nil {
		return nil, err
	}
	if o.LockWait == 0 {
		o.LockWait = lockWait
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{path: path, log: o.Log, journal: o.Journal}
	if err := s.openFile(o.LockWait); err != nil {
		return nil, err
	}
	if err := s.migrate(o.Migrations); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openFile verifies the file and opens it for writing.
func (s *Store) openFile(wait time.Duration) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("creating the state directory: %w", err)
	}
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("opening the state file: %w", err)
	case info.Size() == 0:
		s.log.Warn("state file is empty, starting afresh", "path", s.path)
	default:
		if err := s.verifyFile(wait); err != nil {
			return err
		}
	}
	err = s.guarded(func() (err error) {
		s.db, err = bbolt.Open(s.path, 0o600, &bbolt.Options{
			Timeout:      wait,
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("protecting the state file: %w", err), s.db.Close())
	}
	return nil
}

// verifyFile looks for damage while no other process may write. The read-only
// open takes the lock and reads nothing but the two meta pages.
func (s *Store) verifyFile(wait time.Duration) error {
	return s.guarded(func() error {
		db, err := bbolt.Open(s.path, 0o600, &bbolt.Options{Timeout: wait, ReadOnly: true, NoStatistics: true})
		if err != nil {
			return err
		}
		return errors.Join(verify(s.path), db.Close())
	})
}

// Path is the state file's.
func (s *Store) Path() string { return s.path }

// Degraded is nil, or why the store is at an older version than this program:
// a migration, or the backup before it, failed.
func (s *Store) Degraded() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.degraded
}

// Close waits for the open transactions and closes the file. Transactions that
// begin later fail with ErrClosed.
func (s *Store) Close() error { return s.guarded(s.db.Close) }

// View runs fn in a read transaction and returns its error, or the first one
// that an iteration in it met.
func (s *Store) View(fn func(tx *Tx) error) error {
	tx, err := s.begin(false)
	if err != nil {
		return err
	}
	defer tx.rollback()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.err
}

// Update runs fn in the write transaction. If fn returns nil and wrote
// something, the write set goes to the journal and the transaction commits; in
// all other cases, a panic included, nothing has changed. An Update that returns
// nil is on the disk.
func (s *Store) Update(fn func(tx *Tx) error) error {
	_, err := s.update(fn)
	return err
}

// update is Update that also returns what was committed.
func (s *Store) update(fn func(tx *Tx) error) (WriteSet, error) {
	tx, err := s.begin(true)
	if err != nil {
		return WriteSet{}, err
	}
	defer tx.rollback()
	if err := fn(tx); err != nil {
		return WriteSet{}, err
	}
	if tx.err != nil {
		return WriteSet{}, tx.err
	}
	return tx.commit()
}

// begin starts a transaction; the caller ends it with rollback.
func (s *Store) begin(writable bool) (*Tx, error) {
	tx := &Tx{s: s}
	err := s.guarded(func() (err error) {
		tx.tx, err = s.db.Begin(writable)
		return err
	})
	return tx, err
}

// Check reads the whole store and reports the first inconsistency of its pages.
func (s *Store) Check() error { return s.View(func(tx *Tx) error { return tx.Check() }) }
