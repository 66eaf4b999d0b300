// Command homie-box starts a whole household on this machine: the tailnet in a
// box, Homie's gateway and two machines as child processes, and doors through
// which a browser sees Homie as different people do. It is what make run
// starts, and what the browser's tests and the benchmark run against.
//
//	control, relay, ACME        this process (internal/tailbox)
//	people's devices, doors     this process
//	gateway, den, nas           bin/homie, each with a state directory of its own
//
// Everything listens on loopback, under the account that started it, and ends
// with it: children, shells and the temporary state directory included.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

// firstPort is the owner's door; the others follow.
const firstPort = 7101

// options are what the command line says.
type options struct {
	port     int    // of the first door
	homie    string // path of bin/homie
	stateDir string // "" for a temporary one
	rawDoor  int    // port, 0 for any, negative for none
	stepUp   string // the gateway's --step-up
	// notifyHosts is the gateway's --notify-hosts.
	notifyHosts string
	json        bool
	quiet       bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is main without the process around it. The exit code is 0 after a wished
// end, 2 for a wrong command line, and 1 for everything else.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	o, err := parse(args, env, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "homie-box: %v\n", err)
		return 2
	}
	if err := newBox(o, stdout, stderr).run(ctx); err != nil {
		fmt.Fprintf(stderr, "\nhomie-box: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, env func(string) string, stderr io.Writer) (options, error) {
	o := options{port: firstPort}
	if text := env("HOMIE_BOX_PORT"); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return o, fmt.Errorf("HOMIE_BOX_PORT=%s is not a number", text)
		}
		o.port = port
	}
	f := flag.NewFlagSet("homie-box", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.port, "port", o.port, "`port` of the first of four doors (HOMIE_BOX_PORT)")
	f.StringVar(&o.homie, "homie", sibling("homie"), "`path` of the homie program")
	f.StringVar(&o.stateDir, "state-dir", "", "`directory` that keeps all state; default a temporary one")
	f.IntVar(&o.rawDoor, "raw-door", -1, "`port`, or 0 for any, of a door that pipes bytes to the gateway unchanged, for attack tests")
	f.StringVar(&o.notifyHosts, "notify-hosts", "", "private `host:port`s that the gateway may send notices to")
	f.StringVar(&o.stepUp, "step-up", "never", "the gateway's `rule` for confirmations: a time such as 12h, always, or never")
	f.BoolVar(&o.json, "json", false, "print one JSON object when everything is ready, and nothing else")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but errors")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected %q; homie-box --help lists what there is", f.Arg(0))
	case o.port < 1 || o.port > 65535-len(household)+1:
		return o, fmt.Errorf("the doors need four ports in a row, from 1 to 65535; %d is no place to start", o.port)
	case o.rawDoor > 65535:
		return o, fmt.Errorf("%d is not a port", o.rawDoor)
	}
	return o, nil
}

// sibling is a program beside this one.
func sibling(name string) string {
	me, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(me), name+filepath.Ext(me))
}
