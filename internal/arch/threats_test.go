package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreats finds each test that docs/security.md names: a threat whose test is
// gone is one that nobody looks after.
func TestThreats(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := testsIn(root)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "|") || len(cells) != 3 || strings.HasPrefix(line, "|---") || cells[2] == "test" {
			continue
		}
		names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+|[a-z-]+\\.test\\.mjs)`").FindAllStringSubmatch(cells[2], -1)
		for _, name := range names {
			rows++
			if !there[name[1]] {
				t.Errorf("%s: there is no %s", cells[0], name[1])
			}
		}
	}
	if rows < 40 {
		t.Errorf("docs/security.md names %d tests; is its table still one?", rows)
	}
}

// testsIn returns the names of all Go tests below a folder, and of the files of
// browser tests.
func testsIn(root string) (map[string]bool, error) {
	found := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git" || e.Name() == "dist"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".test.mjs"):
			found[e.Name()] = true
		case strings.HasSuffix(path, "_test.go"):
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllSubmatch(b, -1) {
				found[string(m[1])] = true
			}
		}
		return nil
	})
	return found, err
}
