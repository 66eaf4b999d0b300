package vt

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestBudget holds snapshots to what they may take.
func TestBudget(t *testing.T) {
	v := New(120, 40, 10_000)
	_, _ = v.Write(mixed(2 << 20))
	least := len(v.Snapshot(1).Data)
	if s := v.Snapshot(1); s.Lines != 0 {
		t.Errorf("%d lines of history in a snapshot that has no room", s.Lines)
	}
	for _, budget := range []int{least + 5_000, 20_000, DefaultBudget, 200_000, MaxSnapshot} {
		s := v.Snapshot(budget)
		if len(s.Data) > budget {
			t.Errorf("Snapshot(%d) takes %d bytes", budget, len(s.Data))
		}
		if s.First+int64(s.Lines) != v.history.end() {
			t.Errorf("Snapshot(%d) has lines %d to %d, want the last before %d", budget, s.First, s.First+int64(s.Lines), v.history.end())
		}
		if all := v.history.n; s.Lines < all && len(s.Data) < budget*2/3 {
			t.Errorf("Snapshot(%d) takes %d bytes with %d of %d lines", budget, len(s.Data), s.Lines, all)
		}
	}
}

// TestPlain makes a screen whose colours do not fit into a snapshot.
func TestPlain(t *testing.T) {
	v := New(500, 200, 0)
	var b bytes.Buffer
	for i := range 500 * 200 {
		fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dm\x1b[48;2;%d;%d;%dmx", i%251, i%241, i%239, i%233, i%229, i%227)
	}
	_, _ = v.Write(b.Bytes())
	s := v.Snapshot(0)
	if len(s.Data) > MaxSnapshot || !s.Plain {
		t.Fatalf("snapshot of %d bytes, plain %v", len(s.Data), s.Plain)
	}
	r := New(500, 200, 0)
	_, _ = r.Write(s.Data)
	if got, want := r.Screen(), v.Screen(); !slices.Equal(got, want) {
		t.Errorf("its first row is %q, want %q", got[0], want[0])
	}
}

// TestOwnSnapshot gives a snapshot to this package instead of xterm.js, and
// takes another.
func TestOwnSnapshot(t *testing.T) {
	for seed := range uint64(200) {
		b := newBabbler(seed, 30, 8)
		v := New(b.cols, b.rows, 200)
		_, _ = v.Write(b.stream(100))
		if excluded(v) != "" {
			continue
		}
		s := v.Snapshot(0)
		r := New(b.cols, b.rows, 200)
		_, _ = r.Write(s.Data)
		if d := differ(dump(v, s.Lines), dump(r, s.Lines)); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

func BenchmarkResize(b *testing.B) {
	t := New(120, 40, 10_000)
	_, _ = t.Write(mixed(2 << 20))
	b.ReportAllocs()
	for b.Loop() {
		t.Resize(100, 40)
		t.Resize(120, 40)
	}
}

func BenchmarkFind(b *testing.B) {
	t := New(120, 40, 10_000)
	_, _ = t.Write(asciiLines(1 << 20))
	for b.Loop() {
		t.Find(Query{Text: "not there"})
	}
}

func BenchmarkRestore(b *testing.B) {
	t := New(120, 40, 10_000)
	_, _ = t.Write(mixed(2 << 20))
	for b.Loop() {
		if _, err := Restore(t.Encode()); err != nil {
			b.Fatal(err)
		}
	}
}
