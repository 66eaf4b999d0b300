package main

import (
	"context"
	"flag"
	"slices"
	"strings"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/wire"
	"homie/wire/terminal"
)

const (
	viewHelp = `
Ctrl-\ detaches (--detach-key chooses another key): what runs there runs on, and
'homie attach' or the web app comes back to it. When the connection is lost,
Homie connects again by itself and goes on where it was. The exit status is the
program's; 128 and the signal's number if a signal ended it; 0 after a detach.

Who else is there, and that the session is recorded, is said in the last line at
first and in the terminal's title from then on. Without the right to type
(terminal:write) one watches.
`
	attachHelp = `
TERMINAL is a machine, such as nas, or one terminal there, as nas/k3v9q2mz or
nas/NAME. Of a machine it is the terminal that was started last, and a new one
if none runs; with --as, of those that run under that account. Without a TERMINAL,
those that run are listed.
` + viewHelp + targetHelp
	sshHelp = `
Starts a new terminal on the machine, with the login shell there or a command:

  homie ssh nas
  homie ssh nas -- htop -d 10
  homie ssh nas --dir ~/src --env CC=clang --group Work -- make
  homie ssh nas --profile Build
` + viewHelp + targetHelp
)

// attachFlags are those of a command that shows a terminal.
type attachFlags struct {
	*target
	detach  *string
	watch   *bool
	copies  *bool
	profile string // by which to start, "" for none
	start   terminal.StartParams
}

func newAttachFlags(f *flag.FlagSet) *attachFlags {
	a := &attachFlags{target: targetFlags(f)}
	a.detach = f.String("detach-key", `ctrl-\`, "the `key` that detaches; none turns it off")
	a.copies = f.Bool("allow-clipboard", false, "let programs there copy to the clipboard here (OSC 52); none ever reads it")
	return a
}

func attachCommand(p process, f *flag.FlagSet) action {
	a := newAttachFlags(f)
	a.watch = f.Bool("watch", false, "look on, and type nothing")
	fresh := f.Bool("new", false, "start a new terminal")
	f.StringVar(&a.start.Account, "as", "", "a terminal that runs under the OS `account`")
	return func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return listTerminals(ctx, p, a.target)
		}
		node, which, _ := strings.Cut(args[0], "/")
		switch {
		case *fresh && which != "":
			return usagef("--new takes a machine, not one of its terminals")
		case a.start.Account != "" && which != "":
			return usagef("--as takes a machine, not one of its terminals: each has its account")
		}
		return a.view(ctx, p, func(ctx context.Context, s *session) (terminal.Session, error) {
			if *fresh {
				return a.begin(ctx, s, wire.NodeName(node))
			}
			found, err := findTerminal(ctx, s, wire.NodeName(node), which, a.start.Account)
			switch {
			case err != nil:
				return terminal.Session{}, err
			case found != nil:
				return *found, nil
			}
			return a.begin(ctx, s, wire.NodeName(node))
		})
	}
}

func sshCommand(p process, f *flag.FlagSet) action {
	a := newAttachFlags(f)
	a.watch = new(bool)
	f.StringVar(&a.start.Account, "as", "", "the OS `account` to run under")
	f.StringVar(&a.start.Dir, "dir", "", "the `directory` to start in")
	f.StringVar(&a.start.Name, "name", "", "what the terminal is called")
	f.StringVar(&a.start.Group, "group", "", "what it is listed under")
	f.StringVar(&a.profile, "profile", "", "start by the `profile` of this name")
	env := envFlag(f)
	return func(ctx context.Context, args []string) error {
		a.start.Command, a.start.Env = args[1:], *env
		return a.view(ctx, p, func(ctx context.Context, s *session) (terminal.Session, error) {
			return a.begin(ctx, s, wire.NodeName(args[0]))
		})
	}
}

// begin starts a new terminal on a machine.
func (a *attachFlags) begin(ctx context.Context, s *session, node wire.NodeName) (terminal.Session, error) {
	params, err := byProfile(ctx, s, a.profile, a.start)
	if err != nil {
		return terminal.Session{}, err
	}
	params.Node = node
	return api.TerminalSessionStart(ctx, s, params)
}

// view shows the terminal that choose returns until it ends or is detached.
func (a *attachFlags) view(ctx context.Context, p process, choose func(context.Context, *session) (terminal.Session, error)) error {
	key, err := parseDetachKey(*a.detach)
	if err != nil {
		return err
	}
	if a.json {
		return usagef("a terminal can't be shown as JSON")
	}
	d, closer, err := a.resolve(p).dialer(ctx, p)
	if err != nil {
		return err
	}
	defer closer()
	tty := newTTY(p)
	a.start.Cols, a.start.Rows = tty.size()
	v := &viewer{
		tty: tty, notes: p.Err, detach: key, watch: *a.watch, choose: choose,
		clip:    clipboardFilter{allow: *a.copies},
		connect: func(ctx context.Context, do func(context.Context, *session) error) error { return talk(ctx, p, d, do) },
	}
	return v.run(ctx)
}

// findTerminal returns the terminal of a machine with an id or a name; "" means
// the newest one that runs, as the account if one is named, nil if there is none.
func findTerminal(ctx context.Context, s *session, node wire.NodeName, which, account string) (*terminal.Session, error) {
	all, err := api.TerminalSessionList(ctx, s, terminal.ListParams{Node: node})
	if err != nil {
		return nil, err
	}
	slices.Reverse(all.Sessions) // newest first
	for _, t := range all.Sessions {
		if account != "" && t.Account != account {
			continue
		}
		if (which == "" && t.State == terminal.Running) || which == string(t.ID) || (which != "" && which == t.Name) {
			return &t, nil
		}
	}
	if which == "" {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	return nil, wire.Errorf(wire.NotFound, "there is no terminal %q on %s; 'homie attach' lists them", which, node)
}

// listTerminals prints what can be attached to.
func listTerminals(ctx context.Context, p process, t *target) error {
	return t.connect(ctx, p, func(ctx context.Context, s *session) error {
		all, err := api.TerminalSessionList(ctx, s, terminal.ListParams{})
		if err != nil {
			return err
		}
		if t.json {
			return printJSON(p, all)
		}
		return printTerminals(p.Out, all.Sessions, time.Now())
	})
}
