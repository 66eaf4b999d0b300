package holder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"homie/wire/terminal"
)

// maxCopies is how many files of one name a folder may have.
const maxCopies = 1000

// settle gives the part its name, or the next one that is free, and returns it.
// It never puts it in the place of another file.
func settle(root *os.Root, part, wanted string) (string, error) {
	for n := range maxCopies {
		name := numbered(wanted, n)
		err := putInPlace(root, part, name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%d files are called %s", maxCopies, wanted)
}

// putInPlace fails with ErrExist if there is something of that name. Where the
// file system has no links, an empty file holds the place first.
func putInPlace(root *os.Root, part, name string) error {
	err := root.Link(part, name)
	if err == nil {
		return root.Remove(part)
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	empty, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	empty.Close()
	if err := root.Rename(part, name); err != nil {
		return errors.Join(err, root.Remove(name))
	}
	return nil
}

// numbered is a name with a number before what it ends in: "a (1).txt". 0 is
// the name itself.
func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	ext := path.Ext(name)
	if ext == name || len(ext) > 16 {
		ext = "" // all of .bashrc is its name
	}
	base := strings.TrimSuffix(name, ext)
	if strings.HasSuffix(base, ".tar") {
		base, ext = strings.TrimSuffix(base, ".tar"), ".tar"+ext
	}
	number := fmt.Sprintf(" (%d)", n)
	for len(base)+len(number)+len(ext) > terminal.MaxFileName {
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return base + number + ext
}

// Bounds of looking for parts that nobody goes on with.
const (
	partLife = 24 * time.Hour
	maxSwept = 10_000 // names
)

// sweep removes what is left in u's folder of files that were never sent whole.
func (f *files) sweep(u *upload) {
	dir, err := u.root.Open(".")
	if err != nil {
		return // it may be written but not read
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxSwept) // what it can't list stays
	for _, name := range names {
		id, ok := strings.CutPrefix(name, terminal.PartPrefix)
		if !ok || !strings.HasSuffix(id, terminal.PartSuffix) || f.isMoving(u.dir+"/"+name) {
			continue
		}
		info, err := u.root.Lstat(name)
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > partLife {
			_ = u.root.Remove(name) // the next one tries again
		}
	}
}

func (f *files) isMoving(part string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.uploads[path.Clean(part)] != nil
}
