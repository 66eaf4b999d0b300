package store

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// keptBackups is how many backups of the state file stay beside it.
const keptBackups = 3

// Migration takes the schema from Version-1 to Version, in one transaction.
// Once released, it stays as it is.
type Migration struct {
	Version int // 1, 2, 3, ...
	Name    string
	Apply   func(tx *Tx) error
}

// checkNumbers finds a list that is out of order, which is a bug.
func checkNumbers(ms []Migration) error {
	for i, m := range ms {
		if m.Version != i+1 {
			return fmt.Errorf("migration %q has number %d at place %d", m.Name, m.Version, i+1)
		}
	}
	return nil
}

// Version is the number of the last migration that was applied.
func (s *Store) Version() (version int, err error) {
	err = s.View(func(tx *Tx) error {
		n, err := tx.number(metaTable, versionKey)
		if n > math.MaxInt32 {
			return corrupt(s.path, fmt.Errorf("its schema has number %d", n))
		}
		version = int(n)
		return err
	})
	return version, err
}

// migrate applies what is missing. Its error means that the store must not be
// used; a migration that fails is not one, but is kept for Degraded.
func (s *Store) migrate(ms []Migration) error {
	version, err := s.Version()
	if err != nil {
		return err
	}
	if version > len(ms) {
		return fmt.Errorf("%w: %s has schema %d, this program knows up to %d; install the newer homie again, or put back a backup (%s.bak-%d-*)",
			ErrNewer, s.path, version, len(ms), s.path, len(ms))
	}
	if version == len(ms) {
		return nil
	}
	if err := s.migrateFrom(version, ms[version:]); err != nil {
		s.log.Error("migration failed, going on with the older schema", "error", err)
		s.mu.Lock()
		s.degraded = err
		s.mu.Unlock()
	}
	return nil
}

// migrateFrom takes a backup of a store that holds something, and applies ms.
func (s *Store) migrateFrom(version int, ms []Migration) error {
	seq, err := s.Seq()
	if err != nil {
		return err
	}
	var backup string
	if seq > 0 {
		if backup, err = s.backup(version); err != nil {
			return fmt.Errorf("backup before migration: %w", err)
		}
		s.log.Info("backup taken before migration", "path", backup, "version", version)
	}
	for i, m := range ms {
		if err := s.Update(m.run); err != nil {
			if i == 0 && backup != "" {
				// The store is as the backup has it. Without this, a migration
				// that fails at every start would push out the older backups.
				err = errors.Join(err, os.Remove(backup))
			}
			return fmt.Errorf("migration %d (%s): %w", m.Version, m.Name, err)
		}
		s.log.Info("schema migrated", "version", m.Version, "name", m.Name)
	}
	return s.pruneBackups()
}

// run applies the migration and its number. A panic in it is an error, so that
// it can't keep the gateway from starting.
func (m Migration) run(tx *Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := m.Apply(tx); err != nil {
		return err
	}
	return tx.put(metaTable, versionKey, encodeUint(uint64(m.Version)))
}

// backup copies the store to <path>.bak-<version>-<n>, n counting up.
func (s *Store) backup(version int) (string, error) {
	old, err := s.backups()
	if err != nil {
		return "", err
	}
	n := 1
	if len(old) > 0 {
		n = old[len(old)-1].n + 1
	}
	name := fmt.Sprintf("%s.bak-%d-%d", s.path, version, n)
	return name, s.Backup(name)
}

// Backup writes a consistent copy of the store to a file of mode 0600, which
// must not exist yet. The file is complete on the disk when Backup returns nil,
// and not there otherwise.
func (s *Store) Backup(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("creating the backup: %w", err)
	}
	err = s.View(func(tx *Tx) error {
		return s.guarded(func() error {
			_, err := tx.tx.WriteTo(f)
			return err
		})
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing the backup %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// backupFile is a backup beside the store.
type backupFile struct {
	path string
	n    int
}

// backups lists them, oldest first.
func (s *Store) backups() ([]backupFile, error) {
	entries, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil {
		return nil, fmt.Errorf("looking for backups: %w", err)
	}
	var found []backupFile
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(s.path)+".bak-")
		_, number, ok2 := strings.Cut(rest, "-")
		n, err := strconv.Atoi(number)
		if ok && ok2 && err == nil {
			found = append(found, backupFile{filepath.Join(filepath.Dir(s.path), e.Name()), n})
		}
	}
	slices.SortFunc(found, func(a, b backupFile) int { return cmp.Compare(a.n, b.n) })
	return found, nil
}

func (s *Store) pruneBackups() error {
	all, err := s.backups()
	if err != nil {
		return err
	}
	for _, b := range all[:max(0, len(all)-keptBackups)] {
		if err := os.Remove(b.path); err != nil {
			return fmt.Errorf("removing an old backup: %w", err)
		}
	}
	return nil
}
