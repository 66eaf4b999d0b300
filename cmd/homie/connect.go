package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"homie/gateway"
	"homie/rpc"
	"homie/wire"
)

// errUnreachable marks the errors of a gateway that can't be reached.
var errUnreachable = errors.New("can't reach a gateway")

const connectTimeout = 20 * time.Second

// target is where a client command finds the gateway.
type target struct {
	url      string
	stateDir string
	json     bool
}

func targetFlags(p process, f *flag.FlagSet) *target {
	t := new(target)
	f.StringVar(&t.url, "url", p.Env("HOMIE_URL"), "the gateway's `address`, over this host's own network (HOMIE_URL)")
	f.StringVar(&t.stateDir, "state-dir", p.Env("HOMIE_STATE_DIR"), "the gateway's state `directory` on this host (HOMIE_STATE_DIR)")
	f.BoolVar(&t.json, "json", false, "print JSON")
	return t
}

// session is an open connection of a client command.
type session struct {
	*rpc.Conn
	hello wire.HelloResult
}

// connect finds the gateway and says hello: at the given address; else on this
// host's local socket; else as the device that 'homie login' made.
func (t *target) connect(ctx context.Context, p process, do func(context.Context, *session) error) error {
	d, closer, err := t.dialer(ctx, p)
	if err != nil {
		return err
	}
	defer closer()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialCtx, stop := context.WithTimeout(ctx, connectTimeout)
	defer stop()
	c, err := d.Dial(dialCtx)
	if err != nil {
		if wire.ReasonOf(err) != wire.Internal {
			return err // the gateway's own refusal
		}
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	s := &session{Conn: c}
	s.hello, err = c.Hello(ctx, wire.ClientInfo{Kind: "cli", Version: version})
	if err == nil {
		err = do(ctx, s)
	}
	cancel()
	<-done
	return err
}

func (t *target) dialer(ctx context.Context, p process) (rpc.Dialer, func(), error) {
	if t.url != "" {
		return rpc.Dialer{URL: t.url}, func() {}, nil
	}
	if socket := findSocket(p, t.stateDir); socket != "" {
		var d net.Dialer
		return rpc.Dialer{
			URL:     "http://local",
			NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
		}, func() {}, nil
	}
	return loggedIn(ctx, p)
}

// findSocket returns the local socket of a gateway that this OS account runs.
func findSocket(p process, dir string) string {
	var candidates []string
	if dir != "" {
		candidates = append(candidates, dir, filepath.Join(dir, roleGateway))
	} else {
		candidates = append(candidates, defaultStateDir(p, roleGateway))
	}
	for _, dir := range candidates {
		path := filepath.Join(dir, gateway.SocketName)
		if info, err := os.Stat(path); err == nil && info.Mode().Type() == os.ModeSocket {
			return path
		}
	}
	return ""
}

func printJSON(p process, v any) error {
	enc := json.NewEncoder(p.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// noArgs refuses arguments that a command would ignore.
func noArgs(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected %q", errUsage, args[0])
	}
	return nil
}
