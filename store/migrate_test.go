package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/store"
	"homie/store/storetest"
)

var (
	addA = store.Migration{Version: 1, Name: "add a", Apply: func(tx *store.Tx) error {
		return notes.Put(tx, "a", note{Text: "a"})
	}}
	addB = store.Migration{Version: 2, Name: "add b", Apply: func(tx *store.Tx) error {
		return notes.Put(tx, "b", note{Text: "b"})
	}}
)

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	s := storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA}})
	wantNotes(t, s, "a")
	wantVersion(t, s, 1)
	storetest.CheckClose(t, s)
	wantBackups(t, path) // a new store has nothing to lose

	s = storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB}})
	wantNotes(t, s, "a", "b")
	wantVersion(t, s, 2)
	if err := s.Degraded(); err != nil {
		t.Errorf("Degraded() = %v, want nil", err)
	}
	wantBackups(t, path, "homie.db.bak-1-1")
	bak := storetest.OpenAt(t, path+".bak-1-1", store.Options{Migrations: []store.Migration{addA}})
	wantNotes(t, bak, "a")
	storetest.CheckClose(t, s)

	s = storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB}})
	wantVersion(t, s, 2)
	wantBackups(t, path, "homie.db.bak-1-1")
}

func TestMigrationFails(t *testing.T) {
	boom := errors.New("boom")
	for name, apply := range map[string]func(*store.Tx) error{
		"error": func(tx *store.Tx) error { return errors.Join(notes.Put(tx, "c", note{}), boom) },
		"panic": func(tx *store.Tx) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "homie.db")
			storetest.CheckClose(t, storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA}}))
			bad := store.Migration{Version: 3, Name: "bad", Apply: apply}
			for range 3 {
				s := storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB, bad}})
				if err := s.Degraded(); err == nil || !strings.Contains(err.Error(), "migration 3 (bad)") || !strings.Contains(err.Error(), "boom") {
					t.Errorf("Degraded() = %v, want the migration and its error", err)
				}
				wantNotes(t, s, "a", "b")
				wantVersion(t, s, 2)
				update(t, s, func(tx *store.Tx) error { return notes.Put(tx, "b", note{Text: "usable"}) })
				storetest.CheckClose(t, s)
			}
			// The starts that changed nothing left no backup behind.
			wantBackups(t, path, "homie.db.bak-1-1")
		})
	}
}

// Where no backup can be taken, nothing is migrated.
func TestBackupFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	storetest.CheckClose(t, storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA}}))
	journal := func(store.WriteSet) error {
		t.Error("migrated without a backup")
		return nil
	}
	// The next number is beyond what an int holds, and its file exists.
	for _, n := range []string{"9223372036854775807", "-9223372036854775808"} {
		if err := os.WriteFile(path+".bak-1-"+n, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB}, Journal: journal})
	if err := s.Degraded(); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("Degraded() = %v, want the backup's error", err)
	}
	wantVersion(t, s, 1)
}

func TestOldBackupsGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	ms := []store.Migration{addA}
	for v := 1; v <= 5; v++ {
		storetest.CheckClose(t, storetest.OpenAt(t, path, store.Options{Migrations: ms}))
		ms = append(ms, store.Migration{Version: v + 1, Name: "nothing", Apply: func(*store.Tx) error { return nil }})
	}
	wantBackups(t, path, "homie.db.bak-2-2", "homie.db.bak-3-3", "homie.db.bak-4-4")
}

func TestNewerStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	storetest.CheckClose(t, storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB}}))
	_, err := store.Open(path, store.Options{Migrations: []store.Migration{addA}})
	if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open() of a newer store = %v, want ErrNewer that names the file", err)
	}
	s := storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA, addB}})
	wantNotes(t, s, "a", "b")
}

func TestMigrationNumbers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	if _, err := store.Open(path, store.Options{Migrations: []store.Migration{addB}}); err == nil {
		t.Error("Open() with migration 2 at place 1 = nil, want an error")
	}
}

func wantNotes(t *testing.T, s *store.Store, want ...noteID) {
	t.Helper()
	var got []noteID
	view(t, s, func(tx *store.Tx) error {
		for k := range notes.All(tx) {
			got = append(got, k)
		}
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes differ (-want +got):\n%s", diff)
	}
}

func wantVersion(t *testing.T, s *store.Store, want int) {
	t.Helper()
	if got, err := s.Version(); got != want || err != nil {
		t.Errorf("Version() = %v, %v, want %v", got, err, want)
	}
}

func wantBackups(t *testing.T, path string, want ...string) {
	t.Helper()
	found, err := filepath.Glob(path + ".bak-*")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, filepath.Base(f))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backups differ (-want +got):\n%s", diff)
	}
}
