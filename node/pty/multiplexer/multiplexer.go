// Package multiplexer finds the sessions that tmux and zellij keep on this
// machine for the account that the node runs as.
//
// It asks the programs themselves, within bounds of time and output. A program
// that is not there, does not answer in time, or says what is not understood
// has no sessions: the list is a help, not an inventory. Names of sessions are
// foreign text; they get into a command line as one argument and nowhere else.
//
// The package attaches to nothing: that is a terminal's matter, with Command.
package multiplexer

import (
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"homie/wire/terminal"
)

// Bounds of what is asked.
const (
	patience  = 3 * time.Second // for all
	maxOutput = 256 << 10       // bytes of one answer
	maxAsked  = 16              // tmux servers
)

// Finder asks the programs of one environment.
type Finder struct {
	Environ []string // that sessions get; PATH says where the programs are
	Now     func() time.Time
}

// List returns the sessions there are, the latest first.
func (f Finder) List(ctx context.Context) []terminal.Multiplexer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var (
		mu  sync.Mutex
		all = []terminal.Multiplexer{}
		wg  sync.WaitGroup
	)
	for _, ask := range []func(context.Context) []terminal.Multiplexer{f.tmux, f.zellij} {
		wg.Go(func() {
			found := ask(ctx)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, found...)
		})
	}
	wg.Wait()
	slices.SortStableFunc(all, latestFirst)
	return all[:min(len(all), terminal.MaxMultiplexers)]
}

func latestFirst(a, b terminal.Multiplexer) int {
	var at, bt time.Time
	if a.CreatedAt != nil {
		at = *a.CreatedAt
	}
	if b.CreatedAt != nil {
		bt = *b.CreatedAt
	}
	return bt.Compare(at)
}

// run returns what a program prints, "" if it fails.
func (f Finder) run(ctx context.Context, argv ...string) string {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = f.Environ
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second
	pipe, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return ""
	}
	out, readErr := io.ReadAll(io.LimitReader(pipe, maxOutput))
	pipe.Close() // whoever says more is cut off
	if err := cmd.Wait(); readErr != nil || (err != nil && len(out) < maxOutput) {
		return ""
	}
	return string(out)
}

// program returns the path of a program in the search path of the environment,
// "" if there is none.
func (f Finder) program(name string) string {
	path, err := lookPath(f.variable("PATH"), name)
	if err != nil {
		return ""
	}
	return path
}

func (f Finder) variable(name string) string {
	for _, kv := range slices.Backward(f.Environ) {
		if len(kv) > len(name) && kv[:len(name)] == name && kv[len(name)] == '=' {
			return kv[len(name)+1:]
		}
	}
	return ""
}

// lookPath finds a program in the absolute folders of a search path.
func lookPath(search, name string) (string, error) {
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}
