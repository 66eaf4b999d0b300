// Package arch holds the rules of the house that a machine can check: who may
// import whom, where a method name stands, how long a file may be, what lies in
// the tree.
//
// A rule is a function from a tree to its violations. The tests run each one on
// the repository, where it must find nothing, and on a small tree in testdata
// that breaks it, where it must find exactly that: a rule that can't fail checks
// nothing. The rules are told in docs/architecture.md; a change of one is a
// decision record.
//
// arch looks at source text and at what the go command says. What linters know
// is in .golangci.yml.
package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the path of this module.
const Module = "homie"

// Violation is one place that breaks a rule.
type Violation struct {
	Path string // relative to the tree, with slashes; may end in :line
	Text string
}

func (v Violation) String() string { return v.Path + ": " + v.Text }

// Tree is the source below a folder, read once.
type Tree struct {
	Root  string
	Paths []string // all files, relative, with slashes, sorted
	Go    []*File

	fset *token.FileSet
}

// File is one parsed Go file.
type File struct {
	Path      string
	Dir       string // "." at the root
	Test      bool
	Generated bool
	Lines     int
	AST       *ast.File
}

// skipped folders hold nothing that people wrote.
var skipped = []string{".git", "bin", "node_modules", "dist", "test-results", "playwright-report", "shots"}

// Load reads the tree below root. Folders named testdata are part of Paths, but
// their Go files are not parsed, as the go command does not build them.
func Load(root string) (*Tree, error) {
	t := &Tree{Root: root, fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != root && slices.Contains(skipped, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() == ".git" { // of a worktree: a file that says where its folder is
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		return t.add(filepath.ToSlash(rel))
	})
	return t, err
}

func (t *Tree) add(rel string) error {
	t.Paths = append(t.Paths, rel)
	if !strings.HasSuffix(rel, ".go") || slices.Contains(strings.Split(rel, "/"), "testdata") {
		return nil
	}
	src, err := t.read(rel)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, rel, src, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("parsing: %w", err)
	}
	t.Go = append(t.Go, &File{
		Path: rel, Dir: path.Dir(rel), AST: parsed,
		Test:      strings.HasSuffix(rel, "_test.go"),
		Generated: ast.IsGenerated(parsed),
		Lines:     bytes.Count(src, []byte("\n")),
	})
	return nil
}

func (t *Tree) read(rel string) ([]byte, error) {
	return os.ReadFile(filepath.Join(t.Root, filepath.FromSlash(rel)))
}

// at is the place of a node in its file.
func (t *Tree) at(n ast.Node) string {
	pos := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
}

// sortViolations puts them in the order of their text, for stable output.
func sortViolations(vs []Violation) []Violation {
	slices.SortFunc(vs, func(a, b Violation) int { return strings.Compare(a.String(), b.String()) })
	return vs
}
