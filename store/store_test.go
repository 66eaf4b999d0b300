package store_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/store"
	"homie/store/storetest"
)

type noteID string

type note struct {
	Text string   `json:"text"`
	Tags []string `json:"tags"`
}

type entry struct {
	Seq  uint64 `json:"seq"`
	What string `json:"what"`
}

var (
	notes   = store.NewTable[noteID, note]("notes")
	entries = store.NewSequence[uint64, entry]("entries")
)

func TestTable(t *testing.T) {
	s := storetest.Open(t)
	want := note{Text: "milk", Tags: []string{"shop"}}
	update(t, s, func(tx *store.Tx) error { return notes.Put(tx, "a", want) })
	view(t, s, func(tx *store.Tx) error {
		got, ok, err := notes.Get(tx, "a")
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("Get(a) = %v, %v (-want +got):\n%s", ok, err, diff)
		}
		if _, ok, err := notes.Get(tx, "b"); ok || err != nil {
			t.Errorf("Get(b) = %v, %v, want false, nil", ok, err)
		}
		return nil
	})
	update(t, s, func(tx *store.Tx) error { return notes.Delete(tx, "a") })
	view(t, s, func(tx *store.Tx) error {
		if _, ok, err := notes.Get(tx, "a"); ok || err != nil {
			t.Errorf("Get(a) after Delete = %v, %v, want false, nil", ok, err)
		}
		return nil
	})
}

func TestScan(t *testing.T) {
	s := storetest.Open(t)
	update(t, s, func(tx *store.Tx) error {
		for range 10 {
			if _, err := entries.Append(tx, func(n uint64) entry { return entry{Seq: n} }); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx *store.Tx) error {
		for _, c := range []struct {
			name string
			got  iter.Seq2[uint64, entry]
			want []uint64
		}{
			{"All", entries.All(tx), []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
			{"After(8)", entries.After(tx, 8, 0), []uint64{9, 10}},
			{"After(2) limit 3", entries.After(tx, 2, 3), []uint64{3, 4, 5}},
			{"After(10)", entries.After(tx, 10, 0), nil},
			{"Before(3)", entries.Before(tx, 3, 0), []uint64{2, 1}},
			{"Before(9) limit 2", entries.Before(tx, 9, 2), []uint64{8, 7}},
			{"Before(1)", entries.Before(tx, 1, 0), nil},
			{"Before(99) limit 1", entries.Before(tx, 99, 1), []uint64{10}},
			{"Latest limit 2", entries.Latest(tx, 2), []uint64{10, 9}},
			{"Range(4,7)", entries.Range(tx, 4, 7), []uint64{4, 5, 6}},
			{"Range(0,2)", entries.Range(tx, 0, 2), []uint64{1}},
		} {
			var got []uint64
			for k, v := range c.got {
				if v.Seq != k {
					t.Errorf("%s gives %v for key %d", c.name, v, k)
				}
				got = append(got, k)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s = %v, want %v", c.name, got, c.want)
			}
		}
		if n, err := entries.Len(tx); n != 10 || err != nil {
			t.Errorf("Len() = %v, %v, want 10", n, err)
		}
		return nil
	})
}

func TestScanOfNothing(t *testing.T) {
	s := storetest.Open(t)
	view(t, s, func(tx *store.Tx) error {
		for k := range entries.All(tx) {
			t.Errorf("All() of an empty table gives %v", k)
		}
		for k := range entries.Latest(tx, 1) {
			t.Errorf("Latest() of an empty table gives %v", k)
		}
		return nil
	})
}

// A loop that deletes what it visits must still visit everything.
func TestWriteWhileScanning(t *testing.T) {
	s := storetest.Open(t)
	for _, scan := range []func(*store.Tx) iter.Seq2[uint64, entry]{
		entries.All,
		func(tx *store.Tx) iter.Seq2[uint64, entry] { return entries.Latest(tx, 0) },
	} {
		update(t, s, func(tx *store.Tx) error {
			for range 500 {
				if _, err := entries.Append(tx, func(n uint64) entry { return entry{Seq: n} }); err != nil {
					return err
				}
			}
			return nil
		})
		visited := 0
		update(t, s, func(tx *store.Tx) error {
			for k := range scan(tx) {
				visited++
				if err := entries.Delete(tx, k); err != nil {
					return err
				}
			}
			n, err := entries.Len(tx)
			if visited != 500 || n != 0 {
				t.Errorf("visited %d entries, left %d, want 500 and 0", visited, n)
			}
			return err
		})
	}
}

func TestSequenceNeverRepeats(t *testing.T) {
	s := storetest.Open(t)
	add := func() (got entry) {
		update(t, s, func(tx *store.Tx) (err error) {
			got, err = entries.Append(tx, func(n uint64) entry { return entry{Seq: n} })
			return err
		})
		return got
	}
	add()
	two := add()
	update(t, s, func(tx *store.Tx) error { return entries.Delete(tx, two.Seq) })
	if three := add(); three.Seq != 3 {
		t.Errorf("Append() after deleting 2 = %d, want 3", three.Seq)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	s := storetest.Open(t)
	boom := errors.New("boom")
	err := s.Update(func(tx *store.Tx) error {
		return errors.Join(notes.Put(tx, "a", note{}), boom)
	})
	if !errors.Is(err, boom) {
		t.Errorf("Update() = %v, want boom", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "bang" {
				t.Errorf("recover() = %v, want bang", r)
			}
		}()
		s.Update(func(tx *store.Tx) error {
			notes.Put(tx, "b", note{})
			panic("bang")
		})
	}()
	view(t, s, func(tx *store.Tx) error {
		n, err := notes.Len(tx)
		if n != 0 {
			t.Errorf("Len() after failed updates = %d, want 0", n)
		}
		return err
	})
}

func TestWriteInView(t *testing.T) {
	s := storetest.Open(t)
	err := s.View(func(tx *store.Tx) error { return notes.Put(tx, "a", note{}) })
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Put in View = %v, want ErrReadOnly", err)
	}
}

func TestBadKeys(t *testing.T) {
	s := storetest.Open(t)
	for _, k := range []noteID{"", noteID(strings.Repeat("x", store.MaxKey+1))} {
		if err := s.Update(func(tx *store.Tx) error { return notes.Put(tx, k, note{}) }); err == nil {
			t.Errorf("Put with a key of %d bytes = nil, want an error", len(k))
		}
	}
	for _, name := range []string{"", ".meta", "a\x00b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewTable(%q) does not panic", name)
				}
			}()
			store.NewTable[string, int](name)
		}()
	}
}

