package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"homie/bench/measure"
	"homie/internal/tailbox"
)

// Bounds of a soak: what a process may have more at its end than when it had
// warmed up.
const (
	soakWarm    = 10   // turns before the first sample that counts: ended sessions are kept
	soakKills   = 4    // turns between two kills
	soakGrowth  = 1.25 // × of memory
	soakAtLeast = 12.0 // MB that are no growth: a collector's moment
	soakFiles   = 16   // descriptors
	soakRuns    = 40   // goroutines: a device of the tailnet has more and less of them
)

// sample is what a process has: MB of memory, descriptors, goroutines.
type sample struct{ memory, files, goroutines float64 }

func (a sample) String() string {
	return fmt.Sprintf("%.0f MB %.0f files %.0f goroutines", a.memory, a.files, a.goroutines)
}

// soak opens, floods and stops terminals for a time, kills the node and the
// gateway in between, and wants the holder, which lives through all of it, and
// the gateway's and node's successors to stay as large as they were.
func soak(ctx context.Context, s settings) (err error) {
	h, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	file := filepath.Join(h.dir, "output")
	printed, err := writeOutput(file, s.megabyte*1e6)
	if err != nil {
		return err
	}
	want := measure.Expect(printed)
	var first, last map[string]sample
	began := time.Now()
	ends := began.Add(s.soak)
	turn := 0
	for ; time.Now().Before(ends) || turn <= soakWarm+soakKills; turn++ {
		if err := h.soakTurn(ctx, turn, file, want); err != nil {
			return fmt.Errorf("turn %d: %w", turn+1, err)
		}
		if last, err = h.sample(ctx); err != nil {
			return err
		}
		if turn == soakWarm {
			first = last
		}
		fmt.Fprintf(s.progress, "turn %d: %v\n", turn+1, last)
	}
	err = flat(first, last)
	fmt.Fprint(s.progress, verdict(turn, time.Since(began), first, last, err))
	return err
}

// verdict says how a soak went, in a few lines.
func verdict(turns int, took time.Duration, first, last map[string]sample, grown error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d turns in %s, the %dth beside the last:\n", turns, took.Round(time.Second), soakWarm+1)
	for _, name := range slices.Sorted(maps.Keys(first)) {
		fmt.Fprintf(&b, "  %-8s %v -> %v\n", name, first[name], last[name])
	}
	if grown != nil {
		fmt.Fprintf(&b, "NOT FLAT\n")
	} else {
		fmt.Fprintf(&b, "flat: memory, descriptors and goroutines are as they were\n")
	}
	return b.String()
}

// flat says who has grown.
func flat(first, last map[string]sample) (err error) {
	for name, a := range first {
		b := last[name]
		if b.memory > max(a.memory*soakGrowth, a.memory+soakAtLeast) {
			err = errors.Join(err, fmt.Errorf("%s has grown from %.1f to %.1f MB", name, a.memory, b.memory))
		}
		if b.files > a.files+soakFiles {
			err = errors.Join(err, fmt.Errorf("%s has %v descriptors open, and had %v", name, b.files, a.files))
		}
		if b.goroutines > a.goroutines+soakRuns {
			err = errors.Join(err, fmt.Errorf("%s has %v goroutines, and had %v", name, b.goroutines, a.goroutines))
		}
	}
	return err
}

// soakTurn uses terminals in each way once, and kills somebody in some turns.
func (h *house) soakTurn(ctx context.Context, turn int, file string, want measure.Output) error {
	switch turn % (2 * soakKills) {
	case soakKills - 1:
		if err := h.restart(ctx, &h.node, tailbox.NodeDen, nodeTag, "node", "--gateway", tailbox.Gateway, "--dir", h.dir); err != nil {
			return err
		}
	case 2*soakKills - 1:
		if err := h.restart(ctx, &h.gateway, tailbox.Gateway, gatewayTag, h.gatewayCommand()[1:]...); err != nil {
			return err
		}
		if err := h.healthy(tailbox.Gateway); err != nil {
			return err
		}
	}
	for _, o := range []measure.Order{
		{Kind: measure.EchoProgram, Count: 200},
		{Kind: measure.BulkOutput, File: file, Output: want},
		{Kind: measure.CtrlC},
	} {
		o.Target = measure.Homie
		if _, err := h.ask(o); err != nil && !errors.Is(err, measure.ErrSkipped) {
			return err
		}
	}
	return nil
}

// restart kills a process of Homie's and starts it again.
func (h *house) restart(ctx context.Context, c **child, hostname, tag string, args ...string) (err error) {
	(*c).stopped = true
	_ = (*c).cmd.Process.Kill() // it may have ended
	<-(*c).done
	*c, err = h.run(ctx, hostname, tag, false, append([]string{h.homie}, args...)...)
	return err
}

// sample looks at each process of Homie's.
func (h *house) sample(ctx context.Context) (map[string]sample, error) {
	holder, err := h.holderOf()
	if err != nil {
		return nil, err
	}
	got := map[string]sample{}
	for name, p := range map[string]struct {
		pid int
		log string
	}{
		"gateway": {h.gateway.cmd.Process.Pid, h.gateway.log},
		"node":    {h.node.cmd.Process.Pid, h.node.log},
		"holder":  {holder, h.holderLog()},
	} {
		now, _, err := memory(p.pid)
		if err != nil {
			return nil, err
		}
		files, err := entries(p.pid, "fd")
		if err != nil {
			return nil, err
		}
		running, err := goroutines(ctx, p.pid, p.log)
		if err != nil {
			return nil, err
		}
		got[name] = sample{math.Round(now), files, running}
	}
	return got, nil
}
