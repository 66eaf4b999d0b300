package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homie/store"
	"homie/store/storetest"
)

// A file whose pages are damaged in any way is either refused with words that
// name it and the next step, or, where the damage hits nothing but values and
// free pages, opened. It is never a panic, and no goroutine of bbolt's crashes.
func TestDamagedFile(t *testing.T) {
	good := sampleFile(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	refused := 0
	try := func(what string, b []byte) {
		t.Helper()
		refused += tryDamaged(t, what, b)
	}
	for range 150 {
		b := bytes.Clone(good)
		at := rnd.IntN(len(b))
		b[at] ^= byte(1 + rnd.IntN(255))
		try(fmt.Sprintf("byte %d changed", at), b)
	}
	for range 100 {
		// Headers of pages and their entries are where it hurts.
		b := bytes.Clone(good)
		at := rnd.IntN(len(b)/4096)*4096 + rnd.IntN(64)
		b[at] ^= byte(1 + rnd.IntN(255))
		try(fmt.Sprintf("byte %d changed", at), b)
	}
	for range 40 {
		b := bytes.Clone(good)
		from, to := rnd.IntN(len(b)/4096)*4096, rnd.IntN(len(b)/4096)*4096
		copy(b[to:to+4096], b[from:from+4096])
		try(fmt.Sprintf("page at %d copied to %d", from, to), b)
		clear(b[from : from+4096])
		try(fmt.Sprintf("page at %d zeroed", from), b)
	}
	t.Logf("%d damaged files were refused", refused)
	if refused < 40 {
		t.Errorf("%d damaged files were refused, want 40 or more", refused)
	}
}

// tryDamaged opens a file of these bytes, and if that is possible uses it.
func tryDamaged(t *testing.T, what string, b []byte) (refused int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "homie.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(path, store.Options{Migrations: []store.Migration{addA}})
	if errors.Is(err, store.ErrNewer) {
		return 1
	}
	if err != nil {
		wantCorrupt(t, what, path, err)
		return 1
	}
	defer s.Close()
	_ = s.View(func(tx *store.Tx) error {
		for range notes.All(tx) {
		}
		return nil
	})
	_ = s.Update(func(tx *store.Tx) error { return notes.Put(tx, "x", note{}) })
	return 0
}

func TestTruncatedFile(t *testing.T) {
	good := sampleFile(t)
	for _, size := range []int{1, 100, 4096, 8191, 8192, 12288, len(good) / 2} {
		path := filepath.Join(t.TempDir(), "homie.db")
		if err := os.WriteFile(path, good[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(path, store.Options{})
		wantCorrupt(t, fmt.Sprintf("cut to %d bytes", size), path, err)
	}
}

// A branch page that leads to itself would make bbolt descend for ever.
func TestPageThatLeadsToItself(t *testing.T) {
	b := sampleFile(t)
	changed := 0
	for id := 2; id < len(b)/4096; id++ {
		page := b[id*4096:]
		if binary.NativeEndian.Uint64(page) == uint64(id) && binary.NativeEndian.Uint16(page[8:]) == 0x01 {
			binary.NativeEndian.PutUint64(page[16+8:], uint64(id)) // the page of its first entry
			changed++
		}
	}
	if changed == 0 {
		t.Fatal("the sample has no branch pages of 4096 bytes")
	}
	path := filepath.Join(t.TempDir(), "homie.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(path, store.Options{})
	wantCorrupt(t, "a page that leads to itself", path, err)
}

func TestForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(path, store.Options{})
	wantCorrupt(t, "a text file", path, err)
}

// A first start that was interrupted leaves an empty file, which is no reason
// to refuse the second.
func TestEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := storetest.OpenAt(t, path, store.Options{})
	update(t, s, func(tx *store.Tx) error { return notes.Put(tx, "a", note{}) })
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode = %v, %v, want no access for others", info.Mode(), err)
	}
}

// A file that loses its end while it is open is an error, not a crash.
func TestTruncatedWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "homie.db")
	if err := os.WriteFile(path, sampleFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(path, store.Options{Migrations: []store.Migration{addA}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4*4096); err != nil {
		t.Fatal(err)
	}
	err = s.View(func(tx *store.Tx) error {
		for range notes.All(tx) {
		}
		return nil
	})
	wantCorrupt(t, "truncated while open", path, err)
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// Whatever bytes a file has: Open refuses it as damaged or as newer, or what it
// opens can be used without a crash.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "homie.db")
	s := storetest.OpenAt(f, path, store.Options{})
	for range 2 { // two transactions, for some free pages
		update(f, s, func(tx *store.Tx) error {
			for i := range 60 {
				if err := notes.Put(tx, noteID(fmt.Sprint(i)), note{Text: strings.Repeat("text", 40)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	storetest.CheckClose(f, s)
	b, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) { tryDamaged(t, "these bytes", b) })
}

func wantCorrupt(t *testing.T, what, path string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("%s: error %v, want ErrCorrupt that names the file and a next step", what, err)
	}
}

// sampleFile is a store with branch pages, overflow pages, small and large
// tables, and free pages.
func sampleFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "homie.db")
	s := storetest.OpenAt(t, path, store.Options{Migrations: []store.Migration{addA}})
	for round := range 3 {
		update(t, s, func(tx *store.Tx) error {
			for i := range 150 {
				n := note{Text: strings.Repeat("text", 20+round)}
				if i%50 == 0 {
					n.Text = strings.Repeat("long", 3000)
				}
				if err := notes.Put(tx, noteID(fmt.Sprintf("note-%d-%d", round, i)), n); err != nil {
					return err
				}
			}
			_, err := entries.Append(tx, func(n uint64) entry { return entry{Seq: n} })
			return err
		})
	}
	update(t, s, func(tx *store.Tx) error {
		for i := range 100 {
			if err := notes.Delete(tx, noteID(fmt.Sprintf("note-1-%d", i))); err != nil {
				return err
			}
		}
		return nil
	})
	storetest.CheckClose(t, s)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
