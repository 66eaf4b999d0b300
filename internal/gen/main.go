// Command gen writes everything that follows from the table of methods: the
// TypeScript types and the map of methods, the OpenRPC document with its JSON
// Schemas, the protocol page, the Go client of the command line, and a fuzz
// seed for each method.
//
//	gateway.API() ── reflection ──> types ──┬─> webui/src/gen/api.ts
//	source files ── comments, constants ────┤   gateway/openrpc.json
//	                                        │   docs/protocol.md
//	                                        │   cmd/homie/internal/api/api.go
//	                                        └─> gateway/testdata/fuzz/FuzzCall/*
//
// It runs in the repository's root. Its output is committed; a check fails when
// it differs from what the source says.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"homie/gateway"
	"homie/rpc"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := write(filepath.Join(root, name), data); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the content of every generated file by its path below root.
func generate(root string) (map[string][]byte, error) {
	registry, err := rpc.NewRegistry(rpc.Options{}, gateway.API()...)
	if err != nil {
		return nil, err
	}
	src := newSource(root)
	model, err := newModel(registry, src)
	if err != nil {
		return nil, err
	}
	doc, err := openRPC(model)
	if err != nil {
		return nil, err
	}
	client, err := goClient(model)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"webui/src/gen/api.ts":          typeScript(model),
		"gateway/openrpc.json":          doc,
		"docs/protocol.md":              protocolPage(model),
		"cmd/homie/internal/api/api.go": client,
	}
	return files, addSeeds(model, files)
}

// write leaves a file alone that has the right content, so that nothing is
// built anew for no reason.
func write(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
