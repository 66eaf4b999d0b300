package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"strings"

	"homie/cmd/homie/internal/api"
	"homie/gateway/terminal"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

const renameHelp = `
TERMINAL is one of those that 'homie attach' lists, as nas/k3v9q2mz or nas/NAME.
Everybody who sees it sees the new name. An empty NAME gives it the name of its
program; --group '' takes it out of its group.

  homie rename nas/k3v9q2mz backup
  homie rename --group Media nas/backup
` + targetHelp

// renameCommand gives a terminal another name, another group, or both.
func renameCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	var group *string
	f.Func("group", "what it is listed under; '' for nothing", func(text string) error {
		group = &text
		return nil
	})
	return func(ctx context.Context, args []string) error {
		node, which, _ := strings.Cut(args[0], "/")
		if which == "" {
			return usagef("%q is a machine; name one of its terminals, such as %s/k3v9q2mz", args[0], node)
		}
		params := wireterminal.UpdateParams{Node: wire.NodeName(node), Group: group}
		if len(args) > 1 {
			params.Name = &args[1]
		}
		if params.Name == nil && group == nil {
			return usagef("give it a NAME, or a --group")
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			found, err := findTerminal(ctx, s, params.Node, which, "")
			if err != nil {
				return err
			}
			params.Session = found.ID
			now, err := api.TerminalSessionUpdate(ctx, s, params)
			if err != nil || t.json {
				return orJSON(p, now, err)
			}
			_, err = fmt.Fprintf(p.Out, "%s/%s is %s%s\n", now.Node, now.ID, now.Name, inGroup(now.Group))
			return err
		})
	}
}

func orJSON(p process, v any, err error) error {
	if err != nil {
		return err
	}
	return printJSON(p, v)
}

func inGroup(group string) string {
	if group == "" {
		return ""
	}
	return ", in " + group
}

// envFlag collects NAME=VALUE.
func envFlag(f *flag.FlagSet) *map[string]string {
	env := map[string]string{}
	f.Func("env", "a variable for the program, `NAME=VALUE`; may be given several times", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("want NAME=VALUE")
		}
		env[name] = value
		return wireterminal.CheckEnv(env)
	})
	return &env
}

// byProfile fills in what a profile says and the command line does not. The
// profile's machine is not looked at: the command line names one.
func byProfile(ctx context.Context, s *session, name string, p wireterminal.StartParams) (wireterminal.StartParams, error) {
	if name == "" {
		return p, nil
	}
	all, err := api.TerminalProfileList(ctx, s, wire.Nothing{})
	if err != nil {
		return p, err
	}
	var names []string
	for _, v := range all.Profiles {
		if v.Name == name || string(v.ID) == name {
			return filled(p, v), nil
		}
		names = append(names, v.Name)
	}
	if len(names) == 0 {
		return p, wire.Errorf(wire.NotFound, "there is no profile %q, nor any other; the web app makes them", name)
	}
	return p, wire.Errorf(wire.NotFound, "there is no profile %q; there are %s", name, strings.Join(names, ", "))
}

func filled(p wireterminal.StartParams, by terminal.Profile) wireterminal.StartParams {
	for at, text := range map[*string]string{&p.Name: by.Name, &p.Dir: by.Dir, &p.Account: by.Account, &p.Group: by.Group} {
		if *at == "" {
			*at = text
		}
	}
	if len(p.Command) == 0 {
		p.Command = by.Command
	}
	env := map[string]string{}
	for _, from := range []map[string]string{by.Env, p.Env} {
		maps.Copy(env, from)
	}
	p.Env, p.Icon, p.Record = env, by.Icon, p.Record || by.Record
	return p
}
