package holder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"homie/wire"
	"homie/wire/terminal"
)

// disk opens files as the account that sessions run as, which is this process's
// own. It is all that would have to be elsewhere for them to be opened by
// another process.
type disk struct {
	account account
}

// list says what is in a folder. Names that are no text can't be asked for, and
// are left out.
func (d disk) list(dir string) (terminal.Folder, error) {
	out := terminal.Folder{Dir: dir, Account: d.account.name, Home: d.account.home, Entries: []terminal.FolderEntry{}}
	f, err := os.Open(dir)
	if err != nil {
		return out, fileError(err, dir)
	}
	defer f.Close()
	names, err := f.Readdirnames(terminal.MaxEntries + 1)
	if len(names) == 0 {
		if errors.Is(err, fs.ErrPermission) {
			return out, fileError(err, dir)
		}
		return out, nil
	}
	if len(names) > terminal.MaxEntries {
		names, out.More = names[:terminal.MaxEntries], true
	}
	slices.Sort(names)
	for _, name := range names {
		if !utf8.ValidString(name) {
			out.More = true
			continue
		}
		out.Entries = append(out.Entries, entry(dir, name))
	}
	return out, nil
}

func entry(dir, name string) terminal.FolderEntry {
	e := terminal.FolderEntry{Name: name, Kind: terminal.OtherKind}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return e // a link to nothing, or it is gone
	}
	e.ModifiedAt = info.ModTime().UTC()
	switch {
	case info.IsDir():
		e.Kind = terminal.FolderKind
	case info.Mode().IsRegular():
		e.Kind, e.Size = terminal.RegularFile, info.Size()
	}
	return e
}

// read opens a regular file. It does not wait, whatever is there.
func (d disk) read(path string) (*os.File, terminal.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, terminal.FileInfo{}, fileError(err, path)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(info, path)
	}
	if err != nil {
		f.Close()
		return nil, terminal.FileInfo{}, err
	}
	return f, terminal.FileInfo{
		Name: filepath.Base(path), Path: path, Size: info.Size(), ModifiedAt: info.ModTime().UTC(), Version: version(info),
	}, nil
}

// version names a file's content without reading it.
func version(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x%s", info.Size(), info.ModTime().UnixNano(), strings.ReplaceAll(inode(info), " ", "-"))
}

func notRegular(info fs.FileInfo, path string) error {
	if info.IsDir() {
		return wire.Errorf(wire.InvalidParams, "%s is a folder. Pack it into one file first, for example with: tar czf folder.tgz %s", path, filepath.Base(path))
	}
	return wire.Errorf(wire.InvalidParams, "%s is no file but a device, a pipe or the like, which can't be downloaded", path)
}

// folder opens a folder to write into.
func (d disk) folder(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err == nil {
		return root, nil
	}
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return nil, wire.Errorf(wire.InvalidParams, "%s is not a folder", dir).Because(err)
	}
	return nil, fileError(err, dir)
}

// fileError has words for what keeps a file from being opened or written.
func fileError(err error, path string) error {
	var reason wire.Reason
	var text string
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason, text = wire.NotFound, "there is no %s on this machine"
	case errors.Is(err, fs.ErrPermission):
		reason, text = wire.Forbidden, "this account may not open %s"
	case isOverQuota(err):
		reason, text = wire.Conflict, "this account has used up its share of the disk with %s. Free some space, then try again: it goes on where it stopped"
	case isFull(err):
		reason, text = wire.Conflict, "the disk with %s is full. Free some space, then try again: it goes on where it stopped"
	case isReadOnly(err):
		reason, text = wire.Conflict, "nothing can be written to %s: it is on a disk that is read-only"
	case isTooLarge(err):
		reason, text = wire.TooLarge, "files as large as this do not fit on the disk with %s"
	case isNoFile(err):
		reason, text = wire.InvalidParams, "%s is no file or folder that can be opened"
	default:
		reason, text = wire.Unavailable, "%s can't be read or written at the moment"
	}
	return wire.Errorf(reason, text, path).Because(err)
}
