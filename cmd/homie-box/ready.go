package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/internal/tailbox"
	"homie/wire"
)

const (
	readyPoll    = 20 * time.Millisecond
	readyAttempt = 2 * time.Second
	// machinesTimeout is how long the doors wait for machines that do not come.
	machinesTimeout = 15 * time.Second
)

// awaitReady waits until everybody reaches the gateway and the owner sees the
// machines, and tells of each step.
func (b *box) awaitReady(ctx context.Context) error {
	g, up := errgroup.WithContext(ctx)
	for i, s := range b.devices {
		g.Go(func() error {
			if _, err := s.Up(up); err != nil {
				return fmt.Errorf("bringing up the device of %s: %w", household[i].Person, err)
			}
			return tailbox.Ready(up, s)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	b.step("gateway")
	if err := until(ctx, func(ctx context.Context) error { return b.healthy(ctx, 0) }); err != nil {
		return fmt.Errorf("the gateway does not answer: %w; its last lines:\n%s", err, b.kids[0].tail())
	}
	close(b.answers)
	b.step("machines")
	waiting, stop := context.WithTimeout(ctx, machinesTimeout)
	defer stop()
	if err := until(waiting, b.machinesOnline); err != nil {
		if ctx.Err() != nil {
			return err
		}
		b.report.say("The machines are not all there yet (%v); see the logs in %s.\n", err, b.dir)
	}
	b.step("doors")
	g, rest := errgroup.WithContext(ctx)
	for i := 1; i < len(b.doors); i++ {
		g.Go(func() error {
			return until(rest, func(ctx context.Context) error { return b.healthy(ctx, i) })
		})
	}
	return g.Wait()
}

// step tells what is waited for next.
func (b *box) step(name string) {
	b.log.Info("starting", "step", name)
	b.report.progress(" " + name + " …")
}

// until calls f until it returns nil. If ctx ends first, f's last error says
// why.
func until(ctx context.Context, f func(context.Context) error) error {
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, readyAttempt)
		err := f(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-poll.C:
		}
	}
}

// healthy asks the gateway through the i-th person's device.
func (b *box) healthy(ctx context.Context, i int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.gateway()+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := b.doors[i].Client().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway answers %s", res.Status)
	}
	return nil
}

// machinesOnline asks as the owner which machines are there.
func (b *box) machinesOnline(ctx context.Context) error {
	const call = `{"jsonrpc":"2.0","id":1,"method":"presence.list"}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.gateway()+wire.Path, bytes.NewReader([]byte(call)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Homie", "1")
	res, err := b.doors[0].Client().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Result struct {
			Machines []struct {
				Online bool `json:"online"`
			} `json:"machines"`
		} `json:"result"`
		Error *wire.Error `json:"error"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("reading the list of machines: %w", err)
	}
	if answer.Error != nil {
		return answer.Error
	}
	online := 0
	for _, m := range answer.Result.Machines {
		if m.Online {
			online++
		}
	}
	if online < len(machines) {
		return fmt.Errorf("%d of %d are online", online, len(machines))
	}
	return nil
}

func (b *box) gateway() string { return "https://" + b.tailnet.FQDN(tailbox.Gateway) }

// summary is what there is to tell when all is ready.
func (b *box) summary(took time.Duration) ready {
	v := ready{
		ReadyMs:    took.Milliseconds(),
		Gateway:    b.gateway(),
		ControlURL: b.tailnet.URL(),
		RootFile:   b.dir + "/root.pem",
		StateDir:   b.dir,
		Temporary:  b.o.stateDir == "",
	}
	for i, r := range household {
		port := b.o.port + i
		v.Doors = append(v.Doors, opened{
			Name: r.Door, Person: r.Person, Login: r.Login, Device: r.Device, words: r.Words,
			URL:     fmt.Sprintf("http://%s.localhost:%d", r.Door, port),
			Address: fmt.Sprintf("http://127.0.0.1:%d", port),
			Link:    b.doors[i].Link(),
		})
	}
	if b.raw != nil {
		v.RawDoor = b.raw.Addr().String()
	}
	for _, c := range b.kids {
		v.Children = append(v.Children, process{Name: c.name, PID: c.pid.Load(), StateDir: c.state, Log: c.log})
	}
	return v
}
