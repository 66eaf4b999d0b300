package homietest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"homie/gateway"
	"homie/gateway/stepup"
	"homie/internal/tailbox"
	"homie/node"
	"homie/node/jobs/runner"
	"homie/node/pty/holder"
	"homie/tsidentity/up"
	wireholder "homie/wire/holder"
)

// processEnv makes a test program a part of Homie.
const processEnv = "HOMIE_TEST_PROCESS"

// process is what such a program is told.
type process struct {
	Hostname   string
	Dir        string // of its state
	ControlURL string
	AuthKey    string
	Tags       []string
	Roots      []byte // PEM
}

// Main is the TestMain of packages whose tests use Spawn, or nodes that start
// the test program as the process that holds their terminals or carries their
// jobs.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == holder.Command {
		if err := runHolder(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 2 && os.Args[1] == runner.Command {
		if err := runner.Run(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	conf := os.Getenv(processEnv)
	if conf == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test program
		cancel()
	}()
	if err := runProcess(ctx, conf); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runProcess(ctx context.Context, text string) error {
	var p process
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("part", p.Hostname)
	d, err := up.Start(ctx, up.Config{
		Hostname: p.Hostname, Dir: filepath.Join(p.Dir, "tailnet"), ControlURL: p.ControlURL,
		AuthKey: p.AuthKey, Tags: p.Tags, Log: log,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if p.Hostname == tailbox.Gateway {
		g, err := gateway.Open(gateway.Config{Tailnet: d, StateDir: p.Dir, Version: version, Log: log, StepUp: stepup.Never})
		if err != nil {
			return err
		}
		return errors.Join(g.Run(ctx), g.Close())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.Roots)
	n, err := node.New(node.Config{
		Tailnet: d, Gateway: tailbox.Gateway, StateDir: p.Dir, Dir: p.Dir, Roots: roots, Version: version, Log: log,
		Linger: spawnedLinger,
	})
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

// spawnedLinger is how long the terminals of a spawned node outlive it: long
// enough for it to be spawned again, and short enough to leave nothing behind.
const spawnedLinger = 20 * time.Second

// runHolder makes a test program the process that holds a node's terminals, as
// 'homie holder' does.
func runHolder(args []string) error {
	f := flag.NewFlagSet(holder.Command, flag.ContinueOnError)
	dir := f.String("state-dir", "", "")
	resume := f.Int(strings.TrimLeft(holder.ResumeFlag, "-"), 0, "")
	check := f.Int(strings.TrimLeft(holder.CheckFlag, "-"), 0, "")
	agent := f.Int(strings.TrimLeft(holder.AgentFlag, "-"), 0, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *check != 0 {
		return holder.Check(*check, os.Stdout)
	}
	if *agent != 0 {
		return holder.ServeAgent(context.Background(), *agent, version)
	}
	if err := holder.Seal(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return holder.Run(ctx, holder.Options{
		StateDir: *dir, Version: version, Resume: *resume,
		Args: []string{os.Args[0], holder.Command, "--state-dir", *dir},
		Log:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// Process is a part of Homie in a process of its own.
type Process struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended bool
}

// Spawn runs a part of Homie in a process of its own, started by the given
// command if there is one. The package's TestMain must be Main.
func (h *House) Spawn(hostname string, wrap ...string) *Process {
	h.t.Helper()
	conf, err := json.Marshal(process{
		Hostname: hostname, Dir: h.Dir(hostname), ControlURL: h.URL(), AuthKey: h.AuthKey(),
		Tags: h.Device(hostname, "").AdvertiseTags, Roots: h.RootPEM(),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	args := append(wrap, os.Args[0])
	p := &Process{t: h.t, cmd: exec.Command(args[0], args[1:]...)}
	p.cmd.Env = append(append(os.Environ(), h.Environ()...), processEnv+"="+string(conf))
	p.cmd.Stderr = io.MultiWriter(testWriter{h.whole}, h.Said)
	if _, err := p.cmd.StdinPipe(); err != nil { // exec closes it in Wait
		h.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.endHolder(hostname) })
	h.t.Cleanup(p.Kill)
	return p
}

// endHolder ends the process that holds a spawned node's terminals, if there is
// one.
func (h *House) endHolder(hostname string) {
	b, err := os.ReadFile(filepath.Join(h.Dir(hostname), wireholder.InfoFile))
	var info wireholder.Info
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil || json.Unmarshal(b, &info) != nil {
		h.t.Errorf("reading which process holds terminals: %q, %v", b, err)
		return
	}
	p, err := os.FindProcess(info.PID)
	if err == nil {
		err = p.Signal(syscall.SIGTERM)
	}
	look := time.NewTicker(time.Millisecond) // nothing tells of the end of somebody else's child
	defer look.Stop()
	for deadline := time.Now().Add(startTimeout); err == nil && time.Now().Before(deadline); err = p.Signal(syscall.Signal(0)) {
		<-look.C
	}
}

// Kill ends the process as a crash or a power cut does.
func (p *Process) Kill() {
	p.t.Helper()
	if p.ended {
		return
	}
	p.ended = true
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Errorf("killing a process: %v", err)
	}
	_ = p.cmd.Wait() // says that it was killed
}

// Signal sends the process a signal.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("sending a process %v: %v", s, err)
	}
}
