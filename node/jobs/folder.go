package jobs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tailscale.com/atomicfile"

	"homie/wire"
	"homie/wire/jobs"
)

// suffix is what the name of a job's file ends with.
const suffix = ".toml"

// folder has the files of jobs. A file that is no job says why and stands in
// nobody's way.
type folder struct {
	path string

	mu    sync.Mutex
	known map[jobs.ID]entry
}

// entry is one file.
type entry struct {
	def *definition
	err error // why it is none; of type problems if the text is wrong

	size    int64
	changed time.Time
}

func newFolder(path string) *folder { return &folder{path: path, known: map[jobs.ID]entry{}} }

// all returns every file, as last seen.
func (f *folder) all() map[jobs.ID]entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.known)
}

// get returns one file, as last seen.
func (f *folder) get(id jobs.ID) (entry, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.known[id]
	return e, ok
}

// look reads what has changed, and returns which jobs that are.
func (f *folder) look() (changed []jobs.ID) {
	entries, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // it is told when somebody defines a job
	}
	unsafe := f.judge()
	f.mu.Lock()
	defer f.mu.Unlock()
	there := map[jobs.ID]bool{}
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), suffix)
		if !is || strings.HasPrefix(name, ".") || len(there) >= jobs.MaxJobs {
			continue
		}
		id := jobs.ID(jobs.Plain(name))
		there[id] = true
		if f.seeLocked(id, e, unsafe) {
			changed = append(changed, id)
		}
	}
	for id := range f.known {
		if !there[id] {
			delete(f.known, id)
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}

// seeLocked reads one file if it is another one than before.
func (f *folder) seeLocked(id jobs.ID, e fs.DirEntry, unsafe error) (changed bool) {
	old, known := f.known[id]
	info, err := e.Info()
	if err != nil {
		return false // it has just gone
	}
	if known && old.size == info.Size() && old.changed.Equal(info.ModTime()) && unsafe == nil {
		return false
	}
	now := entry{size: info.Size(), changed: info.ModTime()}
	switch {
	case unsafe != nil:
		now.err = unsafe
	case !id.Valid():
		now.err = errors.New("the file's name is no name of a job: one has lower-case letters, digits, - and _, and begins with a letter or digit")
	default:
		var text []byte
		if text, now.err = readOwn(filepath.Join(f.path, e.Name())); now.err == nil {
			now.def, now.err = parse(id, text)
		}
	}
	f.known[id] = now
	return !known || unsafe == nil || old.err == nil || old.err.Error() != unsafe.Error()
}

// judge says why nothing of the folder counts: others may write there, and what
// stands there runs.
func (f *folder) judge() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return nil //nolint:nilerr // where there is no folder there is no job
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", f.path)
	}
	return onlyOurs(f.path, info)
}

// readOwn reads a file that nobody else may write.
func readOwn(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("it can't be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	if err := onlyOurs(path, info); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("it can't be read: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, jobs.MaxText+1))
	if err != nil {
		return nil, fmt.Errorf("it can't be read: %w", err)
	}
	if len(text) > jobs.MaxText {
		return nil, fmt.Errorf("it has over %d bytes", jobs.MaxText)
	}
	return text, nil
}

// read returns the text of a job's file.
func (f *folder) read(id jobs.ID) (string, error) {
	text, err := os.ReadFile(f.file(id))
	if errors.Is(err, fs.ErrNotExist) {
		return "", noJob(id)
	}
	if err != nil {
		return "", fmt.Errorf("reading the file of a job: %w", err)
	}
	if len(text) > jobs.MaxText {
		return "", wire.Errorf(wire.TooLarge, "The file of %s has over %d bytes.", id, jobs.MaxText)
	}
	return strings.ToValidUTF8(string(text), "\ufffd"), nil
}

// write replaces the file of a job as a whole.
func (f *folder) write(id jobs.ID, text string) error {
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return cantKeep(err)
	}
	if err := f.judge(); err != nil {
		return wire.Errorf(wire.Conflict, "Nothing was changed: %v.", err)
	}
	f.mu.Lock()
	_, there := f.known[id]
	full := !there && len(f.known) >= jobs.MaxJobs
	f.mu.Unlock()
	if full {
		return wire.Errorf(wire.Busy, "There are %d jobs already, the limit. Remove one first.", jobs.MaxJobs)
	}
	if err := atomicfile.WriteFile(f.file(id), []byte(text), 0o600); err != nil {
		return cantKeep(err)
	}
	return nil
}

// remove deletes the file of a job.
func (f *folder) remove(id jobs.ID) error {
	err := os.Remove(f.file(id))
	if errors.Is(err, fs.ErrNotExist) {
		return noJob(id)
	}
	if err != nil {
		return cantKeep(err)
	}
	return nil
}

func (f *folder) file(id jobs.ID) string { return filepath.Join(f.path, string(id)+suffix) }

func noJob(id jobs.ID) error {
	return wire.Errorf(wire.NotFound, "This machine has no job %q; it may have been removed meanwhile.", id)
}

// cantKeep is an error of this machine's disk, for people.
func cantKeep(err error) error {
	return wire.Errorf(wire.Unavailable, "This machine could not keep it, so nothing was changed: %v.", reasonOf(err)).Because(err)
}
