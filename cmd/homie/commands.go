package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"homie/node/jobs/runner"
	"homie/node/pty/holder"
)

// process is what a command has of the process around it.
type process struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
}

// action carries out a command whose flags are parsed.
type action func(ctx context.Context, args []string) error

// command is one line of the table.
type command struct {
	name  string // one or two words
	args  string // what it takes beside flags; [X] may be left out, [X...] repeated
	short string
	long  string // "" if short says it all
	// flags declares the command's flags and returns what runs it.
	flags func(p process, f *flag.FlagSet) action
}

// commands is everything that homie can be asked on the command line.
func commands() []command {
	return []command{
		{"up", "", "run a gateway and a node on this machine", upHelp, upCommand},
		{"gateway", "", "run the household's gateway", gatewayHelp, gatewayCommand},
		{"node", "", "run this machine's node", nodeHelp, nodeCommand},
		{"status", "", "show the gateway, who you are, and the machines", targetHelp, statusCommand},
		{"doctor", "", "look for what is not well, and say what to do", doctorHelp, doctorCommand},
		{"whoami", "", "show who Homie thinks you are, and what you may do", targetHelp, whoamiCommand},
		{"call", "METHOD [PARAMS]", "call a method with JSON params", callHelp, callCommand},
		{"attach", "[TERMINAL]", "show a terminal here, or list those that run", attachHelp, attachCommand},
		{"rename", "TERMINAL [NAME]", "give a terminal another name or group", renameHelp, renameCommand},
		{"ssh", "MACHINE [COMMAND...]", "start a terminal on a machine and show it here", sshHelp, sshCommand},
		{"recordings", "[MACHINE]", "list recordings of terminals", recordingsHelp, recordingsCommand},
		{"play", "RECORDING", "play a recording here", playHelp, playCommand},
		{"get", "FILE [TO...]", "fetch a file of a machine, or offer one to who looks here", getHelp, getCommand},
		{"put", "FILE [MORE...]", "send files to a folder of a machine", putHelp, putCommand},
		{"job list", "[MACHINE]", "list jobs, which machines do by name", jobListHelp, jobListCommand},
		{"job show", "JOB", "show a job, or its file", jobShowHelp, jobShowCommand},
		{"job run", "JOB", "start a job, and show what it prints", jobRunHelp, jobRunCommand},
		{"job runs", "[JOB]", "list what ran, runs and waits to", targetHelp, jobRunsCommand},
		{"job log", "RUN", "print the log of a run", jobLogHelp, jobLogCommand},
		{"job cancel", "RUN", "end a run", jobCancelHelp, jobCancelCommand},
		{"job define", "FILE JOB", "define a job by a TOML file, or check one", jobDefineHelp, jobDefineCommand},
		{"job remove", "JOB", "remove a job, with what is kept of its runs", targetHelp, jobRemoveCommand},
		{"pair list", "", "list machines that wait for approval, and paired ones", targetHelp, pairListCommand},
		{"pair approve", "MACHINE", "let a waiting machine in", pairApproveHelp, pairApproveCommand},
		{"pair reject", "MACHINE", "refuse a waiting machine", pairRejectHelp, pairRejectCommand},
		{"pair revoke", "MACHINE", "cut a machine off and keep it out", pairRevokeHelp, pairRevokeCommand},
		{"pair forget", "MACHINE", "remove every trace of a machine", pairForgetHelp, pairForgetCommand},
		{"audit list", "", "show who did what, and what was refused", auditListHelp, auditListCommand},
		{"audit export", "[FILE]", "save the audit log as lines of JSON", auditExportHelp, auditExportCommand},
		{"audit verify", "[FILE]", "check that nothing in the audit log was changed or removed", auditVerifyHelp, auditVerifyCommand},
		{"stepup list", "", "list what waits for you to confirm it", stepupListHelp, stepupListCommand},
		{"stepup confirm", "[CONFIRMATION]", "confirm what another device of yours asks for", stepupAnswerHelp, stepupConfirmCommand},
		{"stepup deny", "[CONFIRMATION]", "deny what another device of yours asks for", stepupAnswerHelp, stepupDenyCommand},
		{"stepup code", "[PERSON]", "show the one-time code for somebody's first passkey", stepupCodeHelp, stepupCodeCommand},
		{"policy print", "", "print the roles, the capabilities, and an example policy", policyHelp, policyPrintCommand},
		{"policy test", "FILE", "say what a policy file lets somebody do, and why", policyTestHelp, policyTestCommand},
		{"login", "", "join the tailnet as a command line of its own", loginHelp, loginCommand},
		{"logout", "", "leave the tailnet and forget the gateway", logoutHelp, logoutCommand},
		{"healthcheck", "", "say whether the gateway answers, for containers", healthHelp, healthCommand},
		{"version", "", "print the version", "", versionCommand},
	}
}

