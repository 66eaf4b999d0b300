package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tailscale.com/atomicfile"

	"homie/rpc"
	"homie/tsidentity/up"
)

const loginHelp = `
Makes this account's command line a device of its own on the tailnet, so that
commands work on a host without Tailscale. The gateway is remembered.
` + settingsHelp

// clientState is what 'homie login' remembers.
type clientState struct {
	Gateway    string `json:"gateway"`
	ControlURL string `json:"controlUrl"`
	Hostname   string `json:"hostname"`
	PlainHTTP  bool   `json:"plainHttp"`
}

func clientFile(dir string) string { return filepath.Join(dir, "client.json") }

func loginCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	s := settingsFlags(p, f, roleClient, strings.Replace(nodeName(), "homie-", "homie-cli-", 1))
	var name string
	f.StringVar(&name, "gateway", or(p.Env("HOMIE_GATEWAY"), "homie"), "the gateway's `name` on the tailnet (HOMIE_GATEWAY)")
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		log, err := s.logger(p.Err)
		if err != nil {
			return err
		}
		conf, err := s.device(p, log)
		if err != nil {
			return err
		}
		d, err := up.Start(ctx, conf)
		if err != nil {
			return err
		}
		defer d.Close()
		b, err := json.Marshal(clientState{Gateway: name, ControlURL: s.controlURL, Hostname: s.hostname, PlainHTTP: s.plainHTTP})
		if err != nil {
			return err
		}
		if err := atomicfile.WriteFile(clientFile(filepath.Dir(conf.Dir)), b, 0o600); err != nil {
			return fmt.Errorf("remembering the gateway: %w", err)
		}
		fmt.Fprintf(p.Out, "This command line is %s on the tailnet. Try 'homie status'.\n", d.FQDN())
		return nil
	}
}

func logoutCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	dir := defaultStateDir(p, roleClient)
	f.StringVar(&dir, "state-dir", or(p.Env("HOMIE_STATE_DIR"), dir), "the `directory` given to 'homie login' (HOMIE_STATE_DIR)")
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		st, err := readClient(dir)
		if err != nil {
			return err
		}
		d, err := up.Start(ctx, up.Config{Hostname: st.Hostname, Dir: filepath.Join(dir, "tailnet"), ControlURL: st.ControlURL, Out: p.Out})
		if err != nil {
			return err
		}
		err = d.Local().Logout(ctx)
		d.Close()
		if err != nil {
			return fmt.Errorf("leaving the tailnet: %w", err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "tailnet")); err != nil {
			return err
		}
		if err := os.Remove(clientFile(dir)); err != nil {
			return err
		}
		fmt.Fprintln(p.Out, "Logged out.")
		return nil
	}
}

func readClient(dir string) (clientState, error) {
	var st clientState
	b, err := os.ReadFile(clientFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return st, fmt.Errorf("%w: none runs under this account on this host; name one with --url https://homie.<tailnet>.ts.net, or run 'homie login'", errUnreachable)
	}
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, fmt.Errorf("%s is damaged (%v): run 'homie login' again", clientFile(dir), err)
	}
	return st, nil
}

// loggedIn reaches the gateway as the device that 'homie login' made.
func loggedIn(ctx context.Context, p process) (rpc.Dialer, func(), error) {
	dir := defaultStateDir(p, roleClient)
	st, err := readClient(dir)
	if err != nil {
		return rpc.Dialer{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	d, err := up.Start(ctx, up.Config{Hostname: st.Hostname, Dir: filepath.Join(dir, "tailnet"), ControlURL: st.ControlURL, Out: p.Err})
	if err != nil {
		return rpc.Dialer{}, nil, err
	}
	scheme, host := "https://", st.Gateway
	if st.PlainHTTP {
		scheme = "http://"
	}
	if !strings.Contains(host, ".") {
		_, suffix, _ := strings.Cut(d.FQDN(), ".")
		host += "." + suffix
	}
	return rpc.Dialer{URL: scheme + host, NetDial: d.Dial}, d.Close, nil
}
