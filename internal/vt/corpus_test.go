package vt

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A recording is what a program wrote, see testdata/record.py.
type recording struct {
	name       string
	cols, rows int
	stream     []byte
}

func recordings(t testing.TB) []recording {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.gz")
	if err != nil || len(paths) < 26 {
		t.Fatalf("%d recordings, want at least 26 (%v)", len(paths), err)
	}
	var all []recording
	for _, path := range paths {
		f, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(f))
		if err != nil {
			t.Fatal(err)
		}
		r := recording{name: strings.TrimSuffix(filepath.Base(path), ".gz")}
		if r.stream, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
		size := r.name[strings.LastIndex(r.name, "-")+1:]
		if _, err := fmt.Sscanf(size, "%dx%d", &r.cols, &r.rows); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, r)
	}
	return all
}

// chooseCuts gives n offsets of stream: a third anywhere, a third inside of
// sequences, a third inside of characters.
func chooseCuts(seed uint64, stream []byte, n int) []int {
	r := rand.New(rand.NewPCG(seed, 5))
	cuts := []int{len(stream)}
	for len(cuts) < n {
		at := r.IntN(len(stream))
		switch len(cuts) % 3 {
		case 1:
			if i := bytes.IndexByte(stream[at:], 0x1b); i >= 0 {
				at = min(len(stream), at+i+1+r.IntN(8))
			}
		case 2:
			i := bytes.IndexFunc(stream[at:], func(c rune) bool { return c >= 0x80 })
			if i >= 0 {
				at = min(len(stream), at+i+1+r.IntN(3))
			}
		}
		cuts = append(cuts, at)
	}
	slices.Sort(cuts)
	return cuts
}

// TestCutsOfRecordings compares this package, and what its snapshots make of
// xterm.js, with an xterm.js that saw everything: at the cut, and after what
// comes next.
func TestCutsOfRecordings(t *testing.T) {
	c := &cutter{x: startXterm(t), scrollback: 1000, own: true}
	for i, r := range recordings(t) {
		c.cols, c.rows = r.cols, r.rows
		if d := c.check(r.stream, chooseCuts(uint64(i), r.stream, 24), 60_000); d != "" {
			t.Errorf("%s: %s", r.name, d)
		}
	}
	slices.Sort(c.sizes)
	t.Logf("%d cuts, not made: %v; snapshots p50 %d, p99 %d, most %d bytes", c.cuts, c.excluded,
		c.sizes[len(c.sizes)/2], c.sizes[len(c.sizes)*99/100], c.sizes[len(c.sizes)-1])
	if c.cuts < 1000 {
		t.Errorf("%d cuts, want at least 1000", c.cuts)
	}
	if p99 := c.sizes[len(c.sizes)*99/100]; p99 > DefaultBudget {
		t.Errorf("p99 of snapshots is %d bytes, want at most %d", p99, DefaultBudget)
	}
}
