package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"homie/internal/vt"
)

// The size of the screens that are measured, and how often one recording is cut.
const (
	screenCols = 120
	screenRows = 40
	screenCuts = 24
	screenKeep = 10_000 // lines that have scrolled away
)

// corpus are the recorded programs of internal/vt.
const corpus = "internal/vt/testdata/corpus/*.gz"

// screens measures what keeping a screen costs, in this process.
func (h *house) screens(r runs, printed []byte) error {
	seen := bytes.ReplaceAll(printed[:min(len(printed), 64e6)], []byte("\n"), []byte("\r\n"))
	before, err := processor(os.Getpid())
	if err == nil {
		t := vt.New(screenCols, screenRows, screenKeep)
		for p := seen; len(p) > 0; p = p[min(len(p), 64<<10):] {
			_, _ = t.Write(p[:min(len(p), 64<<10)]) // never fails
		}
		after, err := processor(os.Getpid())
		if err != nil {
			return err
		}
		r.add("parser", "loopback", float64(len(seen))/1e6/(after-before))
	}
	paths, err := filepath.Glob(corpus)
	if err != nil || len(paths) == 0 {
		return errors.Join(fmt.Errorf("there are no recordings at %s", corpus), err)
	}
	var sizes, times []float64
	for _, path := range paths {
		stream, err := recording(path)
		if err != nil {
			return err
		}
		t := vt.New(screenCols, screenRows, screenKeep)
		for i := range screenCuts {
			_, _ = t.Write(stream[i*len(stream)/screenCuts : (i+1)*len(stream)/screenCuts]) // never fails
			size, took := snapshot(t)
			sizes, times = append(sizes, size), append(times, took)
		}
	}
	r.add("snapshot size", "loopback", percentile(sizes, 99))
	r.add("snapshot time", "loopback", percentile(times, 99))
	return nil
}

// snapshot returns the size in KiB and the time in ms that one takes, the best
// of three: what else runs on the machine takes longer than that.
func snapshot(t *vt.Terminal) (size, took float64) {
	for i := range 3 {
		began := time.Now()
		size = float64(len(t.Snapshot(0).Data)) / 1024
		if ms := float64(time.Since(began).Microseconds()) / 1e3; i == 0 || ms < took {
			took = ms
		}
	}
	return size, took
}

func recording(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return io.ReadAll(z)
}

// cutsMade finds in the corpus test's log how many cuts it made.
var cutsMade = regexp.MustCompile(`: (\d+) cuts, `)

// exact has the corpus test compare snapshots with xterm.js, and notes of how
// many cuts, of how many, were equal: the test says all, or fails.
func exact(ctx context.Context, r runs) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^TestCutsOfRecordings$", "./internal/vt")
	out, failed := cmd.CombinedOutput()
	m := cutsMade.FindSubmatch(out)
	if m == nil {
		return fmt.Errorf("comparing screens with xterm.js: %w: %s", errors.Join(failed, errors.New("no cuts")), out)
	}
	made, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return err
	}
	equal := made
	if failed != nil {
		equal = 0
	}
	r.add("exact", "loopback", equal)
	r.add("exact", "made", made)
	return nil
}
