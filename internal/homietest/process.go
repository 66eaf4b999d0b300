package homietest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"homie/gateway"
	"homie/internal/tailbox"
	"homie/node"
	"homie/tsidentity/up"
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

// Main is the TestMain of packages whose tests use Spawn.
func Main(m *testing.M) {
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
		g, err := gateway.Open(gateway.Config{Tailnet: d, StateDir: p.Dir, Version: version, Log: log})
		if err != nil {
			return err
		}
		return errors.Join(g.Run(ctx), g.Close())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.Roots)
	n, err := node.New(node.Config{
		Tailnet: d, Gateway: tailbox.Gateway, StateDir: p.Dir, Dir: p.Dir, Roots: roots, Version: version, Log: log,
	})
	if err != nil {
		return err
	}
	return n.Run(ctx)
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
	h.t.Cleanup(p.Kill)
	return p
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
