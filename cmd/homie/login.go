package main

import (
	"cmp"
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

	"homie/tsidentity/up"
)

const loginHelp = `
Makes this account's command line a device of its own on the tailnet, so that
commands work on a host without Tailscale, as the person who logs in. The
gateway is remembered.
` + settingsHelp

const logoutHelp = `
Takes the device that 'homie login' made off the tailnet and removes its keys.`

// clientFile is what 'homie login' leaves in its state directory.
const clientFile = "client.json"

// clientState is what 'homie login' remembers.
type clientState struct {
	Gateway    string `json:"gateway"`
	ControlURL string `json:"controlUrl"`
	Hostname   string `json:"hostname"`
	PlainHTTP  bool   `json:"plainHttp"`
}

// clientDir is where the state of 'homie login' is. It is below a directory
// that is named, which may be a gateway's.
func clientDir(p process, stateDir string) string {
	if stateDir != "" {
		return filepath.Join(stateDir, roleClient)
	}
	return defaultStateDir(p, roleClient)
}

func loginCommand(p process, f *flag.FlagSet) action {
	s := settingsFlags(p, f, roleClient, strings.Replace(nodeName(), "homie-", "homie-cli-", 1))
	var name string
	f.StringVar(&name, "gateway", cmp.Or(p.Env("HOMIE_GATEWAY"), "homie"), "the gateway's `name` on the tailnet (HOMIE_GATEWAY)")
	return func(ctx context.Context, _ []string) error {
		log, err := s.logger(p.Err)
		if err != nil {
			return err
		}
		s.stateDir = clientDir(p, s.stateDir)
		dir, err := s.dir(p)
		if err != nil {
			return err
		}
		device, err := s.device(p, dir, log)
		if err != nil {
			return err
		}
		d, err := up.Start(ctx, device)
		if err != nil {
			return err
		}
		defer d.Close()
		b, err := json.Marshal(clientState{Gateway: name, ControlURL: s.controlURL, Hostname: s.hostname, PlainHTTP: s.plainHTTP})
		if err != nil {
			return err
		}
		if err := atomicfile.WriteFile(filepath.Join(dir, clientFile), b, 0o600); err != nil {
			return fmt.Errorf("remembering the gateway: %w", err)
		}
		fmt.Fprintf(p.Out, "This command line is %s on the tailnet. Try 'homie status'.\n", d.FQDN())
		return nil
	}
}

func logoutCommand(p process, f *flag.FlagSet) action {
	stateDir := f.String("state-dir", p.Env("HOMIE_STATE_DIR"), "the `directory` given to 'homie login' (HOMIE_STATE_DIR)")
	return func(ctx context.Context, _ []string) error {
		dir := clientDir(p, *stateDir)
		st, err := readClient(dir)
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintln(p.Out, "This command line was not logged in.")
			return nil
		}
		if err != nil {
			return err
		}
		left := leave(ctx, dir, st)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(left, up.ErrInUse) {
			return left
		}
		// The keys go in any case: that is what was asked for.
		if err := errors.Join(os.RemoveAll(tailnetDir(dir)), os.Remove(filepath.Join(dir, clientFile))); err != nil {
			return fmt.Errorf("removing the device's keys: %w", err)
		}
		fmt.Fprintln(p.Out, "Logged out.")
		if left != nil {
			fmt.Fprintf(p.Err, "The tailnet could not be told (%v), so it still lists the device %s; delete it in the admin console.\n", left, st.Hostname)
		}
		return nil
	}
}

// leave tells the tailnet that the device is gone.
func leave(ctx context.Context, dir string, st clientState) error {
	d, err := st.start(ctx, dir)
	if err != nil {
		return err
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return d.Local().Logout(ctx)
}

// start brings the remembered device up. It gives up if a person would have to
// do something: a command is no place to wait for that.
func (st clientState) start(ctx context.Context, dir string) (*up.Device, error) {
	soon, cancel := context.WithTimeoutCause(ctx, connectTimeout, errNotUp)
	defer cancel()
	soon, giveUp := context.WithCancelCause(soon)
	defer giveUp(nil)
	conf := up.Config{
		Hostname: st.Hostname, Dir: tailnetDir(dir), ControlURL: st.ControlURL,
		Out: onWrite(func() { giveUp(errNotUp) }),
	}
	d, err := up.Start(soon, conf)
	if err != nil && ctx.Err() == nil && soon.Err() != nil {
		return nil, context.Cause(soon)
	}
	return d, err
}

// errNotUp is the error of a remembered device that does not come up.
var errNotUp = errors.New("the tailnet can't be reached, or the login has ended; run 'homie login' again")

// onWrite is a writer that calls a function.
type onWrite func()

// Write calls the function.
func (f onWrite) Write(b []byte) (int, error) {
	f()
	return len(b), nil
}

func readClient(dir string) (clientState, error) {
	var st clientState
	path := filepath.Join(dir, clientFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(b, &st); err != nil {
		return st, fmt.Errorf("%s is damaged (%v); run 'homie login' again", path, err)
	}
	return st, nil
}
