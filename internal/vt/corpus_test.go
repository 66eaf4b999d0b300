package vt

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
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

// TestResizeOfRecordings changes the size in the middle of recordings, and
// compares with xterm.js there and after what the program wrote next.
func TestResizeOfRecordings(t *testing.T) {
	x := startXterm(t)
	compared := 0
	for i, r := range recordings(t) {
		v := New(r.cols, r.rows, 1000)
		id := x.newTerm(r.cols, r.rows, 1000)
		rnd := rand.New(rand.NewPCG(uint64(i), 9))
		from := 0
		narrowed := false // while the alternate screen was shown
		state := func() string {
			want, got := x.dump(id, 200), dump(v, 200)
			if narrowed {
				want, got = altRow.ReplaceAllString(want, ""), altRow.ReplaceAllString(got, "")
			}
			return differ(want, got)
		}
		for _, at := range chooseCuts(uint64(i), r.stream, 5) {
			_, _ = v.Write(r.stream[from:at])
			x.write(id, r.stream[from:at])
			from = at
			if d := state(); d != "" && !marksOrHalves(v) {
				t.Errorf("%s at %d: %s", r.name, at, d)
			}
			cols, rows := 20+rnd.IntN(140), 5+rnd.IntN(50)
			v.Resize(cols, rows)
			x.resize(id, cols, rows)
			if marksOrHalves(v) {
				break
			}
			if d := state(); d != "" {
				t.Errorf("%s at %d, then %dx%d: %s", r.name, at, cols, rows, d)
				break
			}
			compared++
			narrowed = narrowed || v.Modes().Alt && cols < r.cols
		}
		x.forget(id)
	}
	t.Logf("%d sizes compared", compared)
}

// altRow is a row of the alternate screen in a dump.
var altRow = regexp.MustCompile(`(?m)^alt [0-9]+ .*\n?`)

// marksOrHalves says whether there is what xterm.js mixes up when it reflows.
func marksOrHalves(v *Terminal) bool { return len(v.clusters) > 0 || halves(v) }
