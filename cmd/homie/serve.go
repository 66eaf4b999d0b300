package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"
	"tailscale.com/feature/buildfeatures"

	"homie/gateway"
	"homie/gateway/stepup"
	"homie/gateway/terminal"
	"homie/internal/memory"
	"homie/node"
	"homie/node/pty"
	"homie/rpc"
	"homie/tsidentity/up"
	"homie/wire"
)

const gatewayHelp = `
The gateway joins the tailnet as a device of its own and serves the web app
there and nowhere else: open https://homie.<tailnet>.ts.net on any device of the
tailnet. Who may do what stands in the tailnet policy file; 'homie policy print'
has an example.
` + settingsHelp

const nodeHelp = `
The node joins the tailnet as a device of its own and connects to the gateway,
where an owner lets it in once. It listens on no port.

Terminals run on when the node ends, in a process of their own, and are there
again when it comes back; --linger bounds that. A service manager must leave that
process alone: with systemd, set KillMode=process.

Shells that are bash, zsh or fish mark their prompts, so that the terminal knows
where a command begins and how it ended. HOMIE_SHELL_INTEGRATION=0 keeps them as
they are, for the node or in the start-up files of an account.

Whoever may type into a terminal can record it, and everybody who looks at it
sees that; --record all records each one from its start, which nobody can stop.
Recordings are files of the format asciicast v3 in the state directory, for
--record-days and within --record-mb; one may have a quarter of that.

Jobs are TOML files in the directory --jobs. What they run lives on when the node
ends, each in a process of its own, and is there again when it comes back.
` + settingsHelp

// gatewaySettings are a gateway's own.
type gatewaySettings struct {
	*settings
	owner, cert, key, limits string
	stepUp, notifyHosts      string

	sessions, viewers string

	rule  stepup.Rule    // what stepUp says, once it is checked
	share terminal.Share // what sessions and viewers say, once they are checked
}

func gatewayFlags(p process, f *flag.FlagSet, s *settings) *gatewaySettings {
	g := &gatewaySettings{settings: s}
	f.StringVar(&g.owner, "owner", p.Env("HOMIE_OWNER"), "`login` of the owner of a gateway whose device is tagged (HOMIE_OWNER)")
	f.StringVar(&g.cert, "tls-cert", p.Env("HOMIE_TLS_CERT"), "certificate `file` instead of the MagicDNS one (HOMIE_TLS_CERT)")
	f.StringVar(&g.key, "tls-key", p.Env("HOMIE_TLS_KEY"), "key `file` of that certificate (HOMIE_TLS_KEY)")
	f.StringVar(&g.stepUp, "step-up", cmp.Or(p.Env("HOMIE_STEP_UP"), "12h"), "`time` that a person's word for sensitive acts holds, or always or never to ask (HOMIE_STEP_UP)")
	f.StringVar(&g.notifyHosts, "notify-hosts", p.Env("HOMIE_NOTIFY_HOSTS"), "private `host:port`s, with commas between, that people may have notices sent to (HOMIE_NOTIFY_HOSTS)")
	f.StringVar(&g.limits, "limits", p.Env("HOMIE_LIMITS"), "calls a minute for one device, such as `expensive=600,message=100` (HOMIE_LIMITS)")
	share := terminal.DefaultShare()
	f.StringVar(&g.sessions, "person-sessions", cmp.Or(p.Env("HOMIE_PERSON_SESSIONS"), strconv.Itoa(share.Sessions)),
		"the `number` of terminals that one person may have running on one machine (HOMIE_PERSON_SESSIONS)")
	f.StringVar(&g.viewers, "device-viewers", cmp.Or(p.Env("HOMIE_DEVICE_VIEWERS"), strconv.Itoa(share.Viewers)),
		"the `number` of terminals of one machine that one device may have open (HOMIE_DEVICE_VIEWERS)")
	return g
}

// check refuses settings that contradict each other, and a certificate that is
// of no use, before anything is started.
func (g *gatewaySettings) check() (err error) {
	if g.rule, err = stepup.ParseRule(cmp.Or(g.stepUp, "12h")); err != nil {
		return usagef("--step-up: %v", err)
	}
	if (g.cert == "") != (g.key == "") {
		return usagef("a certificate and its key go together: give both --tls-cert and --tls-key")
	}
	if g.cert != "" && g.plainHTTP {
		return usagef("plain HTTP has no use for a certificate: give either --http or --tls-cert and --tls-key")
	}
	if _, _, err := rpc.ParseRates(g.limits); err != nil {
		return usagef("--limits: %v", err)
	}
	if g.share.Sessions, err = count("--person-sessions", g.sessions, mostSessions); err != nil {
		return err
	}
	if g.share.Viewers, err = count("--device-viewers", g.viewers, wire.MaxLinkStreams); err != nil {
		return err
	}
	for _, h := range words(g.notifyHosts) {
		if _, _, err := net.SplitHostPort(h); err != nil {
			return usagef("--notify-hosts: %q is no host with a port, as in ntfy.lan:443", h)
		}
	}
	if g.cert == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(g.cert, g.key); err != nil {
		return fmt.Errorf("reading --tls-cert and --tls-key: %w", err)
	}
	return nil
}

