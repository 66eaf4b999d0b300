package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFlatSaysWhoHasGrown(t *testing.T) {
	first := map[string]sample{"gateway": {60, 40, 120}, "node": {50, 30, 100}, "holder": {20, 10, 20}}
	for _, c := range []struct {
		name string
		last sample // of the holder
		want []string
	}{
		{"as it was", sample{20, 10, 20}, nil},
		{"a collector's moment", sample{31, 20, 50}, nil},
		{"memory", sample{40, 10, 20}, []string{"holder has grown"}},
		{"descriptors", sample{20, 40, 20}, []string{"40 descriptors"}},
		{"goroutines", sample{20, 10, 300}, []string{"300 goroutines"}},
		{"all", sample{400, 400, 400}, []string{"grown", "descriptors", "goroutines"}},
	} {
		last := map[string]sample{"gateway": first["gateway"], "node": first["node"], "holder": c.last}
		err := flat(first, last)
		if (err != nil) != (c.want != nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, text := range c.want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q in it", c.name, err, text)
			}
		}
		if said := verdict(20, time.Minute, first, last, err); strings.Contains(said, "NOT FLAT") != (err != nil) {
			t.Errorf("%s: the verdict is\n%s", c.name, said)
		}
	}
}

func TestFiguresAreReadFromALog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "a.log")
	if all, err := told(log); err != nil || len(all) != 0 {
		t.Errorf("of no log: %v, %v, want none", all, err)
	}
	const text = "12:00:00 INFO figures times=1 goroutines=17 heap_bytes=1\nother goroutines=3\n12:00:01 INFO figures times=2 goroutines=19 heap_bytes=1\n"
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := told(log); err != nil || strings.Join(all, " ") != "17 19" {
		t.Errorf("told %v, %v, want 17 and 19", all, err)
	}
}
