package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"homie/internal/tailbox"
)

// prepareChildren sets up bin/homie's processes: the gateway and the machines.
func (b *box) prepareChildren() error {
	if _, err := os.Stat(b.o.homie); err != nil {
		return fmt.Errorf("there is no %s; make build makes it", b.o.homie)
	}
	root := filepath.Join(b.dir, "root.pem")
	if err := os.WriteFile(root, b.tailnet.RootPEM(), 0o600); err != nil {
		return err
	}
	logs := filepath.Join(b.dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return err
	}
	base := append(inherited(os.Environ()), b.tailnet.Environ()...)
	base = append(base, "HOMIE_AUTHKEY="+b.tailnet.AuthKey(), "HOMIE_CA_FILE="+root)

	add := func(name, hostname, tag string, env []string, args ...string) {
		state := filepath.Join(b.dir, hostname)
		args = append(args, "--state-dir", state, "--control-url", b.tailnet.URL(), "--hostname", hostname)
		b.kids = append(b.kids, &child{
			name:  name,
			argv:  append([]string{b.o.homie}, args...),
			env:   slices.Concat(base, env, []string{"HOMIE_TAGS=" + tag}),
			state: state,
			log:   filepath.Join(logs, hostname+".log"),
			ended: b.childEnded,
			own:   &b.started,
		})
	}
	add("the gateway", tailbox.Gateway, "tag:homie", nil, "gateway", "--step-up", b.o.stepUp, "--notify-hosts", b.o.notifyHosts)
	for _, m := range machines {
		home, err := furnish(b.dir, m)
		if err != nil {
			return err
		}
		// A node's terminals have the home and the shell of the node itself.
		env := []string{"HOME=" + home, "SHELL=" + shell(), "HOMIE_LINGER=" + linger}
		add("the machine "+m.Name, m.Hostname, "tag:homie-node", env,
			"node", "--gateway", tailbox.Gateway, "--dir", filepath.Join(home, m.Start))
	}
	return nil
}

// inherited is the runner's environment without what would steer Homie or
// Tailscale elsewhere. The level of logging stays.
func inherited(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		if name == "HOMIE_LOG" {
			return false
		}
		return strings.HasPrefix(name, "HOMIE_") || strings.HasPrefix(name, "TS_") ||
			strings.HasPrefix(name, "TSNET_") || strings.HasPrefix(name, "SSL_CERT_")
	})
}

// childEnded tells of an end that nobody asked for. While everything starts it
// is the end of the box, later the child is started again.
func (b *box) childEnded(c *child, how error) error {
	if _, failed := errors.AsType[*startError](how); failed || !b.settled.Load() {
		return fmt.Errorf("%s ended: %w; its last lines:\n%s", c.name, how, c.tail())
	}
	b.report.say("\n%s ended (%v) and is started again; its last lines:\n%s", c.name, how, c.tail())
	for _, d := range b.doors {
		d.Forget()
	}
	return nil
}