func gatewayCommand(p process, f *flag.FlagSet) action {
	g := gatewayFlags(p, f, settingsFlags(p, f, roleGateway, "homie"))
	return func(ctx context.Context, _ []string) error {
		log, err := g.logger(p.Err)
		if err != nil {
			return err
		}
		return serve(ctx, log, func(ctx context.Context) error { return g.run(ctx, p, log, nil) })
	}
}

// serve carries a long-lived process to its end, and keeps it small meanwhile.
// That ctx ends is the orderly end.
func serve(ctx context.Context, log *slog.Logger, do func(context.Context) error) error {
	log.Debug("memory is limited", "bytes", memory.Limit())
	idle, stop := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { memory.HandBack(idle) })
	keeping.Go(func() { tellFigures(idle, log) })
	err := do(ctx)
	stop()
	keeping.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// run carries a gateway to its end; ready is called with its device when that is
// on the tailnet.
func (g *gatewaySettings) run(ctx context.Context, p process, log *slog.Logger, ready func(*up.Device)) error {
	if err := g.check(); err != nil {
		return err
	}
	var limits gateway.Limits
	limits.All, limits.Classes, _ = rpc.ParseRates(g.limits) // checked just before
	limits.Share = g.share
	dir, err := g.dir(p)
	if err != nil {
		return err
	}
	device, err := g.device(p, dir, log)
	if err != nil {
		return err
	}
	return onTailnet(ctx, device, func(ctx context.Context, d *up.Device) error {
		gw, err := gateway.Open(gateway.Config{
			Tailnet: d, StateDir: dir, Owner: g.owner,
			CertFile: g.cert, KeyFile: g.key, PlainHTTP: g.plainHTTP, StepUp: g.rule, Limits: limits, NotifyHosts: words(g.notifyHosts),
			Version: version, Log: log, Out: p.Out,
		})
		if err != nil {
			return err
		}
		if ready != nil {
			ready(d)
		}
		return errors.Join(gw.Run(ctx), gw.Close())
	})
}

// onTailnet joins the tailnet, watches over the device, and takes it off again
// in the end.
func onTailnet(ctx context.Context, conf up.Config, do func(context.Context, *up.Device) error) error {
	if buildfeatures.HasPeerAPIServer {
		conf.Log.Warn("this build listens on a TCP port of the host, on which Tailscale refuses strangers; 'make build' makes one that does not")
	}
	if err := closeProcess(); err != nil {
		return err
	}
	d, err := up.Start(ctx, conf)
	if err != nil {
		return err
	}
	defer d.Close()
	group, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	group.Go(func() error { return d.Run(ctx) })
	group.Go(func() error {
		defer cancel()
		return do(ctx, d)
	})
	return group.Wait()
}

// nodeSettings are a node's own.
type nodeSettings struct {
	*settings
	gateway, start, ca string
	jobs               string
	linger, idleEnd    time.Duration
	sessions           int
	recording          pty.Recording
	maxUpload          byteCount
}

const (
	dirUsage = "`directory` in which terminals start; the home if none is given (HOMIE_DIR)"
	dirEnv   = "HOMIE_DIR"

	jobsUsage = "`directory` with the files of jobs; jobs.d in the state directory if none is given (HOMIE_JOBS)"
	jobsEnv   = "HOMIE_JOBS"
)

func nodeCommand(p process, f *flag.FlagSet) action {
	n := &nodeSettings{settings: settingsFlags(p, f, roleNode, nodeName())}
	uploads := maxUploadFlag(p, f)
	f.StringVar(&n.gateway, "gateway", cmp.Or(p.Env("HOMIE_GATEWAY"), "homie"), "the gateway's `name` on the tailnet, or its address (HOMIE_GATEWAY)")
	f.StringVar(&n.start, "dir", p.Env(dirEnv), dirUsage)
	f.StringVar(&n.jobs, "jobs", p.Env(jobsEnv), jobsUsage)
	f.StringVar(&n.ca, "ca-file", p.Env("HOMIE_CA_FILE"), "`file` with the authority of a gateway's own certificate (HOMIE_CA_FILE)")
	times, recording, sessions := timeFlags(p, f), recordFlags(p, f), sessionsFlag(p, f)
	return func(ctx context.Context, _ []string) error {
		log, err := n.logger(p.Err)
		if err != nil {
			return err
		}
		if n.sessions, err = sessions(); err != nil {
			return err
		}
		if n.recording, err = recording(); err != nil {
			return err
		}
		if n.linger, n.idleEnd, err = times(); err != nil {
			return err
		}
		if n.maxUpload, err = uploads(); err != nil {
			return err
		}
		return serve(ctx, log, func(ctx context.Context) error { return n.run(ctx, p, log, node.Config{}) })
	}
}

