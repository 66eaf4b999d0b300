package arch

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// docs finds packages of which no file says what they are.
func docs(_ context.Context, t *Tree) ([]Violation, error) {
	documented := map[string]bool{}
	for _, f := range t.Go {
		doc := f.AST.Doc.Text() != ""
		documented[f.Dir] = documented[f.Dir] || doc
	}
	var out []Violation
	for dir, ok := range documented {
		if !ok {
			out = append(out, Violation{dir, "package without a doc comment"})
		}
	}
	return out, nil
}

// source are the endings of files that people write and read.
var source = []string{".go", ".ts", ".tsx", ".js", ".mjs", ".css", ".sh"}

// size finds files and functions that are too long to be read at once. Tables
// of tests may make a test function long.
func size(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, p := range t.Paths {
		if !slices.Contains(source, path.Ext(p)) || strings.Contains(p, "/testdata/") {
			continue
		}
		src, err := t.read(p)
		if err != nil {
			return nil, err
		}
		if n := bytes.Count(src, []byte("\n")); n > maxFile && !generated(src) {
			out = append(out, Violation{p, fmt.Sprintf("%d lines, the limit is %d", n, maxFile)})
		}
	}
	for _, f := range t.Go {
		if f.Test || f.Generated {
			continue
		}
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := t.fset.Position(fn.End()).Line - t.fset.Position(fn.Pos()).Line + 1
			if n > maxFunction {
				out = append(out, Violation{t.at(fn), fmt.Sprintf("function %s has %d lines, the limit is %d", fn.Name.Name, n, maxFunction)})
			}
		}
	}
	return out, nil
}

// generated says whether a file of any language has Go's mark of generated code
// in its first lines.
func generated(src []byte) bool {
	head := src[:min(len(src), 300)]
	return bytes.Contains(head, []byte("Code generated")) && bytes.Contains(head, []byte("DO NOT EDIT"))
}

// inits finds functions that run before main.
func inits(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, f := range t.Go {
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, Violation{t.at(fn), "init function; do it where it can fail and be seen"})
			}
		}
	}
	return out, nil
}

// skips finds tests that leave themselves out without a word.
func skips(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, f := range t.Go {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !f.Test || len(call.Args) > 0 {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				out = append(out, Violation{t.at(call), "test skipped without a reason"})
			}
			return true
		})
	}
	return out, nil
}
