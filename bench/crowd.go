package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"homie/bench/measure"
	"homie/internal/tailbox"
)

// crowdEchoes is how often echoes are measured with and without a crowd.
const crowdEchoes = 3

// weighSessions measures what a session costs a machine's processes that has shown
// its prompt, what after it has printed a lot, and what all of them together,
// with those who look at them, do to somebody who types.
func (h *house) weighSessions(ctx context.Context, r runs) error {
	// Homie's own limit of memory: that of the other measurements is not for this.
	env := slices.DeleteFunc(slices.Clone(h.env), func(kv string) bool { return strings.HasPrefix(kv, "GOMEMLIMIT=") })
	node, err := h.runIn(ctx, env, crowdHost, nodeTag, false, h.homie, "node",
		"--gateway", tailbox.Gateway, "--dir", h.dir, "--sessions", strconv.Itoa(h.crowd+spare))
	if err != nil {
		return err
	}
	defer node.stop()
	if err := h.echoCrowd(ctx, r, "before"); err != nil {
		return err
	}
	empty, _, err := h.crowded(node)
	if err != nil {
		return nil //nolint:nilerr // this system does not say
	}
	if err := h.askCrowd(measure.CrowdStart, h.crowd); err != nil {
		return err
	}
	if err := pause(ctx, h.settle); err != nil {
		return err
	}
	full, threads, err := h.crowded(node)
	if err != nil {
		return err
	}
	r.add("session", "crowd", (full-empty)*1e3/float64(h.crowd))
	r.add("session threads", "crowd", threads)
	if err := h.askCrowd(measure.CrowdLook, h.viewers); err != nil {
		return err
	}
	if err := h.echoCrowd(ctx, r, "crowd"); err != nil {
		return err
	}
	if err := h.askCrowd(measure.CrowdPrint, 0); err != nil {
		return err
	}
	if full, _, err = h.crowded(node); err != nil {
		return err
	}
	r.add("session full", "crowd", (full-empty)*1e3/float64(h.crowd))
	return h.askCrowd(measure.CrowdEnd, 0)
}

// crowdName is what people call the machine of the crowd.
var crowdName = strings.TrimPrefix(crowdHost, "homie-")

func (h *house) askCrowd(kind measure.Kind, count int) error {
	_, err := h.ask(measure.Order{Kind: kind, Target: measure.Homie, Node: crowdName, Count: count})
	return err
}

// echoCrowd measures echoes on that machine.
func (h *house) echoCrowd(ctx context.Context, r runs, when string) error {
	for range crowdEchoes {
		got, err := h.take(ctx, measure.Order{Kind: measure.EchoProgram, Target: measure.Homie, Node: crowdName, Count: h.echoes})
		if err != nil {
			return fmt.Errorf("typing on the machine of a crowd: %w", err)
		}
		r.add("crowd echo p50", when, percentile(got.EchoUs, 50))
		r.add("crowd echo p99", when, percentile(got.EchoUs, 99))
	}
	return nil
}

// crowded returns the memory of a node and its holder in MB, and their threads.
func (h *house) crowded(node *child) (mb, threads float64, err error) {
	holder, err := h.holderFor(crowdHost)
	if err != nil {
		return 0, 0, err
	}
	for _, pid := range []int{node.cmd.Process.Pid, holder} {
		now, _, err := memory(pid)
		running, err2 := entries(pid, "task")
		if err := errors.Join(err, err2); err != nil {
			return 0, 0, err
		}
		mb, threads = mb+now, threads+running
	}
	both, err := shared(holder) // their program is in memory once
	return mb - both, threads, err
}
