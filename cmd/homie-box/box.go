package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"tailscale.com/tsnet"

	"homie/cmd/homie-box/internal/door"
	"homie/internal/tailbox"
)

// startTimeout bounds the start; it takes about a second.
const startTimeout = 60 * time.Second

// box is one run of everything.
type box struct {
	o      options
	report *report
	log    *slog.Logger

	dir     string   // all state
	owns    *os.File // says that a temporary dir is in use, see dir.go
	tailnet *tailbox.Tailnet
	devices []*tsnet.Server // people's, in the order of household
	doors   []*door.Door
	raw     net.Listener
	kids    []*child
	started own // processes of the kids

	settled atomic.Bool // everything has been ready once

	// answers is closed when the gateway answers for the first time.
	answers chan struct{}
}

func newBox(o options, stdout, stderr io.Writer) *box {
	return &box{o: o, answers: make(chan struct{}), report: &report{json: o.json, quiet: o.quiet, out: stdout, err: stderr}}
}

// run starts everything, tells, and ends everything when ctx does.
func (b *box) run(ctx context.Context) error {
	err := b.carry(ctx)
	if err == nil {
		b.report.progress("\nstopped; nothing is left running\n")
	}
	return err
}

// carry does what run does and says nothing of the end. What was started first
// ends last.
func (b *box) carry(ctx context.Context) error {
	began := time.Now()
	b.report.progress("starting the tailnet …")
	adoptOrphans()
	listeners, err := b.takePorts()
	if err != nil {
		return err
	}
	if err := b.makeDir(); err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	defer b.removeDir()
	logFile, err := os.OpenFile(filepath.Join(b.dir, "box.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	defer logFile.Close()
	b.log = slog.New(slog.NewTextHandler(logFile, &slog.HandlerOptions{Level: slog.LevelInfo}))

	endTailnet, err := b.startTailnet()
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	defer endTailnet()
	defer killOrphans(grace)
	defer b.closeDevices()
	if err := b.prepare(listeners); err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	return b.live(ctx, began)
}

// live runs children and doors until ctx ends or one of them can't go on.
func (b *box) live(ctx context.Context, began time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range b.kids {
		g.Go(func() error {
			// A machine that finds no gateway tries again only after a second,
			// so it is started when there is one.
			if c != b.kids[0] {
				select {
				case <-ctx.Done():
					return nil
				case <-b.answers:
				}
			}
			return c.run(ctx)
		})
	}
	for i, d := range b.doors {
		g.Go(func() error { return b.serveDoor(ctx, i, d) })
	}
	if b.raw != nil {
		g.Go(func() error { return door.Raw(ctx, b.raw, b.doorConfig(1)) })
	}
	g.Go(func() error {
		starting, stop := context.WithTimeout(ctx, startTimeout)
		defer stop()
		if err := b.awaitReady(starting); err != nil {
			if ctx.Err() != nil {
				return nil // asked to end, or somebody else says why
			}
			return err
		}
		b.settled.Store(true)
		b.log.Info("ready")
		return b.report.finish(b.summary(time.Since(began)))
	})
	g.Go(func() error {
		reapOrphans(ctx, b.started.around)
		return nil
	})
	return g.Wait()
}

// takePorts takes the doors' ports before anything is started.
func (b *box) takePorts() ([]net.Listener, error) {
	var taken []net.Listener
	for i := range household {
		port := b.o.port + i
		ln, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("port %d is taken, perhaps by another box. "+
				"Stop that one, or choose four other ports: HOMIE_BOX_PORT=%d make run (%v)",
				port, elsewhere(b.o.port), err), closeAll(taken))
		}
		taken = append(taken, ln)
	}
	if b.o.rawDoor >= 0 {
		ln, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(b.o.rawDoor))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("the raw door's port %d is taken: %w", b.o.rawDoor, err), closeAll(taken))
		}
		b.raw = ln
	}
	return taken, nil
}

// elsewhere is a place for the doors that is not near port.
func elsewhere(port int) int {
	if port < 60000 {
		return port + 1000
	}
	return firstPort
}

func closeAll(lns []net.Listener) error {
	var errs []error
	for _, ln := range lns {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}

// startTailnet runs the tailnet until the returned function is called.
func (b *box) startTailnet() (end func(), err error) {
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("asking who runs the box: %w", err)
	}
	o := tailbox.Household(me.Username)
	o.Log = b.log.With("part", "tailnet")
	if b.o.stateDir != "" {
		o.Dir = filepath.Join(b.dir, "tailnet")
	}
	if b.tailnet, err = tailbox.New(o); err != nil {
		return nil, fmt.Errorf("starting the tailnet: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.tailnet.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			b.report.say("ending the tailnet: %v\n", err)
		}
	}, nil
}

// prepare configures devices, doors and children.
func (b *box) prepare(listeners []net.Listener) error {
	for _, r := range household {
		s := b.tailnet.Device(r.Device, filepath.Join(b.dir, "people", r.Device))
		if err := os.MkdirAll(s.Dir, 0o700); err != nil {
			return err
		}
		if err := s.Start(); err != nil {
			return fmt.Errorf("starting the device of %s: %w", r.Person, err)
		}
		b.devices = append(b.devices, s)
	}
	for i, ln := range listeners {
		b.doors = append(b.doors, door.New(b.doorConfig(i), ln))
	}
	return b.prepareChildren()
}

// closeDevices closes the devices that prepare started.
func (b *box) closeDevices() {
	for _, s := range b.devices {
		if err := s.Close(); err != nil {
			b.log.Warn("closing a device", "device", s.Hostname, "err", err)
		}
	}
}

// doorConfig is that of the i-th person's door.
func (b *box) doorConfig(i int) door.Config {
	peers, err := door.OwnAccount()
	if err != nil {
		peers = nil // another system: doors hand out links
	}
	r := household[i]
	return door.Config{
		Name:    r.Door,
		Gateway: b.tailnet.FQDN(tailbox.Gateway),
		Dial:    b.devices[i].Dial,
		Roots:   b.tailnet.Roots(),
		Peers:   peers,
		Log:     b.log.With("part", "door"),
		NewLink: func(link string) { b.report.say("The door of %s was opened. Its next link: %s\n", r.Person, link) },
	}
}

func (b *box) serveDoor(ctx context.Context, i int, d *door.Door) error {
	if err := d.Serve(ctx); err != nil {
		return fmt.Errorf("the %s's door: %w", household[i].Door, err)
	}
	return nil
}
