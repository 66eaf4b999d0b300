package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"homie/bench/measure"
	"homie/internal/tailbox"
	"homie/wire"
)

// The hostnames besides the household's own.
const (
	relayHost  = "bench-relay"
	ptyendHost = "bench-ptyend"
	crowdHost  = "homie-crowd" // a machine with many sessions
	freshHost  = "bench-fresh" // and a number: gateways of which only the start is measured
	gatewayTag = "tag:homie"
	nodeTag    = "tag:homie-node"
)

// house is everything that runs.
type house struct {
	settings
	programs
	net *tailbox.Tailnet
	dir string // of all state and logs
	env []string

	ended chan error // of the tailnet's Run
	end   context.CancelFunc

	gateway, node, relayer, ender, person *child
	children                              []*child
	answers                               *bufio.Reader // of person
	alone                                 *loopback     // nil before it is opened
}

// open runs the tailnet, the person's device, Homie and the relay.
func open(ctx context.Context, s settings) (h *house, err error) {
	h = &house{settings: s, ended: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.programs, err = build(ctx, s.homie); err != nil {
		return h, err
	}
	if err := h.openTailnet(); err != nil {
		return h, err
	}
	if err := h.openPerson(ctx); err != nil {
		return h, err
	}
	if h.gateway, err = h.startGateway(ctx, tailbox.Gateway); err != nil {
		return h, err
	}
	if err := h.healthy(tailbox.Gateway); err != nil {
		return h, err
	}
	if err := h.openMachines(ctx); err != nil {
		return h, err
	}
	h.alone, err = h.openLoopback(ctx, "alone")
	return h, err
}

func (h *house) openTailnet() error {
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("finding out who runs this: %w", err)
	}
	o := tailbox.Household(me.Username)
	o.Log = slog.New(slog.DiscardHandler)
	o.Devices = append(o.Devices,
		tailbox.Device{Hostname: relayHost, Tags: []string{gatewayTag}},
		tailbox.Device{Hostname: ptyendHost, Tags: []string{nodeTag}},
		tailbox.Device{Hostname: crowdHost, Tags: []string{nodeTag}})
	for i := range h.rounds {
		o.Devices = append(o.Devices, tailbox.Device{Hostname: fresh(i), Tags: []string{gatewayTag}})
	}
	if h.dir, err = os.MkdirTemp("", "homie-bench-"); err != nil {
		return err
	}
	if h.net, err = tailbox.New(o); err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background()) // outlives the processes on it
	h.end = end
	go func() { h.ended <- h.net.Run(ctx) }()

	root := filepath.Join(h.dir, "root.pem")
	if err := os.WriteFile(root, h.net.RootPEM(), 0o600); err != nil {
		return err
	}
	h.env = slices.Concat(inherited(), h.net.Environ(), []string{
		"SSL_CERT_FILE=" + root, "GOMEMLIMIT=" + h.memory,
		"HOMIE_AUTHKEY=" + h.net.AuthKey(), "TS_AUTHKEY=" + h.net.AuthKey(),
		"HOMIE_LINGER=1s", // what holds the terminals ends soon after its node
	})
	return nil
}

// inherited is the environment without what would change the measurement.
func inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "HOMIE_") || strings.HasPrefix(name, "TS_") ||
			slices.Contains([]string{"GOMEMLIMIT", "GOGC", "GODEBUG", "GOMAXPROCS"}, name)
	})
}

// run starts a program as a device of the tailnet.
func (h *house) run(ctx context.Context, hostname, tag string, pipe bool, argv ...string) (*child, error) {
	return h.runIn(ctx, h.env, hostname, tag, pipe, argv...)
}

func (h *house) runIn(ctx context.Context, env []string, hostname, tag string, pipe bool, argv ...string) (*child, error) {
	argv = append(argv, "--control-url", h.net.URL(), "--hostname", hostname, "--state-dir", filepath.Join(h.dir, hostname))
	if tag != "" {
		argv = append(argv, "--tags", tag)
	}
	c, err := start(ctx, h.dir, hostname, env, pipe, argv...)
	if err == nil {
		h.children = append(h.children, c)
	}
	return c, err
}

