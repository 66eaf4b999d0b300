package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"homie/bench/measure"
)

// runs are the values of each round, by what was measured and of whom.
type runs map[string][]float64

func (r runs) add(what, whose string, v float64) {
	r[what+"/"+whose] = append(r[what+"/"+whose], v)
}

func (r runs) of(what, whose string) []float64 { return r[what+"/"+whose] }

// measureAll runs a house and takes all numbers of it.
func measureAll(ctx context.Context, s settings) (results []Result, err error) {
	fmt.Fprintln(s.progress, "building the limits and starting everything")
	h, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	r := runs{}
	if h.wants(groupIdle) {
		if err := h.rest(ctx, r); err != nil {
			return nil, err
		}
	}
	file := filepath.Join(h.dir, "output")
	printed, err := writeOutput(file, s.megabyte*1e6)
	if err != nil {
		return nil, err
	}
	want := measure.Expect(printed)
	if h.wants(groupRivals) {
		h.announceRivals()
	}
	for i := range s.rounds {
		fmt.Fprintf(s.progress, "round %d of %d, load %v\n", i+1, s.rounds, averages())
		if err := h.round(ctx, i, r, file, printed, want); err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	h.weigh(r, "peak")
	if h.wants(groupCrowd) {
		fmt.Fprintf(s.progress, "%d sessions and %d viewers on one machine\n", s.crowd, min(s.crowd, s.viewers))
		if err := h.weighSessions(ctx, r); err != nil {
			return nil, err
		}
	}
	if h.wants(groupScreen) {
		if err := exact(ctx, r); err != nil {
			return nil, err
		}
	}
	return h.results(r)
}

// round measures everything once, the limits beside Homie.
func (h *house) round(ctx context.Context, i int, r runs, file string, printed []byte, want measure.Output) error {
	steps := map[string]func() error{
		groupEcho:  func() error { return h.echoAll(ctx, r) },
		groupFlood: func() error { return h.echoFlood(ctx, r) },
		groupBulk:  func() error { return h.bulkAll(ctx, r, file, want) },
		groupCtrlC: func() error { return errors.Join(h.stop(r, 0), h.stop(r, farAway)) },
		groupHolder: func() error {
			order := measure.Order{Kind: measure.BulkOutput, File: file, Output: want}
			return errors.Join(h.bulkLoopback(ctx, h.alone, r, order), h.attach(ctx, h.alone, r))
		},
		groupStall:  func() error { return errors.Join(h.stall(ctx, r), h.stallLoopback(ctx, h.alone, r)) },
		groupScreen: func() error { return h.screens(r, printed) },
		groupRivals: func() error { return h.rivalRound(ctx, r, file, want) },
		groupStart:  func() error { return h.starts(ctx, r, fresh(i)) },
	}
	for _, group := range groups {
		if step := steps[group]; step != nil && h.wants(group) {
			if err := step(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *house) echoAll(ctx context.Context, r runs) error {
	for _, kind := range []measure.Kind{measure.EchoProgram, measure.EchoKernel} {
		for _, target := range targets {
			if err := h.echo(ctx, r, measure.Order{Kind: kind, Target: target, Count: h.echoes}); err != nil {
				return err
			}
		}
	}
	return nil
}

// floodShare of the keys of a round are typed beside a flood: each takes long.
const floodShare = 4

func (h *house) echoFlood(ctx context.Context, r runs) error {
	for _, target := range []string{measure.Homie, measure.Relay} {
		count := max(1, h.echoes/floodShare)
		if err := h.echo(ctx, r, measure.Order{Kind: measure.EchoFlood, Target: target, Count: count}); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) bulkAll(ctx context.Context, r runs, file string, want measure.Output) error {
	for _, target := range targets {
		if err := h.bulk(ctx, r, measure.Order{Kind: measure.BulkOutput, Target: target, File: file, Output: want}); err != nil {
			return err
		}
	}
	return nil
}

// targets take turns, in this order.
var targets = []string{measure.Homie, measure.Relay, measure.Bare}

func (h *house) echo(ctx context.Context, r runs, o measure.Order) error {
	got, err := h.costing(ctx, r, o, float64(o.Count+measure.Warm)/1e6)
	if err != nil {
		return err
	}
	r.add(string(o.Kind)+" p50", o.Target, percentile(got.EchoUs, 50))
	r.add(string(o.Kind)+" p99", o.Target, percentile(got.EchoUs, 99))
	return nil
}

func (h *house) bulk(ctx context.Context, r runs, o measure.Order) error {
	pid, err := h.holderOf()
	before, noCount := processor(pid)
	noCount = errors.Join(err, noCount)
	got, err := h.costing(ctx, r, o, float64(o.Output.Bytes)/1e9)
	if err != nil {
		return err
	}
	if after, err := processor(pid); err == nil && noCount == nil && o.Target == measure.Homie {
		r.add("bulk cpu holder", o.Target, (after-before)/float64(o.Output.Bytes)*1e9)
	}
	r.add("bulk", o.Target, float64(o.Output.Bytes)/1e6/got.Seconds)
	return nil
}

// farAway is the round trip of a viewer at the other end of the world, in ms.
const farAway = 60

// stop measures how soon a flood stops that a viewer sees who parses as fast as
// a browser does.
func (h *house) stop(r runs, farMs int) error {
	got, err := h.ask(measure.Order{Kind: measure.CtrlC, Target: measure.Homie, FarMs: farMs})
	if err != nil {
		return err
	}
	r.add(fmt.Sprintf("stop %d", farMs), measure.Homie, got.StopMs)
	r.add(fmt.Sprintf("stop windows %d", farMs), measure.Homie, got.Windows)
	return nil
}

// tries is how often a measurement is taken in which output was skipped, which
// happens when others keep the machine from running the viewer.
const tries = 3

// costing takes a measurement and notes the processor time that the two
// processes used for each unit of it.
func (h *house) costing(ctx context.Context, r runs, o measure.Order, units float64) (measure.Result, error) {
	middle, end := h.gateway, h.node
	if o.Target == measure.Relay {
		middle, end = h.relayer, h.ender
	}
	var before [2]float64
	var noCount, err error
	var got measure.Result
	for range tries {
		before, noCount = cost(middle, end)
		if got, err = h.take(ctx, o); !errors.Is(err, measure.ErrSkipped) {
			break
		}
		fmt.Fprintf(h.progress, "again, as this machine is too busy: %v\n", err)
	}
	if err != nil {
		return got, err
	}
	if after, err := cost(middle, end); err == nil && noCount == nil && o.Target != measure.Bare {
		r.add(string(o.Kind)+" cpu middle", o.Target, (after[0]-before[0])/units)
		r.add(string(o.Kind)+" cpu end", o.Target, (after[1]-before[1])/units)
	}
	return got, nil
}

// cost is the processor time that the two have used, in seconds.
func cost(middle, end *child) (at [2]float64, err error) {
	for i, c := range []*child{middle, end} {
		if at[i], err = processor(c.cmd.Process.Pid); err != nil {
			return at, err
		}
	}
	return at, nil
}

// take has something measured by who can.
func (h *house) take(ctx context.Context, o measure.Order) (measure.Result, error) {
	if o.Target != measure.Bare {
		return h.ask(o)
	}
	order, err := json.Marshal(o)
	if err != nil {
		return measure.Result{}, err
	}
	cmd := exec.CommandContext(ctx, h.bare)
	cmd.Env, cmd.Stdin, cmd.Stderr = h.env, bytes.NewReader(order), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return measure.Result{}, fmt.Errorf("measuring %s of a bare PTY: %w", o.Kind, err)
	}
	var r measure.Result
	return r, json.Unmarshal(out, &r)
}

// starts measures how soon a gateway answers over the tailnet: one that was
// never there before, certificate included, and the same one again.
func (h *house) starts(ctx context.Context, r runs, hostname string) error {
	for _, what := range []string{"first start", "restart"} {
		began := time.Now()
		g, err := h.startGateway(ctx, hostname)
		if err != nil {
			return err
		}
		if err := h.healthy(hostname); err != nil {
			return fmt.Errorf("%w; its log ends with: %s", err, g.tail())
		}
		r.add(what, measure.Homie, float64(time.Since(began).Microseconds())/1e3)
		g.stop()
	}
	return nil
}

// rest waits until Homie does nothing, and looks how large it is.
func (h *house) rest(ctx context.Context, r runs) error {
	// The first terminal shows that the machine is there.
	if err := h.echo(ctx, runs{}, measure.Order{Kind: measure.EchoProgram, Target: measure.Homie, Count: 1}); err != nil {
		return err
	}
	fmt.Fprintf(h.progress, "waiting %v for the processes to settle\n", h.settle)
	if err := pause(ctx, h.settle); err != nil {
		return err
	}
	h.weigh(r, "idle")
	return nil
}

// weigh notes how large the processes are, or have become at most.
func (h *house) weigh(r runs, when string) {
	for name, c := range map[string]*child{"gateway": h.gateway, "node": h.node, "relay": h.relayer, "ptyend": h.ender} {
		now, peak, err := memory(c.cmd.Process.Pid)
		if name == "node" && err == nil {
			now, peak, err = h.withHolder(now, peak)
		}
		switch {
		case err != nil:
			fmt.Fprintln(h.progress, err)
		case when == "peak":
			r.add(when, name, peak)
		default:
			r.add(when, name, now)
		}
	}
}

// withHolder adds the process that holds the node's terminals, and is part of it.
// Both run the same program, whose pages are in memory once.
func (h *house) withHolder(now, peak float64) (float64, float64, error) {
	pid, err := h.holderOf()
	if err != nil {
		return 0, 0, fmt.Errorf("finding what holds the terminals: %w", err)
	}
	its, most, err := memory(pid)
	if err != nil {
		return 0, 0, err
	}
	both, err := shared(pid)
	return now + its - both, peak + most - both, err
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
