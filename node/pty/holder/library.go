package holder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

const (
	// recordingsDir is the folder of a state directory with the recordings.
	recordingsDir = "recordings"
	castSuffix    = ".cast"
	// castShare is which part of what all recordings may have one may have.
	castShare = 4
	// maxHead bounds what is read of a file to describe it, in bytes.
	maxHead = 128 << 10
	// tidyEvery is how often old recordings are looked for.
	tidyEvery = time.Hour
)

// library is the folder with a node's recordings. It removes those that are too
// old, and, where there is no room for more, the oldest ones.
type library struct {
	dir string // "" for none
	log *slog.Logger
	// wrap stands before each file that is written; tests have slow disks.
	wrap func(castFile) castFile

	mu     sync.Mutex
	policy recordPolicy
	live   map[terminal.RecordingID]*recorder
	grants map[terminal.RecordingID]int64 // bytes that the live ones may have
}

// recordPolicy is what a node wants of its recordings.
type recordPolicy struct {
	all   bool // record each session
	keep  time.Duration
	quota int64 // bytes
}

// policyOf reads a node's settings.
func policyOf(p holder.AdoptParams) recordPolicy {
	days, mb := p.RecordDays, p.RecordMB
	if days == 0 {
		days = holder.RecordDays
	}
	if mb == 0 {
		mb = holder.RecordMB
	}
	return recordPolicy{all: p.RecordAll, keep: time.Duration(days) * 24 * time.Hour, quota: int64(mb) << 20}
}

func newLibrary(stateDir string, policy recordPolicy, log *slog.Logger) *library {
	l := &library{
		log: log, policy: policy, wrap: func(f castFile) castFile { return f },
		live: map[terminal.RecordingID]*recorder{}, grants: map[terminal.RecordingID]int64{},
	}
	if stateDir != "" {
		l.dir = filepath.Join(stateDir, recordingsDir)
	}
	return l
}

func (l *library) set(p recordPolicy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.policy = p
}

func (l *library) current() recordPolicy {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.policy
}

// grantStep is how much room a recording is given at once.
func (p recordPolicy) grantStep() int64 { return min(max(p.quota/256, 64<<10), 4<<20) }

// root opens the folder.
func (l *library) root() (*os.Root, error) {
	if l.dir == "" {
		return nil, wire.Errorf(wire.Unsupported, "this machine has no place for recordings")
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, errNoDisk(err)
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, errNoDisk(err)
	}
	return root, nil
}

// errNoDisk says that a recording can't be written.
func errNoDisk(err error) *wire.Error {
	why := "this machine can't write recordings"
	switch {
	case isFull(err):
		why = "the disk of this machine is full: make room there, or delete recordings"
	case errors.Is(err, errCastQuota), errors.Is(err, errCastCap):
		why = "the recordings of this machine have all the room that they may have: stop one, or allow more with --record-mb"
	}
	return wire.Errorf(wire.Unavailable, "%s", why).Because(err)
}

// create makes the file of a new recording for r, which it names.
func (l *library) create(r *recorder, session wire.SessionID) (*cast, error) {
	root, err := l.root()
	if err != nil {
		return nil, err
	}
	defer shut(root)
	name := string(session) + "-" + r.since.UTC().Format("20060102T150405Z")
	for i := range 100 {
		id := terminal.RecordingID(name)
		if i > 0 {
			id = terminal.RecordingID(fmt.Sprintf("%s-%d", name, i+1))
		}
		f, err := root.OpenFile(string(id)+castSuffix, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, errNoDisk(err)
		}
		return l.write(r, id, f, 0), nil
	}
	return nil, wire.Errorf(wire.Busy, "too many recordings of this session began in this second; try again")
}

// reopen goes on with the file of a recording that has so many bytes.
func (l *library) reopen(r *recorder, id terminal.RecordingID, size int64) (*cast, error) {
	root, err := l.root()
	if err != nil {
		return nil, err
	}
	defer shut(root)
	f, err := root.OpenFile(string(id)+castSuffix, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(size); err != nil {
		f.Close()
		return nil, err
	}
	return l.write(r, id, f, size), nil
}

func (l *library) write(r *recorder, id terminal.RecordingID, f castFile, size int64) *cast {
	r.id = id
	l.mu.Lock()
	l.live[id], l.grants[id] = r, size
	limit := l.policy.quota / castShare
	l.mu.Unlock()
	c := &cast{file: l.wrap(f), limit: limit, bytes: size, allowed: size}
	c.more = func() bool { return l.grant(id, &c.allowed) }
	return c
}

// grant lets a live recording have more, if there is room.
func (l *library) grant(id terminal.RecordingID, allowed *int64) bool {
	l.mu.Lock()
	step := l.policy.grantStep()
	l.grants[id] += step
	l.mu.Unlock()
	if l.tidy(time.Now()) {
		*allowed += step
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grants[id] -= step
	return false
}

// done notes that a recording is written no more.
func (l *library) done(id terminal.RecordingID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, id)
	delete(l.grants, id)
}

// libraryFile is what is known of a recording without reading it.
type libraryFile struct {
	id    terminal.RecordingID
	size  int64
	wrote time.Time
}

// files are the recordings there are, the oldest first.
func (l *library) files() ([]libraryFile, error) {
	if l.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the recordings: %w", err)
	}
	var all []libraryFile
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), castSuffix)
		id := terminal.RecordingID(name)
		info, err := e.Info()
		if !ok || !id.Valid() || err != nil || !info.Mode().IsRegular() {
			continue // not ours, or gone
		}
		all = append(all, libraryFile{id, info.Size(), info.ModTime()})
	}
	slices.SortFunc(all, func(a, b libraryFile) int { return a.wrote.Compare(b.wrote) })
	return all, nil
}

