package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"homie/cmd/homie/internal/api"
	"homie/wire"
)

func whoamiCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			who, err := api.IdentityWhoami(ctx, s, wire.WhoamiParams{})
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, who)
			}
			printWhoami(p.Out, who)
			return nil
		})
	}
}

// describe is a caller in one line.
func describe(w wire.Whoami) string {
	s := w.Name
	if w.Person != nil && w.Person.Login != w.Name {
		s += " (" + w.Person.Login + ")"
	}
	if w.Device != nil && w.Device.Name != w.Name {
		s += " on " + w.Device.Name
	}
	if len(w.Roles) > 0 {
		s += ", " + strings.Join(w.Roles, ", ")
	}
	return s
}

func printWhoami(w io.Writer, who wire.Whoami) {
	fmt.Fprintln(w, describe(who))
	for _, g := range who.Grants {
		fmt.Fprintf(w, "  %s: %s\n", grant(g), g.Why)
	}
	for _, problem := range who.Problems {
		fmt.Fprintf(w, "  ! %s\n", problem)
	}
	printWarnings(w, who)
	printAskFor(w, who)
}

// printWarnings tells an owner what is wrong with the home.
func printWarnings(w io.Writer, who wire.Whoami) {
	for _, warning := range who.Warnings {
		fmt.Fprintf(w, "  ! %s\n", warning)
	}
}

// grant is one grant value in words.
func grant(g wire.GrantInfo) string {
	var rights []string
	if g.Role != "" {
		rights = append(rights, "role "+g.Role)
	}
	s := strings.Join(append(rights, g.Allow...), ", ")
	if g.Nodes != nil {
		s += " on " + strings.Join(g.Nodes, ", ")
	}
	if len(g.As) > 0 {
		s += " as " + strings.Join(g.As, ", ")
	}
	return strings.TrimSpace(s)
}

// printAskFor shows a visitor which grant would let them in.
func printAskFor(w io.Writer, who wire.Whoami) {
	if who.AskFor != "" {
		fmt.Fprintf(w, "\nNobody has let you in yet. Send this to the person who runs this home; it belongs\nunder \"grants\" in the tailnet policy file:\n\n%s\n\n", who.AskFor)
	}
}
