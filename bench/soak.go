package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
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
)

// sample is what the processes have.
type sample struct{ memory, files float64 }

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
	ends := time.Now().Add(s.soak)
	turn := 0
	for ; time.Now().Before(ends) || turn <= soakWarm+soakKills; turn++ {
		if err := h.soakTurn(ctx, turn, file, want); err != nil {
			return fmt.Errorf("turn %d: %w", turn+1, err)
		}
		if last, err = h.sample(); err != nil {
			return err
		}
		if turn == soakWarm {
			first = last
		}
		fmt.Fprintf(s.progress, "turn %d: %v\n", turn+1, last)
	}
	fmt.Fprintf(s.progress, "%d turns, memory in MB and descriptors:\nfirst %v\nlast  %v\n", turn, first, last)
	return flat(first, last)
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
		if err := h.restart(ctx, &h.gateway, tailbox.Gateway, gatewayTag, "gateway"); err != nil {
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
func (h *house) sample() (map[string]sample, error) {
	holder, err := h.holderOf(tailbox.NodeDen)
	if err != nil {
		return nil, err
	}
	got := map[string]sample{}
	for name, pid := range map[string]int{"gateway": h.gateway.cmd.Process.Pid, "node": h.node.cmd.Process.Pid, "holder": holder} {
		now, _, err := memory(pid)
		if err != nil {
			return nil, err
		}
		files, err := entries(pid, "fd")
		if err != nil {
			return nil, err
		}
		got[name] = sample{math.Round(now), files}
	}
	return got, nil
}
