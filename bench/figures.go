package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"homie/internal/tailbox"
	"homie/node/pty/holder"
)

// figures are what a process of Homie's logs when it is asked.
var figures = regexp.MustCompile(`figures.* goroutines=(\d+)`)

// goroutines asks a process how many it has, and reads that in its log.
func goroutines(ctx context.Context, pid int, log string) (float64, error) {
	before, err := told(log)
	if err != nil {
		return 0, err
	}
	if err := askFigures(pid); err != nil {
		return 0, fmt.Errorf("asking process %d for its figures: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for pause(ctx, time.Millisecond) == nil {
		all, err := told(log)
		if err != nil {
			return 0, err
		}
		if len(all) > 0 && len(all) != len(before) { // fewer in a log that was begun anew
			return strconv.ParseFloat(all[len(all)-1], 64)
		}
	}
	return 0, fmt.Errorf("process %d does not tell its figures in %s", pid, filepath.Base(log))
}

func told(log string) (all []string, err error) {
	b, err := os.ReadFile(log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("reading the figures of a process: %w", err)
	}
	for _, m := range figures.FindAllSubmatch(b, -1) {
		all = append(all, string(m[1]))
	}
	return all, nil
}

// holderLog is where the process logs that holds the node's terminals.
func (h *house) holderLog() string { return filepath.Join(h.dir, tailbox.NodeDen, holder.LogName) }
