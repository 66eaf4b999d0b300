package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"homie/rpc"
	"homie/wire"
)

// process is what a command has of the process around it.
type process struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
}

// command is one line of the table.
type command struct {
	name  string // one or two words
	args  string // what stands after the flags
	short string
	long  string // "" if short says it all
	// flags declares the command's flags and returns what runs it.
	flags func(p process, f *flag.FlagSet) func(ctx context.Context, args []string) error
}

// commands is everything that homie can be asked on the command line.
func commands() []command {
	return []command{
		{"up", "", "run a gateway and a node on this machine", upHelp, upCommand},
		{"gateway", "", "run the household's gateway", gatewayHelp, gatewayCommand},
		{"node", "", "run this machine's node", nodeHelp, nodeCommand},
		{"status", "", "show the gateway, who you are, and the machines", "", statusCommand},
		{"whoami", "", "show who Homie thinks you are, and what you may do", "", whoamiCommand},
		{"call", "METHOD [PARAMS]", "call a method with JSON params", callHelp, callCommand},
		{"pair list", "", "list machines that wait for approval, and paired ones", "", pairListCommand},
		{"pair approve", "MACHINE", "let a waiting machine in", "", pairApproveCommand},
		{"pair reject", "MACHINE", "refuse a waiting machine", "", pairRejectCommand},
		{"pair revoke", "MACHINE", "cut a machine off and keep it out", "", pairRevokeCommand},
		{"pair forget", "MACHINE", "remove every trace of a machine", "", pairForgetCommand},
		{"login", "", "join the tailnet as a command line of its own", loginHelp, loginCommand},
		{"logout", "", "leave the tailnet and forget the gateway", "", logoutCommand},
		{"version", "", "print the version", "", versionCommand},
	}
}

// Exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitUnreachable = 4
)

// errUsage marks an error that the help would have prevented.
var errUsage = errors.New("usage")

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, p process) int {
	if len(args) == 0 || args[0] == "help" && len(args) == 1 || isHelp(args[0]) {
		overview(p.Out)
		return 0
	}
	if args[0] == "help" {
		args = append(args[1:], "--help")
	}
	c, rest, ok := find(args)
	if !ok {
		fmt.Fprintf(p.Err, "homie: there is no command %q; 'homie help' lists them\n", strings.Join(args[:min(2, len(args))], " "))
		return exitUsage
	}
	f := flag.NewFlagSet("homie "+c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	do := c.flags(p, f)
	switch err := f.Parse(rest); {
	case errors.Is(err, flag.ErrHelp):
		help(p.Out, c, f)
		return 0
	case err != nil:
		fmt.Fprintf(p.Err, "homie %s: %v; 'homie %s --help' explains\n", c.name, err, c.name)
		return exitUsage
	}
	return exitCode(p.Err, c, do(ctx, f.Args()))
}

func isHelp(s string) bool { return s == "-h" || s == "-help" || s == "--help" }

// find returns the command that args start with, the longest name first.
func find(args []string) (c command, rest []string, ok bool) {
	for n := min(2, len(args)); n > 0; n-- {
		name := strings.Join(args[:n], " ")
		for _, c := range commands() {
			if c.name == name {
				return c, args[n:], true
			}
		}
	}
	return command{}, nil, false
}

func overview(w io.Writer) {
	fmt.Fprint(w, "homie: your household's command centre, on your own tailnet\n\nUsage: homie COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-14s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\n'homie COMMAND --help' explains a command.\n")
}

func help(w io.Writer, c command, f *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: homie %s [flags] %s\n\n%s.\n", c.name, c.args, strings.ToUpper(c.short[:1])+c.short[1:])
	if c.long != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(c.long))
	}
	any := false
	f.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprint(w, "\nFlags:\n")
		f.SetOutput(w)
		f.PrintDefaults()
	}
}

// exitCode says what went wrong, once, and how a script can tell.
func exitCode(w io.Writer, c command, err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	fmt.Fprintf(w, "homie %s: %v\n", c.name, err)
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, rpc.ErrClosed), errors.Is(err, errUnreachable):
		return exitUnreachable
	}
	switch wire.ReasonOf(err) {
	case wire.Forbidden, wire.Unauthenticated:
		return exitRefused
	case wire.Unavailable, wire.Timeout:
		return exitUnreachable
	case wire.InvalidParams, wire.UnknownMethod:
		return exitUsage
	}
	return exitFailed
}

func versionCommand(p process, _ *flag.FlagSet) func(context.Context, []string) error {
	return func(context.Context, []string) error {
		fmt.Fprintln(p.Out, version)
		return nil
	}
}
