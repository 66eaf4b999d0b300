package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/gateway/stepup"
	"homie/wire"
)

const (
	stepupListHelp = `
Sensitive acts, such as opening a terminal, are confirmed by the person who does
them, on another device of theirs or by a passkey. This lists what waits for you,
and what was answered within the last minutes.
` + targetHelp
	stepupAnswerHelp = `
CONFIRMATION is an id that 'homie stepup list' shows; it may be left out while one
waits. What a device asks for, another device of the same person answers.
` + targetHelp
	stepupCodeHelp = `
The first passkey of somebody who has no second device is confirmed by a code. They
choose 'Add a passkey' on Homie's page 'Who am I'; this shows the code that the page
asks for. It works on the machine that the gateway runs on, under its account.

PERSON is a login, a name or a device; it may be left out while one waits.
` + targetHelp
)

func stepupListCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.StepupConfirmationList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			if len(all.Confirmations) == 0 {
				_, err := fmt.Fprintln(p.Out, "Nothing waits for you to confirm it.")
				return err
			}
			w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "CONFIRMATION\tSTATE\tASKED BY\tAT\tTO")
			for _, c := range all.Confirmations {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.State, c.DeviceOf, c.AskedAt.Local().Format(time.TimeOnly), plainName(c.Words))
			}
			return w.Flush()
		})
	}
}

func stepupConfirmCommand(p process, f *flag.FlagSet) action { return stepupAnswer(p, f, true) }

func stepupDenyCommand(p process, f *flag.FlagSet) action { return stepupAnswer(p, f, false) }

// stepupAnswer answers one confirmation.
func stepupAnswer(p process, f *flag.FlagSet, confirm bool) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			id, err := chosen(ctx, s, args)
			if err != nil {
				return err
			}
			c, err := api.StepupConfirmationAnswer(ctx, s, stepup.AnswerParams{ID: id, Confirm: confirm})
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, c)
			}
			_, err = fmt.Fprintf(p.Out, "%s, for %s: %s\n", c.State, c.DeviceOf, plainName(c.Words))
			return err
		})
	}
}

// chosen is the confirmation that was named, or the only one that waits.
func chosen(ctx context.Context, s *session, args []string) (wire.ConfirmationID, error) {
	if len(args) > 0 {
		return wire.ConfirmationID(args[0]), nil
	}
	all, err := api.StepupConfirmationList(ctx, s, wire.Nothing{})
	if err != nil {
		return "", err
	}
	var waiting []wire.ConfirmationID
	for _, c := range all.Confirmations {
		if c.State == stepup.Waiting {
			waiting = append(waiting, c.ID)
		}
	}
	switch len(waiting) {
	case 1:
		return waiting[0], nil
	case 0:
		return "", wire.Errorf(wire.NotFound, "nothing waits for you to confirm it")
	}
	return "", wire.Errorf(wire.Conflict, "%d things wait; say which, by the id that 'homie stepup list' shows", len(waiting))
}

func stepupCodeCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		var params stepup.CodeForParams
		if len(args) > 0 {
			params.For = args[0]
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			c, err := api.StepupCodeCreate(ctx, s, params)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, c)
			}
			_, err = fmt.Fprintf(p.Out, "%s, on %s:\n%s.\n\n    %s\n\nType this code there. It is good until %s, and once.\n",
				plainName(c.Person), plainName(c.Device), plainName(c.Words), c.Code, c.Expires.Local().Format(time.TimeOnly))
			return err
		})
	}
}