func (h *house) startGateway(ctx context.Context, hostname string) (*child, error) {
	return h.run(ctx, hostname, gatewayTag, false, h.gatewayCommand()...)
}

// gatewayCommand starts a gateway that lets one person have a whole crowd, and
// asks nobody to confirm anything.
func (h *house) gatewayCommand() []string {
	const boundless = "all=1e6,expensive=1e6"
	return []string{
		h.homie, "gateway", "--step-up", "never", "--limits", boundless,
		"--person-sessions", strconv.Itoa(h.crowd + spare), "--device-viewers", strconv.Itoa(min(h.viewers+spare, wire.MaxLinkStreams)),
	}
}

// spare are the sessions and viewers beside a crowd.
const spare = 16

func (h *house) openMachines(ctx context.Context) (err error) {
	if h.node, err = h.run(ctx, tailbox.NodeDen, nodeTag, false, h.homie, "node", "--gateway", tailbox.Gateway, "--dir", h.dir); err != nil {
		return err
	}
	if h.relayer, err = h.run(ctx, relayHost, gatewayTag, false, h.relay); err != nil {
		return err
	}
	h.ender, err = h.run(ctx, ptyendHost, nodeTag, false, h.ptyend, "--relay", h.net.FQDN(relayHost))
	return err
}

func (h *house) openPerson(ctx context.Context) (err error) {
	h.person, err = h.run(ctx, tailbox.OliviaLaptop, "", true, h.viewer,
		"--homie", h.net.FQDN(tailbox.Gateway), "--relay", h.net.FQDN(relayHost), "--node", strings.TrimPrefix(tailbox.NodeDen, "homie-"))
	if err != nil {
		return err
	}
	h.answers = bufio.NewReader(h.person.out)
	_, err = h.answer()
	return err
}

// answerTime is how long the person may take, who gives up long before.
const answerTime = 10 * time.Minute

// ask has the person measure something.
func (h *house) ask(o measure.Order) (measure.Result, error) {
	line, err := json.Marshal(o)
	if err != nil {
		return measure.Result{}, err
	}
	if _, err := h.person.in.Write(append(line, '\n')); err != nil {
		return measure.Result{}, errors.Join(fmt.Errorf("asking the viewer: %w", err), h.failures())
	}
	overdue := time.AfterFunc(answerTime, func() { hangUp(h.person.cmd.Process.Pid, true) })
	defer overdue.Stop()
	r, err := h.answer()
	if err != nil {
		return r, errors.Join(fmt.Errorf("measuring %s of %s: %w", o.Kind, o.Target, err), h.failures())
	}
	return r, nil
}

func (h *house) answer() (r measure.Result, err error) {
	line, err := h.answers.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("hearing from the viewer: %w", err)
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("reading the viewer's answer: %w", err)
	}
	switch {
	case r.Skipped:
		return r, fmt.Errorf("%w: %s", measure.ErrSkipped, r.Error)
	case r.Error != "":
		return r, errors.New(r.Error)
	}
	return r, nil
}

// failures says which processes have ended that should not have.
func (h *house) failures() (err error) {
	for _, c := range h.children {
		err = errors.Join(err, c.failure())
	}
	return err
}

// healthy waits until a gateway answers the person.
func (h *house) healthy(hostname string) error {
	_, err := h.ask(measure.Order{Kind: measure.Health, Target: h.net.FQDN(hostname)})
	return err
}

// close ends all processes, the tailnet last, and removes their state.
func (h *house) close() error {
	var err error
	if h.alone != nil {
		err = h.alone.close()
	}
	for _, c := range slices.Backward(h.children) {
		c.stop()
	}
	if h.end != nil {
		h.end()
		err = errors.Join(err, <-h.ended)
	}
	if h.dir != "" {
		err = errors.Join(err, os.RemoveAll(h.dir))
	}
	return err
}

func fresh(i int) string { return fmt.Sprintf("%s-%d", freshHost, i) }
