package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// module is the prefix of import paths in this repository.
const module = "homie/"

// source finds comments and constants in the repository's Go files.
type source struct {
	root     string
	packages map[string]*packageSource // by import path
}

type packageSource struct {
	types  map[string]string   // type → doc
	fields map[string]string   // Type.Field → doc or line comment
	funcs  map[string]string   // Type.method → doc
	consts map[string][]string // string type → its constants' values, in order
}

func newSource(root string) *source {
	return &source{root: root, packages: map[string]*packageSource{}}
}

func (s *source) load(path string) (*packageSource, error) {
	if p := s.packages[path]; p != nil {
		return p, nil
	}
	dir := filepath.Join(s.root, strings.TrimPrefix(path, module))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
	}
	p := &packageSource{types: map[string]string{}, fields: map[string]string{}, funcs: map[string]string{}, consts: map[string][]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.read(f)
	}
	s.packages[path] = p
	return p, nil
}

func (p *packageSource) read(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p.funcs[receiver(d)+d.Name.Name] = d.Doc.Text()
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					p.readType(spec, d)
				case *ast.ValueSpec:
					p.readConst(spec)
				}
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

func (p *packageSource) readType(spec *ast.TypeSpec, d *ast.GenDecl) {
	doc := spec.Doc.Text()
	if doc == "" {
		doc = d.Doc.Text()
	}
	p.types[spec.Name.Name] = doc
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		text := f.Doc.Text()
		if text == "" {
			text = f.Comment.Text()
		}
		for _, n := range f.Names {
			p.fields[spec.Name.Name+"."+n.Name] = text
		}
	}
}

func (p *packageSource) readConst(spec *ast.ValueSpec) {
	id, ok := spec.Type.(*ast.Ident)
	if !ok {
		return
	}
	for _, v := range spec.Values {
		if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				p.consts[id.Name] = append(p.consts[id.Name], text)
			}
		}
	}
}

// typeDoc returns the comment of a named type, "" if it has none.
func (s *source) typeDoc(t reflect.Type) (string, error) {
	p, err := s.load(t.PkgPath())
	if err != nil {
		return "", err
	}
	return oneLine(p.types[t.Name()]), nil
}

func (s *source) fieldDoc(t reflect.Type, field string) (string, error) {
	p, err := s.load(t.PkgPath())
	if err != nil {
		return "", err
	}
	return oneLine(p.fields[t.Name()+"."+field]), nil
}

// values returns the constants of a string type, in the order of the source.
func (s *source) values(t reflect.Type) ([]string, error) {
	p, err := s.load(t.PkgPath())
	if err != nil {
		return nil, err
	}
	return p.consts[t.Name()], nil
}

// handlerDoc returns the comment of the method value h, such as
// "homie/gateway/rooms.(*Service).send-fm".
func (s *source) handlerDoc(h any) (string, error) {
	full := strings.TrimSuffix(runtime.FuncForPC(reflect.ValueOf(h).Pointer()).Name(), "-fm")
	slash := strings.LastIndex(full, "/")
	pkg, name, ok := strings.Cut(full[slash+1:], ".")
	if !ok {
		return "", fmt.Errorf("handler %q has no package", full)
	}
	p, err := s.load(full[:slash+1] + pkg)
	if err != nil {
		return "", err
	}
	key := strings.NewReplacer("(*", "", ")", "").Replace(name)
	doc, ok := p.funcs[key]
	if !ok || strings.TrimSpace(doc) == "" {
		return "", fmt.Errorf("%s has no comment; it is the public documentation of its method", full)
	}
	_, rest, _ := strings.Cut(oneLine(doc), " ") // the function's own name is of no use to a caller
	return strings.ToUpper(rest[:1]) + rest[1:], nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
