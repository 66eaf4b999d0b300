// Command viewer is the person's side of the benchmark: one device of the
// tailnet that opens terminals through Homie and through the relay, and
// measures both with the same code. It speaks Homie's protocol as a browser
// does, frame by frame, so that no Go client's queues are counted as Homie's.
//
// It takes one order a line on its input and answers each with a line.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"homie/bench/limits/device"
	"homie/bench/measure"
)

// tooLong bounds one measurement.
const tooLong = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "viewer:", err)
		os.Exit(1)
	}
}

// viewer knows where the terminals are.
type viewer struct {
	device       *device.Device
	homie, relay string
	node         string
	crowd        *crowd // nil without one
}

func run(ctx context.Context) error {
	v := new(viewer)
	f := flag.NewFlagSet("viewer", flag.ExitOnError)
	settings := device.Flags(f)
	f.StringVar(&v.homie, "homie", "", "the gateway's full `name`")
	f.StringVar(&v.relay, "relay", "", "the relay's full `name`")
	f.StringVar(&v.node, "node", "", "the `machine` on which terminals are opened")
	if err := f.Parse(os.Args[1:]); err != nil {
		return err
	}
	var err error
	if v.device, err = device.Join(ctx, settings); err != nil {
		return err
	}
	defer v.device.Close()
	return v.serve(ctx, os.Stdin, os.Stdout)
}

// serve carries out orders until there are no more.
func (v *viewer) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	answers := json.NewEncoder(out)
	if err := answers.Encode(measure.Result{}); err != nil { // ready
		return err
	}
	for lines.Scan() {
		var o measure.Order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		r, err := v.carryOut(ctx, o)
		if err != nil {
			r.Error, r.Skipped = err.Error(), errors.Is(err, measure.ErrSkipped)
		}
		if err := answers.Encode(r); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (v *viewer) carryOut(ctx context.Context, o measure.Order) (measure.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tooLong, errors.New("it took too long"))
	defer cancel()
	if o.Kind == measure.Health {
		return measure.Result{}, v.awaitHealth(ctx, o.Target)
	}
	if o.OfCrowd() {
		return measure.Result{}, late(ctx, v.attend(ctx, o))
	}
	far := *v.device
	far.Far = time.Duration(o.FarMs) * time.Millisecond
	v = &viewer{device: &far, homie: v.homie, relay: v.relay, node: cmp.Or(o.Node, v.node)}
	if o.Kind == measure.EchoFlood {
		stop, err := v.flood(ctx, o.Target)
		if err != nil {
			return measure.Result{}, late(ctx, fmt.Errorf("beginning a flood: %w", err))
		}
		defer stop()
	}
	open := v.openRelay
	if o.Target == measure.Homie {
		open = v.openHomie
	}
	t, err := open(ctx, o.Command())
	if err != nil {
		return measure.Result{}, late(ctx, err)
	}
	defer t.Close()
	r, err := o.Take(ctx, t)
	return r, late(ctx, err)
}

// late says of an error that it came of a time that was over.
func late(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// openTerminal is a terminal that somebody has to close.
type openTerminal interface {
	measure.Terminal
	// Close ends the program and hangs up.
	Close()
}
