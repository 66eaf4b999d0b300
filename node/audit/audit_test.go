package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homie/tsidentity"
	"homie/wire"
	wireaudit "homie/wire/audit"
)

var gateway = tsidentity.Caller{Class: tsidentity.ClassGateway, Device: tsidentity.Device{ID: "nGateway"}}

func head(seq uint64) wireaudit.Head {
	return wireaudit.Head{Seq: seq, Hash: fmt.Sprintf("%064x", seq)}
}

// keeper is one in a directory, as a restart of the node makes it.
func keeper(t *testing.T, dir string) *Keeper {
	t.Helper()
	k, err := New(dir, func() string { return "nGateway" })
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOnlyForward(t *testing.T) {
	dir := t.TempDir()
	for _, seq := range []uint64{5, 9, 9, 12} {
		if _, err := keeper(t, dir).keep(t.Context(), gateway, head(seq)); err != nil {
			t.Errorf("keep(%d) = %v", seq, err)
		}
	}
	other := wireaudit.Head{Seq: 12, Hash: strings.Repeat("a", 64)}
	for _, h := range []wireaudit.Head{head(9), head(1), other} {
		if _, err := keeper(t, dir).keep(t.Context(), gateway, h); wire.ReasonOf(err) != wire.Conflict {
			t.Errorf("keep(%+v) after 12 = %v, want a conflict", h, err)
		}
	}
	kept, err := keeper(t, dir).recall(t.Context(), gateway, wire.Nothing{})
	if err != nil || kept.Newest().Head() != head(12) || kept.Refused == nil || kept.Refused.Seq != 9 {
		t.Errorf("recall() = %+v, %v; want 12, and 9 as the first that was refused", kept, err)
	}
}

func TestForItsOwnGateway(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	stranger := tsidentity.Caller{Class: tsidentity.ClassGateway, Device: tsidentity.Device{ID: "nOther"}}
	if _, err := k.keep(t.Context(), stranger, head(1)); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("keep for another gateway = %v", err)
	}
	if _, err := k.recall(t.Context(), stranger, wire.Nothing{}); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("recall for another gateway = %v", err)
	}
	if _, err := k.keep(t.Context(), gateway, head(7)); err != nil {
		t.Fatal(err)
	}
	// The machine was paired anew: the log of before says nothing of this one.
	k.paired = func() string { return "nOther" }
	if got, err := k.keep(t.Context(), stranger, head(1)); err != nil || len(got.Heads) != 1 {
		t.Errorf("keep for the new gateway = %+v, %v", got, err)
	}
}

// A year of heads is a bounded file, and whoever sends many does not push out
// the earlier ones: they are an hour apart.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		k := keeper(t, dir)
		seq := uint64(0)
		for range 400 {
			for range 5 {
				seq++
				if _, err := k.keep(t.Context(), gateway, head(seq)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(50 * time.Minute)
		}
		kept, err := k.recall(t.Context(), gateway, wire.Nothing{})
		if err != nil || len(kept.Heads) != maxHeads {
			t.Fatalf("%d heads are kept, %v, want %d", len(kept.Heads), err, maxHeads)
		}
		for i := 1; i < len(kept.Heads)-1; i++ {
			if d := kept.Heads[i].At.Sub(kept.Heads[i-1].At); d < 50*time.Minute {
				t.Errorf("heads %d and %d are %v apart", i-1, i, d)
			}
		}
		info, err := os.Stat(filepath.Join(dir, "audit-head.json"))
		if err != nil || info.Size() > 32<<10 || info.Mode().Perm() != 0o600 {
			t.Errorf("the file: %v, %v", info, err)
		}
	})
}

func TestDamagedFileIsKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "audit-head.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir, func() string { return "" }); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("New over a damaged file = %v", err)
	}
}
