// Package storetest opens real stores for tests.
package storetest

import (
	"errors"
	"path/filepath"
	"testing"

	"homie/store"
)

// Open opens a fresh store in a temporary directory. When the test ends, the
// store's pages are checked and it is closed, unless the test has closed it.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenAt(t, filepath.Join(t.TempDir(), "homie.db"), store.Options{})
}

// OpenAt is Open for a given file and options.
func OpenAt(t testing.TB, path string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(path, o)
	if err != nil {
		t.Fatalf("Open(%q) = %v", path, err)
	}
	t.Cleanup(func() { CheckClose(t, s) })
	return s
}

// CheckClose checks the store's pages and closes it. A store that is closed
// already is left alone.
func CheckClose(t testing.TB, s *store.Store) {
	t.Helper()
	switch err := s.Check(); {
	case errors.Is(err, store.ErrClosed):
		return
	case err != nil:
		t.Errorf("Check() = %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
