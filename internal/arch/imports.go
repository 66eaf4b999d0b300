package arch

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// imports finds imports within this module that no edge allows.
func imports(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, f := range t.Go {
		i := slices.IndexFunc(edges, func(e edge) bool { return match(e.from, f.Dir, f.Dir) })
		if i < 0 {
			out = append(out, Violation{f.Path, "no rule says what package " + f.Dir + " may import"})
			continue
		}
		allow := edges[i].allow
		if f.Test {
			allow = slices.Concat(allow, edges[i].tests, testsMayAlso)
		}
		for _, spec := range f.AST.Imports {
			to, ours := strings.CutPrefix(importPath(spec.Path.Value), Module+"/")
			if ours && to != f.Dir && !matchAny(allow, to, f.Dir) {
				out = append(out, Violation{t.at(spec), f.Dir + " must not import " + to})
			}
		}
	}
	return out, nil
}

// foreign finds imports that are kept to a few packages, and those of packages
// that make do with the standard library.
func foreign(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, f := range t.Go {
		for _, spec := range f.AST.Imports {
			to := importPath(spec.Path.Value)
			for _, k := range keepers {
				allowed := matchAny(k.may, f.Dir, f.Dir) || (k.tests && f.Test)
				if match(k.path, to, f.Dir) && !allowed {
					out = append(out, Violation{t.at(spec), to + " is kept to " + strings.Join(k.may, ", ")})
				}
			}
			if !f.Test && matchAny(standardOnly, f.Dir, f.Dir) && !standard(to) && !strings.HasPrefix(to, Module+"/") {
				out = append(out, Violation{t.at(spec), f.Dir + " imports the standard library only, not " + to})
			}
		}
	}
	return out, nil
}

// linked finds what must not be in the product's binary, by asking the go
// command for everything it contains.
func linked(ctx context.Context, t *Tree) ([]Violation, error) {
	deps, err := goCommand(ctx, t.Root, "list", "-deps", "./"+product)
	if err != nil {
		return nil, err
	}
	var out []Violation
	for _, dep := range strings.Fields(deps) {
		if matchAny(notLinked, dep, "") {
			out = append(out, Violation{product, "links " + dep})
		}
	}
	return out, nil
}

// pins finds modules whose version is not the one that is known to work.
func pins(ctx context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for module, want := range pinned {
		got, err := goCommand(ctx, t.Root, "list", "-m", "-f", "{{.Version}}", module)
		if err != nil {
			return nil, err
		}
		if got := strings.TrimSpace(got); got != want {
			out = append(out, Violation{"go.mod", fmt.Sprintf("%s is at %s, pinned is %s", module, got, want)})
		}
	}
	return out, nil
}

func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out), nil
}

// match says whether the path p matches the pattern, as edge explains them, for
// an importing package self.
func match(pattern, p, self string) bool {
	elems := strings.SplitN(self, "/", 3)
	pattern = strings.ReplaceAll(pattern, "{self}", strings.Join(elems[:min(2, len(elems))], "/"))
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return p == base || strings.HasPrefix(p, base+"/")
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

func matchAny(patterns []string, p, self string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, p, self) })
}

// standard says whether an import path is of the standard library: those have
// no dot in their first element, and this module's name is known.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first != Module && !strings.Contains(first, ".")
}

func importPath(literal string) string { return strings.Trim(literal, "\"`") }