// A value that can't be decoded ends the iteration and fails the transaction,
// even if the loop's author did not think of it.
func TestUndecodableValue(t *testing.T) {
	s := storetest.Open(t)
	asText := store.NewTable[noteID, string]("notes")
	update(t, s, func(tx *store.Tx) error { return asText.Put(tx, "a", "not an object") })
	err := s.View(func(tx *store.Tx) error {
		for range notes.All(tx) {
			t.Error("All() gives a value that can't be decoded")
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "notes a") {
		t.Errorf("View() = %v, want an error that names notes a", err)
	}
}

func TestModesAndSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "homie.db")
	storetest.OpenAt(t, path, store.Options{})
	if runtime.GOOS != "windows" {
		for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			info, err := os.Stat(p)
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("mode of %s = %v, %v, want %v", p, info.Mode(), err, want)
			}
		}
	}
	_, err := store.Open(path, store.Options{LockWait: 1})
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("second Open() = %v, want ErrInUse that names the file", err)
	}
}

func TestClosed(t *testing.T) {
	s := storetest.Open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	nop := func(*store.Tx) error { return nil }
	if err := s.View(nop); !errors.Is(err, store.ErrClosed) {
		t.Errorf("View() after Close() = %v, want ErrClosed", err)
	}
	if err := s.Update(nop); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update() after Close() = %v, want ErrClosed", err)
	}
}

// Writers and readers at once: each reader sees whole transactions only.
func TestConcurrentUse(t *testing.T) {
	s := storetest.Open(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				err := s.Update(func(tx *store.Tx) error {
					v := note{Text: fmt.Sprint(w, i)}
					return errors.Join(notes.Put(tx, "x", v), notes.Put(tx, "y", v))
				})
				if err != nil {
					t.Errorf("Update() = %v", err)
				}
			}
		})
		wg.Go(func() {
			for range 100 {
				err := s.View(func(tx *store.Tx) error {
					x, _, err := notes.Get(tx, "x")
					y, _, err2 := notes.Get(tx, "y")
					if x.Text != y.Text {
						t.Errorf("x = %v and y = %v in one transaction", x, y)
					}
					return errors.Join(err, err2)
				})
				if err != nil {
					t.Errorf("View() = %v", err)
				}
			}
		})
	}
	wg.Wait()
	if seq, err := s.Seq(); seq != 100 || err != nil {
		t.Errorf("Seq() = %v, %v, want 100", seq, err)
	}
}

func BenchmarkPut(b *testing.B) {
	s := storetest.Open(b)
	for b.Loop() {
		update(b, s, func(tx *store.Tx) error {
			return notes.Put(tx, "a", note{Text: "milk", Tags: []string{"shop"}})
		})
	}
}

// BenchmarkPutMany is a put without its share of the commit.
func BenchmarkPutMany(b *testing.B) {
	s := storetest.Open(b)
	update(b, s, func(tx *store.Tx) error {
		for i := 0; b.Loop(); i++ {
			if err := notes.Put(tx, noteID(fmt.Sprint(i%1000)), note{Text: "milk", Tags: []string{"shop"}}); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkGet(b *testing.B) {
	s := storetest.Open(b)
	update(b, s, func(tx *store.Tx) error {
		for i := range 1000 {
			if err := notes.Put(tx, noteID(fmt.Sprint(i)), note{Text: "milk", Tags: []string{"shop"}}); err != nil {
				return err
			}
		}
		return nil
	})
	for b.Loop() {
		view(b, s, func(tx *store.Tx) error {
			_, _, err := notes.Get(tx, "500")
			return err
		})
	}
}

func view(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.View(fn); err != nil {
		t.Fatalf("View() = %v", err)
	}
}

func update(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatalf("Update() = %v", err)
	}
}