// tidy removes what is too old or too much, and reports whether the rest is
// within the bounds. What is being written stays.
func (l *library) tidy(now time.Time) bool {
	all, err := l.files()
	if err != nil {
		l.log.Warn("looking after the recordings", "err", err)
		return true // writing tells, if it is bad
	}
	l.mu.Lock()
	total := int64(0)
	for _, granted := range l.grants {
		total += granted
	}
	idle := slices.DeleteFunc(all, func(f libraryFile) bool { return l.live[f.id] != nil })
	for _, f := range idle {
		total += f.size
	}
	quota, keep := l.policy.quota, l.policy.keep
	l.mu.Unlock()
	for _, f := range idle {
		old := now.Sub(f.wrote) > keep
		if !old && total <= quota {
			break // the others are newer
		}
		if err := os.Remove(filepath.Join(l.dir, string(f.id)+castSuffix)); err != nil {
			l.log.Warn("removing an old recording", "recording", string(f.id), "err", err)
			continue
		}
		l.log.Info("an old recording is removed", "recording", string(f.id), "expired", old)
		total -= f.size
	}
	return total <= quota
}

// list describes the newest recordings, the newest first.
func (l *library) list() ([]terminal.Recording, error) {
	all, err := l.files()
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	list := []terminal.Recording{}
	for _, f := range all[:min(len(all), terminal.MaxRecordings)] {
		if r, err := l.describe(f); err == nil { // else it is gone, or no recording of ours
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b terminal.Recording) int { return b.StartedAt.Compare(a.StartedAt) })
	return list, nil
}

// open opens a recording to be read, and describes it.
func (l *library) open(id terminal.RecordingID) (*os.File, terminal.Recording, error) {
	gone := wire.Errorf(wire.NotFound, "there is no recording %s any more", id)
	root, err := l.root()
	if err != nil {
		return nil, terminal.Recording{}, err
	}
	defer shut(root)
	f, err := root.Open(string(id) + castSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, terminal.Recording{}, gone
	}
	if err != nil {
		return nil, terminal.Recording{}, fmt.Errorf("opening a recording: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var r terminal.Recording
		if r, err = l.about(f, libraryFile{id, info.Size(), info.ModTime()}); err == nil {
			return f, r, nil
		}
	}
	f.Close()
	return nil, terminal.Recording{}, gone.Because(err)
}

func (l *library) describe(f libraryFile) (terminal.Recording, error) {
	file, r, err := l.open(f.id)
	if err == nil {
		file.Close()
	}
	return r, err
}

// about reads the first two lines of a recording.
func (l *library) about(r io.Reader, f libraryFile) (terminal.Recording, error) {
	lines := bufio.NewScanner(io.LimitReader(r, maxHead))
	lines.Buffer(nil, maxHead)
	var head castHead
	var note castNote
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil {
		return terminal.Recording{}, errors.New("a recording has no head")
	}
	if lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), noteMark); !ok || json.Unmarshal([]byte(text), &note) != nil {
			return terminal.Recording{}, errors.New("a recording does not say whose it is")
		}
	}
	l.mu.Lock()
	live := l.live[f.id] != nil
	l.mu.Unlock()
	return terminal.Recording{
		ID: f.id, Session: wire.SessionID(note.Session), Name: head.Title, Command: head.Command, Account: note.Account,
		Owner: note.Owner, By: note.By, StartedAt: note.StartedAt, DurationMs: max(0, f.wrote.Sub(note.StartedAt).Milliseconds()),
		Bytes: uint64(f.size), Cols: head.Term.Cols, Rows: head.Term.Rows, Live: live,
	}, nil
}

// remove deletes a recording that is not being written.
func (l *library) remove(id terminal.RecordingID) error {
	l.mu.Lock()
	live := l.live[id] != nil
	l.mu.Unlock()
	if live {
		return wire.Errorf(wire.Conflict, "this recording goes on; stop it first")
	}
	root, err := l.root()
	if err != nil {
		return err
	}
	defer shut(root)
	err = root.Remove(string(id) + castSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return wire.Errorf(wire.NotFound, "there is no recording %s any more", id)
	}
	if err != nil {
		return fmt.Errorf("deleting a recording: %w", err)
	}
	return nil
}

// recorder returns who writes a recording, nil if nobody does any more.
func (l *library) recorder(id terminal.RecordingID) *recorder {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live[id]
}

// shut gives a folder back, which nothing was written to.
func shut(root *os.Root) { _ = root.Close() }
