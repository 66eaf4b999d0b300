package arch

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// topLevel finds folders at the root that nobody decided on.
func topLevel(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	var seen []string
	for _, p := range t.Paths {
		top, _, nested := strings.Cut(p, "/")
		if nested && !slices.Contains(seen, top) && !slices.Contains(topFolders, top) {
			seen = append(seen, top)
			out = append(out, Violation{top, "is not one of the folders at the root"})
		}
	}
	return out, nil
}

// trace matches what tells of one machine: package registries and mirrors, and
// folders of somebody's account.
var trace = regexp.MustCompile(`(?i)registry\.npmjs|registry\.yarnpkg|npmmirror|proxy\.golang|goproxy\.|sum\.golang|` +
	`/root/[a-z.]|/work/[a-z]|_authToken`)

// traces finds what works on one machine only. Its own folder has to name what
// it looks for.
func traces(_ context.Context, t *Tree) ([]Violation, error) {
	var out []Violation
	for _, p := range t.Paths {
		if strings.HasPrefix(p, "internal/arch/") {
			continue
		}
		src, err := t.read(p)
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(src, 0) >= 0 {
			continue // not text
		}
		for i, line := range bytes.Split(src, []byte("\n")) {
			if m := trace.Find(line); m != nil {
				out = append(out, Violation{fmt.Sprintf("%s:%d", p, i+1), fmt.Sprintf("%q tells of one machine", m)})
			}
		}
	}
	return out, nil
}
