package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"flag"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/cmd/homie/internal/api"
	"homie/gateway"
	"homie/gateway/pairing"
	"homie/node"
	"homie/node/pty"
	"homie/tsidentity/up"
	"homie/wire"
)

const upHelp = `
Runs 'homie gateway' and 'homie node' in one process, for a home whose gateway
machine should have terminals too. The two are two devices on the tailnet, so an
auth key for them must be a reusable one. The node is let in at once.
` + settingsHelp

// both are the settings of 'homie up'.
type both struct {
	*settings // shared, and the gateway's
	gateway   *gatewaySettings
	start     string // where terminals start
	hostname  string // the node's
	tags      string // the node's
	linger    time.Duration
	idleEnd   time.Duration
	sessions  int
	recording pty.Recording
	maxUpload byteCount
}

func upCommand(p process, f *flag.FlagSet) action {
	shared := settingsFlags(p, f, "", "homie")
	b := &both{settings: shared, gateway: gatewayFlags(p, f, shared)}
	uploads := maxUploadFlag(p, f)
	f.StringVar(&b.start, "dir", p.Env(dirEnv), dirUsage)
	f.StringVar(&b.hostname, "node-hostname", cmp.Or(p.Env("HOMIE_NODE_HOSTNAME"), nodeName()), "the node's `name` on the tailnet (HOMIE_NODE_HOSTNAME)")
	f.StringVar(&b.tags, "node-tags", p.Env("HOMIE_NODE_TAGS"), "`tags` for the node, if others than --tags (HOMIE_NODE_TAGS)")
	times, recording, sessions := timeFlags(p, f), recordFlags(p, f), sessionsFlag(p, f)
	return func(ctx context.Context, _ []string) error {
		log, err := shared.logger(p.Err)
		if err != nil {
			return err
		}
		if b.sessions, err = sessions(); err != nil {
			return err
		}
		if b.linger, b.idleEnd, err = times(); err != nil {
			return err
		}
		if b.recording, err = recording(); err != nil {
			return err
		}
		if b.maxUpload, err = uploads(); err != nil {
			return err
		}
		if b.hostname == shared.hostname {
			return usagef("the gateway and the node are two devices and need two names: --hostname and --node-hostname")
		}
		base, err := shared.dir(p)
		if err != nil {
			return err
		}
		return serve(ctx, log, func(ctx context.Context) error { return b.run(ctx, p, log, base) })
	}
}

// run carries both; the node starts when the gateway is on the tailnet, so that
// a person is asked to log in one device after the other.
func (b *both) run(ctx context.Context, p process, log *slog.Logger, base string) error {
	gs, ns := *b.settings, *b.settings
	gs.role, gs.stateDir = roleGateway, filepath.Join(base, roleGateway)
	ns.role, ns.stateDir = roleNode, filepath.Join(base, roleNode)
	ns.hostname, ns.tags = b.hostname, cmp.Or(b.tags, b.settings.tags)
	hub := *b.gateway
	hub.settings = &gs
	agent := &nodeSettings{settings: &ns, start: b.start, linger: b.linger, idleEnd: b.idleEnd, sessions: b.sessions, recording: b.recording}
	agent.maxUpload, agent.jobs = b.maxUpload, p.Env(jobsEnv)

	group, ctx := errgroup.WithContext(ctx)
	ready := make(chan string)
	out := &lockedWriter{w: p.Out}
	group.Go(func() error {
		p := process{In: p.In, Out: &linePrefix{w: out, prefix: "gateway: "}, Err: p.Err, Env: p.Env}
		return hub.run(ctx, p, log.With("part", "gateway"), func(d *up.Device) {
			select {
			case ready <- hub.address(d.FQDN()):
			case <-ctx.Done():
			}
		})
	})
	group.Go(func() error {
		select {
		case agent.gateway = <-ready:
		case <-ctx.Done():
			return nil
		}
		p := process{In: p.In, Out: &linePrefix{w: out, prefix: "node: "}, Err: p.Err, Env: p.Env}
		return agent.run(ctx, p, log.With("part", "node"), node.Config{
			WithGateway: true,
			Pending: func(ctx context.Context, id wire.DeviceID) error {
				return letIn(ctx, filepath.Join(gs.stateDir, gateway.SocketName), id)
			},
		})
	})
	return group.Wait()
}

// address returns where the node finds the gateway with the given full name: a
// tailnet may have given it another name than the one asked for, and a
// certificate of one's own may be for another one.
func (g *gatewaySettings) address(fqdn string) string {
	if g.cert == "" {
		return fqdn
	}
	pair, err := tls.LoadX509KeyPair(g.cert, g.key)
	if err != nil || pair.Leaf == nil || pair.Leaf.VerifyHostname(fqdn) == nil || len(pair.Leaf.DNSNames) == 0 {
		return fqdn // the gateway says what is wrong with its certificate
	}
	return "https://" + pair.Leaf.DNSNames[0]
}

// letIn approves the process's own node: whoever runs the gateway may.
func letIn(ctx context.Context, socket string, id wire.DeviceID) error {
	quiet := process{Err: io.Discard} // the account that owns the state is asked nothing
	return talk(ctx, quiet, localDialer(socket), func(ctx context.Context, s *session) error {
		_, err := api.PairingApprove(ctx, s, pairing.ApproveParams{Device: id})
		return err
	})
}

// lockedWriter lets several write to one writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes b in one piece.
func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// linePrefix says before each line who speaks. What is written at once stays
// together.
type linePrefix struct {
	w      io.Writer
	prefix string

	mu     sync.Mutex
	inLine bool
}

// Write writes b with the prefix at the start of each line that has text.
func (l *linePrefix) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out bytes.Buffer
	for line := range strings.SplitAfterSeq(string(b), "\n") {
		if line == "" {
			continue
		}
		if !l.inLine && line != "\n" {
			out.WriteString(l.prefix)
		}
		out.WriteString(line)
		l.inLine = !strings.HasSuffix(line, "\n")
	}
	if _, err := l.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}