// timeFlags declares how long terminals last, and returns what reads it.
func timeFlags(p process, f *flag.FlagSet) func() (linger, idleEnd time.Duration, err error) {
	gone := f.String("linger", cmp.Or(p.Env("HOMIE_LINGER"), "0"), "`time` that terminals outlive a node that has gone, such as 1h; 0 is for ever (HOMIE_LINGER)")
	idle := f.String("idle-end", cmp.Or(p.Env("HOMIE_IDLE_END"), "0"), "`time` without use after which terminals end, such as 72h, told of first; 0 is never (HOMIE_IDLE_END)")
	return func() (linger, idleEnd time.Duration, err error) {
		if linger, err = time.ParseDuration(*gone); err != nil || linger < 0 {
			return 0, 0, usagef("--linger is %q, want a time such as 30s or 12h, or 0 for ever", *gone)
		}
		if idleEnd, err = time.ParseDuration(*idle); err != nil || idleEnd < 0 {
			return 0, 0, usagef("--idle-end is %q, want a time such as 8h or 72h, or 0 for never", *idle)
		}
		return linger, idleEnd, nil
	}
}

// sessionsFlag declares how many terminals a node runs, and returns what reads it.
func sessionsFlag(p process, f *flag.FlagSet) func() (int, error) {
	most := f.String("sessions", cmp.Or(p.Env("HOMIE_SESSIONS"), "64"), "the `number` of terminals that may run on this machine at once (HOMIE_SESSIONS)")
	return func() (int, error) { return count("--sessions", *most, mostSessions) }
}

// count reads a number of things of which there is one at least.
func count(flag, text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, usagef("%s is %q, want a number from 1 to %d", flag, text, most)
	}
	return n, nil
}

// mostSessions is how many terminals one machine may be told to run: a list of them
// is one message. 1,000 were measured.
const mostSessions = 1024

// run carries a node to its end; conf has what only the caller knows.
func (n *nodeSettings) run(ctx context.Context, p process, log *slog.Logger, conf node.Config) error {
	if !namesGateway(n.gateway) {
		return usagef("--gateway %q is neither a name on the tailnet, such as homie, nor an address, such as https://homie.tailnet.ts.net", n.gateway)
	}
	if info, err := os.Stat(n.start); n.start != "" && (err != nil || !info.IsDir()) {
		return usagef("--dir %s is no directory here", n.start)
	}
	dir, err := n.dir(p)
	if err != nil {
		return err
	}
	if conf.Roots, err = authorities(n.ca); err != nil {
		return err
	}
	device, err := n.device(p, dir, log)
	if err != nil {
		return err
	}
	return onTailnet(ctx, device, func(ctx context.Context, d *up.Device) error {
		conf.Tailnet, conf.StateDir = d, dir
		conf.MaxUpload, conf.Jobs = int64(n.maxUpload), n.jobs
		conf.Gateway, conf.Dir, conf.PlainHTTP = n.gateway, n.start, n.plainHTTP
		conf.Linger, conf.IdleEnd, conf.Recording = n.linger, n.idleEnd, n.recording
		conf.MaxSessions = n.sessions
		conf.WithGateway = conf.WithGateway || ownsGateway(p)
		conf.Version, conf.Log, conf.Out = version, log, p.Out
		agent, err := node.New(conf)
		if err != nil {
			return err
		}
		return agent.Run(ctx)
	})
}

// namesGateway reports whether s can be a device's name or an address of http.
func namesGateway(s string) bool {
	host := s
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
			return false
		}
		host = u.Hostname()
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune("/\\?#@\"'", r)
	})
}

// authorities returns the operating system's certificate authorities and those
// in file, nil (the former alone) for no file. Go reads SSL_CERT_FILE on some
// systems only, so there is a setting.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading --ca-file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("--ca-file %s has no certificate in PEM form", file)
	}
	return pool, nil
}

// maxLabel leaves room below the 63 bytes of a DNS label.
const maxLabel = 50

// nodeName is what this machine's node is called on the tailnet.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return nodeNameOf(host)
}

func nodeNameOf(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	label := strings.Trim(strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return '-'
	}, host), "-")
	if label == "" {
		label = "node"
	}
	name := "homie-" + label
	return strings.TrimRight(name[:min(len(name), maxLabel)], "-")
}
