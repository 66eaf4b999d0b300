package main

import (
	"context"
	"fmt"
	"time"

	"homie/bench/measure"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// growing calls f and returns by how many MB each process grew at most meanwhile.
func growing(pids []int, f func() error) ([]float64, error) {
	before, most := make([]float64, len(pids)), make([]float64, len(pids))
	look := func(into []float64) error {
		for i, pid := range pids {
			now, _, err := memory(pid)
			if err != nil {
				return err
			}
			into[i] = max(into[i], now)
		}
		return nil
	}
	if err := look(before); err != nil {
		return nil, f() // this system does not say
	}
	copy(most, before)
	done := make(chan error, 1)
	go func() { done <- f() }()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case err := <-done:
			for i := range most {
				most[i] -= before[i]
			}
			return most, err
		case <-again.C:
			if err := look(most); err != nil {
				return nil, <-done
			}
		}
	}
}

// stall measures how much a viewer that takes nothing of a flood makes the
// processes grow, over the tailnet; a node's holder counts as the node.
func (h *house) stall(ctx context.Context, r runs) error {
	holder, err := h.holderOf()
	if err != nil {
		return err
	}
	for target, pids := range map[string][]int{
		measure.Homie: {h.gateway.cmd.Process.Pid, h.node.cmd.Process.Pid, holder},
		measure.Relay: {h.relayer.cmd.Process.Pid, h.ender.cmd.Process.Pid},
	} {
		grew, err := growing(pids, func() error {
			_, err := h.take(ctx, measure.Order{Kind: measure.Stall, Target: target})
			return err
		})
		if err != nil || grew == nil {
			return err
		}
		end := 0.0
		for _, mb := range grew[1:] {
			end += mb
		}
		r.add("stall middle", target, grew[0])
		r.add("stall end", target, end)
	}
	return nil
}

// stallLoopback measures the same of a holder alone, and what another viewer
// gets meanwhile.
func (h *house) stallLoopback(ctx context.Context, l *loopback, r runs) error {
	s, err := l.start(ctx, measure.Order{Kind: measure.Stall}.Command()...)
	if err != nil {
		return err
	}
	defer func() {
		_, _ = rpc.Invoke(ctx, l.conn, terminal.Kill, terminal.KillParams{Node: "bench", Session: s.ID}) // its holder's end ends it
	}()
	if err := l.printed(ctx, s.ID, "ready\r\n"); err != nil {
		return err
	}
	_, other, err := rpc.Open(ctx, l.conn, terminal.Attach, terminal.AttachParams{Node: "bench", Session: s.ID, Watch: true})
	if err != nil {
		return err
	}
	defer other.Close(nil)
	if _, err := rpc.Invoke(ctx, l.conn, terminal.Input, terminal.InputParams{Node: "bench", Session: s.ID, Data: "\n"}); err != nil {
		return err
	}
	if _, err := reads(ctx, other, time.Second); err != nil { // until everything has its size
		return err
	}
	before, err := reads(ctx, other, measure.StallFor/2)
	if err != nil {
		return err
	}
	_, stalled, err := rpc.Open(ctx, l.conn, terminal.Attach, terminal.AttachParams{Node: "bench", Session: s.ID, Offset: new(uint64)})
	if err != nil {
		return err
	}
	defer stalled.Close(nil)
	var meanwhile float64
	grew, err := growing([]int{l.pid}, func() error {
		meanwhile, err = reads(ctx, other, measure.StallFor)
		return err
	})
	if err != nil || grew == nil {
		return err
	}
	r.add("stall", "loopback", grew[0])
	r.add("stall other", "before", before)
	r.add("stall other", "loopback", meanwhile)
	return nil
}

// reads takes what comes for a time, and returns how far the output went, in MB a
// second.
func reads(ctx context.Context, s *rpc.Stream, lasts time.Duration) (float64, error) {
	var first, last uint64
	for began := time.Now(); time.Since(began) < lasts; {
		c, err := s.Recv(ctx)
		if err != nil {
			return 0, fmt.Errorf("reading a flood: %w", err)
		}
		if c.Kind != wire.Data {
			continue
		}
		if first == 0 {
			first = c.Offset
		}
		last = c.Offset + uint64(len(c.Data))
	}
	return float64(last-first) / 1e6 / lasts.Seconds(), nil
}
