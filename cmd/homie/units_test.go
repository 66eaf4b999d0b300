package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The units in docs/systemd are examples that somebody copies: what they start must
// be there, and so must what they keep closed.
func TestUnits(t *testing.T) {
	units, err := filepath.Glob("../../docs/systemd/*.service")
	if err != nil || len(units) == 0 {
		t.Fatalf("units: %v, %v", units, err)
	}
	for _, path := range units {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, unit := filepath.Base(path), string(text)
		_, line, _ := strings.Cut(unit, "\nExecStart=")
		line, _, _ = strings.Cut(line, "\n")
		words := strings.Fields(line)
		c, rest, ok := find(words[1:])
		if !ok || !strings.HasSuffix(words[0], "/homie") {
			t.Fatalf("%s starts %q", name, line)
		}
		f, _ := c.prepare(noProcess())
		if left, err := parse(f, rest); err != nil || c.check(left) != nil {
			t.Errorf("%s starts %q: %v", name, line, err)
		}
		for _, want := range []string{"StateDirectory=homie\n", "StateDirectoryMode=0700\n", "UMask=0077\n", "LoadCredential=" + authKey.credential + ":"} {
			if !strings.Contains(unit, want) {
				t.Errorf("%s has no %s", name, strings.TrimSpace(want))
			}
		}
		if c.name == "node" && !strings.Contains(unit, "\nKillMode=process\n") {
			t.Errorf("%s ends terminals with the node", name)
		}
		if strings.Contains(unit, "tskey-") || strings.Contains(unit, "Environment=HOMIE_AUTHKEY=") {
			t.Errorf("%s has a key in it, where everybody reads it", name)
		}
	}
}
