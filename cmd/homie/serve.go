package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"homie/gateway"
	"homie/internal/memory"
	"homie/node"
	"homie/tsidentity/up"
)

const gatewayHelp = `
The gateway joins the tailnet as a device of its own (by default named homie)
and serves the web app there, and nowhere else. Open https://homie.<tailnet>.ts.net
on any device of the tailnet.
` + settingsHelp

const nodeHelp = `
The node joins the tailnet as a device of its own (by default homie-<host>) and
connects to the gateway, where an owner lets it in once.
` + settingsHelp

const upHelp = `
Runs 'homie gateway' and 'homie node' in one process, for a home whose gateway
machine should have terminals too. The node is let in at once.
` + settingsHelp

// gatewaySettings are a gateway's own.
type gatewaySettings struct {
	*settings
	owner, cert, key string
}

func gatewayFlags(p process, f *flag.FlagSet, s *settings) *gatewaySettings {
	g := &gatewaySettings{settings: s}
	f.StringVar(&g.owner, "owner", p.Env("HOMIE_OWNER"), "`login` of the owner of a gateway whose device is tagged (HOMIE_OWNER)")
	f.StringVar(&g.cert, "tls-cert", p.Env("HOMIE_TLS_CERT"), "certificate `file` instead of the MagicDNS one (HOMIE_TLS_CERT)")
	f.StringVar(&g.key, "tls-key", p.Env("HOMIE_TLS_KEY"), "key `file` of that certificate (HOMIE_TLS_KEY)")
	return g
}

func gatewayCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	g := gatewayFlags(p, f, settingsFlags(p, f, roleGateway, "homie"))
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		log, err := g.logger(p.Err)
		if err != nil {
			return err
		}
		return g.run(ctx, p, log, nil)
	}
}

// run carries a gateway to its end; ready is called when it is on the tailnet.
func (g *gatewaySettings) run(ctx context.Context, p process, log *slog.Logger, ready func()) error {
	if (g.cert == "") != (g.key == "") {
		return fmt.Errorf("%w: a certificate needs its key: give both --tls-cert and --tls-key", errUsage)
	}
	conf, err := g.device(p, log)
	if err != nil {
		return err
	}
	return onTailnet(ctx, conf, func(ctx context.Context, d *up.Device) error {
		gw, err := gateway.Open(gateway.Config{
			Tailnet: d, StateDir: filepath.Dir(conf.Dir), Owner: g.owner,
			CertFile: g.cert, KeyFile: g.key, PlainHTTP: g.plainHTTP,
			Version: version, Log: log, Out: p.Out,
		})
		if err != nil {
			return err
		}
		if ready != nil {
			ready()
		}
		return errors.Join(gw.Run(ctx), gw.Close())
	})
}

// onTailnet joins the tailnet, watches over the device, and leaves in the end.
func onTailnet(ctx context.Context, conf up.Config, do func(context.Context, *up.Device) error) error {
	d, err := up.Start(ctx, conf)
	if err != nil {
		return err
	}
	defer d.Close()
	group, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	group.Go(func() error { return d.Run(ctx) })
	memory.Limit()
	group.Go(func() error {
		memory.HandBack(ctx)
		return nil
	})
	group.Go(func() error {
		defer cancel()
		return do(ctx, d)
	})
	return group.Wait()
}

// nodeSettings are a node's own.
type nodeSettings struct {
	*settings
	gateway, start string
}

func nodeFlags(p process, f *flag.FlagSet, s *settings) *nodeSettings {
	n := &nodeSettings{settings: s}
	f.StringVar(&n.gateway, "gateway", or(p.Env("HOMIE_GATEWAY"), "homie"), "the gateway's `name` on the tailnet, or its https address (HOMIE_GATEWAY)")
	f.StringVar(&n.start, "dir", p.Env("HOMIE_DIR"), "`directory` in which terminals start; default the home (HOMIE_DIR)")
	return n
}

func nodeCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	n := nodeFlags(p, f, settingsFlags(p, f, roleNode, nodeName()))
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		log, err := n.logger(p.Err)
		if err != nil {
			return err
		}
		return n.run(ctx, p, log, node.Config{})
	}
}

func (n *nodeSettings) run(ctx context.Context, p process, log *slog.Logger, conf node.Config) error {
	device, err := n.device(p, log)
	if err != nil {
		return err
	}
	return onTailnet(ctx, device, func(ctx context.Context, d *up.Device) error {
		conf.Tailnet, conf.StateDir = d, filepath.Dir(device.Dir)
		conf.Gateway, conf.Dir, conf.PlainHTTP = n.gateway, n.start, n.plainHTTP
		conf.Version, conf.Log, conf.Out = version, log, p.Out
		agent, err := node.New(conf)
		if err != nil {
			return err
		}
		return agent.Run(ctx)
	})
}

// nodeName is what this machine's node is called on the tailnet.
func nodeName() string {
	host, err := os.Hostname()
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	if err != nil || host == "" {
		return "homie-node"
	}
	return "homie-" + host
}

// prefixed says which of the two parts of 'homie up' speaks.
func prefixed(p process, part string) process {
	p.Out = &linePrefix{w: p.Out, prefix: part + ": "}
	return p
}

// linePrefix puts a prefix before each line.
type linePrefix struct {
	w      io.Writer
	prefix string
	inLine bool
}

// Write writes b with the prefix at the start of each line that has text.
func (l *linePrefix) Write(b []byte) (int, error) {
	for line := range strings.SplitAfterSeq(string(b), "\n") {
		if line == "" {
			continue
		}
		if !l.inLine && line != "\n" {
			line = l.prefix + line
		}
		l.inLine = !strings.HasSuffix(line, "\n")
		if _, err := io.WriteString(l.w, line); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
