package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"homie/gateway"
	"homie/rpc"
	"homie/wire"
)

const root = "../.."

// What is committed is what the source says.
func TestNoDrift(t *testing.T) {
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is out of date (%v): run make gen", name, err)
		}
	}
	seeds, err := filepath.Glob(filepath.Join(root, "gateway/testdata/fuzz/FuzzCall/*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range seeds {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := files[filepath.ToSlash(rel)]; !ok {
			t.Errorf("%s is the seed of a method that is gone", rel)
		}
	}
}

// Each type on the wire has a name of its own in generated code.
func TestNamesAreUnique(t *testing.T) {
	r, err := rpc.NewRegistry(rpc.Options{}, gateway.API()...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newModel(r, newSource(root))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, n := range m.types {
		if seen[n.name] {
			t.Errorf("two types are called %s", n.name)
		}
		seen[n.name] = true
	}
}

func TestTypeScriptKeepsTheMeaning(t *testing.T) {
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	ts := string(files["webui/src/gen/api.ts"])
	for _, want := range []string{
		"  person: Person | null;",       // a pointer may be null
		"  exitCode: number | null;",     // likewise
		"  needs?: Needs;",               // omitzero may be absent
		"  tags: string[];",              // a list is never null
		"  startedAt: string;",           // times are RFC 3339
		"\"terminal.session.attach\": {", // streams have a table of their own
		"  | " + `"` + string(wire.RateLimited) + `"`,
	} {
		if !strings.Contains(ts, want) {
			t.Errorf("api.ts lacks %q", want)
		}
	}
}
