package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homie/store"
	"homie/store/storetest"
)

// fillEnv makes this test binary the process that fills a store.
const fillEnv = "HOMIE_TEST_FILL"

// A disk that fills up is an error of the write that met it. What was there
// before stays, readable at once and after a restart. The kernel's limit on a
// file's size stands in for the disk's, in a process of its own.
func TestDiskFull(t *testing.T) {
	if path := os.Getenv(fillEnv); path != "" {
		fill(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "homie.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
	cmd.Env = append(os.Environ(), fillEnv+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("filling the store = %v:\n%s", err, out)
	}
	s := storetest.OpenAt(t, path, store.Options{})
	wantFilled(t, s)
}

// fill writes until there is no room, and then checks that nothing is lost.
func fill(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	limit := &syscall.Rlimit{Cur: 512 << 10, Max: 512 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, limit); err != nil {
		t.Fatal(err)
	}
	s := storetest.OpenAt(t, path, store.Options{})
	var err error
	last := -1 // number of the note committed last
	for i := 0; err == nil; i++ {
		if i > 1000 {
			t.Fatal("the store is never full")
		}
		last = i - 1
		err = s.Update(func(tx *store.Tx) error {
			return errors.Join(
				notes.Put(tx, "count", note{Text: fmt.Sprint(i)}),
				notes.Put(tx, noteID(fmt.Sprintf("note-%04d", i)), note{Text: strings.Repeat("x", 10_000)}))
		})
	}
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), path) {
		t.Errorf("Update() on a full disk = %v, want ErrFull that names the file", err)
	}
	wantFilled(t, s)
	// A small write may still find free pages; if not, it changes nothing.
	err = s.Update(func(tx *store.Tx) error { return notes.Put(tx, "count", note{Text: fmt.Sprint(last)}) })
	if err != nil && !errors.Is(err, store.ErrFull) {
		t.Errorf("small Update() on a full disk = %v, want nil or ErrFull", err)
	}
	wantFilled(t, s)
}

// wantFilled checks that there are as many notes as the count, committed with
// the last of them, says.
func wantFilled(t *testing.T, s *store.Store) {
	t.Helper()
	view(t, s, func(tx *store.Tx) error {
		count, _, err := notes.Get(tx, "count")
		n, err2 := notes.Len(tx)
		if got := fmt.Sprint(n - 2); got != count.Text || n < 10 {
			t.Errorf("%d notes, the last is number %s", n-1, count.Text)
		}
		return errors.Join(err, err2)
	})
}
