package arch

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// methodName is how methods and topics are called: a prefix and words.
var methodName = regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)

// declarers are the functions of package rpc, and the types of package wire,
// that declare a method or topic.
var declarers = map[string][]string{
	"rpc":  {"Call", "StreamCall", "Event"},
	"wire": {"Method", "Topic"},
}

// literal is a string constant in the source.
type literal struct {
	value string
	place string
	dir   string
}

// methods finds names of methods and topics that stand in more than one place,
// are declared outside of the folder of their prefix, or are not names. What is
// found by its name must be found in one place.
func methods(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	var declared, all []literal
	for _, f := range t.Go {
		if !f.Test && !f.Generated {
			declared = append(declared, t.declarations(f)...)
			all = append(all, t.literals(f)...)
		}
	}
	first := map[string]string{} // name → where it stands
	for _, d := range declared {
		if !methodName.MatchString(d.value) {
			out = append(out, Violation{d.place, fmt.Sprintf("%q is not a literal method name", d.value)})
			continue
		}
		if _, ok := first[d.value]; !ok {
			first[d.value] = d.place
		}
		if homes := homesOf(d.value); !slices.ContainsFunc(homes, func(h string) bool { return match(h+"/...", d.dir, "") }) {
			out = append(out, Violation{d.place, d.value + " is declared outside of " + strings.Join(homes, " and ")})
		}
	}
	for _, l := range all {
		home, known := first[l.value]
		switch {
		case known && home != l.place:
			out = append(out, Violation{l.place, l.value + " stands at " + home + " too"})
		case known || !strings.HasPrefix(l.value, "rpc.") || !methodName.MatchString(l.value):
		case l.dir != "rpc": // which serves its own methods, some without a declaration
			out = append(out, Violation{l.place, l.value + " stands outside of rpc"})
		default:
			first[l.value] = l.place
		}
	}
	return out, nil
}

// homesOf are the folders where a method may be declared.
func homesOf(name string) []string {
	prefix, _, _ := strings.Cut(name, ".")
	if h, ok := homes[prefix]; ok {
		return h
	}
	return []string{"gateway/" + prefix, "wire/" + prefix}
}

// declarations are the names that f declares. A name that is not written as a
// literal is returned as its source text.
func (t *Tree) declarations(f *File) (out []literal) {
	add := func(e ast.Expr) {
		l := literal{value: exprText(e), place: t.at(e), dir: f.Dir}
		if s, ok := stringValue(e); ok {
			l.value = s
		}
		out = append(out, l)
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if declares(n.Fun, "rpc") && len(n.Args) > 0 {
				add(n.Args[0])
			}
		case *ast.CompositeLit:
			if !declares(n.Type, "wire") {
				break
			}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && exprText(kv.Key) == "Name" {
					add(kv.Value)
				}
			}
		}
		return true
	})
	return out
}

// declares says whether e names a declarer of the package, with type arguments
// or without.
func declares(e ast.Expr, pkg string) bool {
	switch x := e.(type) {
	case *ast.IndexExpr:
		e = x.X
	case *ast.IndexListExpr:
		e = x.X
	}
	sel, ok := e.(*ast.SelectorExpr)
	return ok && exprText(sel.X) == pkg && slices.Contains(declarers[pkg], sel.Sel.Name)
}

// literals are the strings in f, other than import paths and struct tags.
func (t *Tree) literals(f *File) (out []literal) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if s, ok := stringValue(n); ok {
				out = append(out, literal{s, t.at(n), f.Dir})
			}
		}
		return true
	})
	return out
}

func stringValue(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// exprText is the text of an identifier or a selection, "" of anything else.
func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	}
	return ""
}