// hidden are commands for Homie itself. No list has them.
func hidden() []command {
	return []command{
		{holder.Command, "", "hold the terminals of a node", holderHelp, holderCommand},
		{runner.Command, "DIR", "carry a run of a job", runnerHelp, runnerCommand},
	}
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, p process) int {
	leading, args, err := leadingFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp), err == nil && len(args) == 0 && len(leading) == 0:
		overview(p.Out)
		return exitDone
	case err != nil:
		return report(p, "homie", false, err)
	case len(args) == 0:
		return report(p, "homie", false, usagef("a command is missing"))
	case args[0] == "help":
		return helpCommand(p, args[1:])
	}
	c, rest, ok := find(args)
	if !ok && isHelp(args[len(args)-1]) {
		return helpCommand(p, args[:len(args)-1])
	}
	if !ok {
		return report(p, "homie", false, unknown(args))
	}
	f, do := c.prepare(p)
	words, err := parse(f, append(leading, rest...))
	if errors.Is(err, flag.ErrHelp) {
		c.help(p.Out, f)
		return exitDone
	}
	if err == nil {
		err = c.check(words)
	}
	if err == nil {
		err = do(ctx, words)
	}
	return report(p, "homie "+c.name, wantsJSON(f), err)
}

// prepare returns the command's flags and what carries it out.
func (c command) prepare(p process) (*flag.FlagSet, action) {
	f := flag.NewFlagSet("homie "+c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f, c.flags(p, f)
}

// leadingFlags takes the flags off that stand before the command, as in
// "homie --url URL call …". Commands that don't have them refuse them later.
func leadingFlags(args []string) (leading, rest []string, err error) {
	if len(args) > 0 && (args[0] == "--version" || args[0] == "-version") {
		return nil, append([]string{"version"}, args[1:]...), nil
	}
	f := flag.NewFlagSet("homie", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	targetFlags(f)
	if err := f.Parse(args); err != nil {
		return nil, nil, flagError(err)
	}
	n := len(args) - f.NArg()
	return args[:n:n], args[n:], nil
}

// parse parses flags wherever they stand and returns the words between them.
// Everything after "--" is a word.
func parse(f *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, flagError(err)
		}
		rest := f.Args()
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			return append(words, rest...), nil
		}
		if len(rest) == 0 {
			return words, nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

// flagError gives the errors of package flag our words.
func flagError(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return usagef("there is no flag --%s here", strings.TrimPrefix(name, "-"))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return usagef("--%s needs a value", name)
	}
	return usagef("%s", strings.TrimSuffix(text, ": parse error"))
}

// check compares the words on the command line with what the command takes.
func (c command) check(words []string) error {
	want := strings.Fields(c.args)
	for i, w := range want {
		if i >= len(words) && !strings.HasPrefix(w, "[") {
			return usagef("%s is missing", w)
		}
	}
	if len(words) > len(want) && !strings.HasSuffix(c.args, "...]") {
		return usagef("unexpected %q", words[len(want)])
	}
	return nil
}

func isHelp(s string) bool { return s == "-h" || s == "-help" || s == "--help" }

// find returns the command that args start with, the longest name first.
func find(args []string) (c command, rest []string, ok bool) {
	for n := min(2, len(args)); n > 0; n-- {
		name := strings.Join(args[:n], " ")
		for _, c := range append(commands(), hidden()...) {
			if c.name == name {
				return c, args[n:], true
			}
		}
	}
	return command{}, nil, false
}

// group returns the commands whose first word is name.
func group(name string) []command {
	var out []command
	for _, c := range commands() {
		if strings.HasPrefix(c.name, name+" ") {
			out = append(out, c)
		}
	}
	return out
}

// unknown is the error for words that name no command.
func unknown(args []string) error {
	g := group(args[0])
	if len(g) == 0 {
		return usagef("there is no command %q", args[0])
	}
	var names []string
	for _, c := range g {
		names = append(names, c.name)
	}
	return usagef("want one of: %s", strings.Join(names, ", "))
}

func wantsJSON(f *flag.FlagSet) bool {
	j := f.Lookup("json")
	return j != nil && j.Value.String() == "true"
}

// usageError is one that the help would have prevented.
type usageError struct{ text string }

// Error returns what is wrong with the command line.
func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}
