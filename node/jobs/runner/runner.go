// Package runner is the process that carries one run of a job: it starts the
// program, keeps its output and says how it ended, and lives on without the node
// that started it.
//
// All that it shares with the node is the folder of the run:
//
//	run.json       what to run, written by the node before
//	lock           locked as long as the runner lives; handed over by the node
//	started        made once, before the program is started; has the runner's pid
//	log.N          the output, in pieces of one size, see Log
//	progress.json  how far it is, replaced as a whole
//	cancel         who wants it to end, written by the node
//	outcome.json   how it ended, in place as a whole or not at all
//
// Whoever finds the folder knows where the run stands: without started it has
// not begun and may be begun; with a free lock and no outcome it is lost.
// started is made by a call that succeeds once, so that no program runs twice.
//
// The program leads a session and a process group of its own. It is ended by
// SIGTERM and, after a grace, SIGKILL to the group, and so is what it leaves
// behind in its group when it ends.
package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tailscale.com/atomicfile"

	"homie/internal/accounts"
	"homie/wire/jobs"
)

// Command is the hidden command of homie that is a runner, and LockFD the
// descriptor at which it finds the lock.
const (
	Command = "runner"
	LockFD  = 3
)

// The files of a run.
const (
	runFile      = "run.json"
	lockFile     = "lock"
	startedFile  = "started"
	progressFile = "progress.json"
	cancelFile   = "cancel"
	outcomeFile  = "outcome.json"
	reserveFile  = "outcome.new"
)

// File is what a node writes of a run when it is queued.
type File struct {
	Run  jobs.Run `json:"run"`
	Key  string   `json:"key,omitzero"` // see jobs.StartParams
	Spec Spec     `json:"spec"`
}

// Spec is what a runner runs.
type Spec struct {
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
	// Script, if there is one, is put into a file, whose path comes after Argv.
	Script string `json:"script,omitzero"`
	// As is the account of the program, nil for the runner's own.
	As      *accounts.Account `json:"as,omitzero"`
	Timeout time.Duration     `json:"timeout"` // 0 is for ever
	Grace   time.Duration     `json:"grace"`   // between SIGTERM and SIGKILL
	MaxLog  int64             `json:"maxLog"`  // bytes
}

// Progress is what a program says of itself.
type Progress struct {
	Percent  *int   `json:"percent"`
	Doing    string `json:"doing"`
	LastLine string `json:"lastLine"`
	LogBytes uint64 `json:"logBytes"`
}

// Outcome is how a run ended.
type Outcome struct {
	Progress
	Outcome  jobs.Outcome `json:"outcome"`
	ExitCode *int         `json:"exitCode"`
	Signal   string       `json:"signal,omitzero"`
	Why      string       `json:"why,omitzero"`
	By       string       `json:"by,omitzero"` // who cancelled it
	EndedAt  time.Time    `json:"endedAt"`
}

// Queue makes the folder of a run.
func Queue(dir string, f File) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of a run: %w", err)
	}
	return write(dir, runFile, f)
}

// Load reads what was queued in a folder.
func Load(dir string) (f File, err error) { return f, read(dir, runFile, &f) }

// StartedAt returns when the program of a run was started, and the runner's
// process id, 0 if that is not known yet; ok is false if it was not.
func StartedAt(dir string) (at time.Time, pid int, ok bool) {
	path := filepath.Join(dir, startedFile)
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, 0, false
	}
	b, err := os.ReadFile(path)
	if err == nil {
		_ = json.Unmarshal(b, &pid) // it may be being written
	}
	return info.ModTime(), pid, true
}

// Ended returns how a run ended; ok is false if it has not, or if nobody knows.
func Ended(dir string) (o Outcome, ok bool) { return o, read(dir, outcomeFile, &o) == nil }

// Seen returns what the program of a run says of itself.
func Seen(dir string) (p Progress, ok bool) { return p, read(dir, progressFile, &p) == nil }

// End writes an outcome for a run that has no runner to do it.
func End(dir string, o Outcome) error { return write(dir, outcomeFile, o) }

// encode is the text of a file.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding what is kept of a run: %w", err)
	}
	return b, nil
}

// write replaces a file as a whole.
func write(dir, name string, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		return fmt.Errorf("writing %s of a run: %w", name, err)
	}
	return nil
}

func read(dir, name string, v any) error {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("reading %s of a run: %w", name, err)
	}
	return nil
}

// AskToEnd notes who wants a run to end, whether or not a runner sees it yet.
func AskToEnd(dir, by string) error {
	f, err := os.OpenFile(filepath.Join(dir, cancelFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody else was first
	}
	if err != nil {
		return fmt.Errorf("noting that a run is cancelled: %w", err)
	}
	_, err = f.WriteString(by)
	return errors.Join(err, f.Close())
}

// askedToEnd returns who wants the run to end.
func askedToEnd(dir string) (by string, ok bool) {
	b, err := os.ReadFile(filepath.Join(dir, cancelFile))
	return string(b), err == nil
}
