package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/gateway/presence"
	"homie/wire"
)

// status is what 'homie status --json' prints.
type status struct {
	Server   wire.ServerInfo    `json:"server"`
	Caller   wire.Whoami        `json:"caller"`
	Machines []presence.Machine `json:"machines"`
}

func statusCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	t := targetFlags(p, f)
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			list, err := api.PresenceList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			out := status{Server: s.hello.Server, Caller: s.hello.Caller, Machines: list.Machines}
			if t.json {
				return printJSON(p, out)
			}
			return printStatus(p.Out, out, time.Now())
		})
	}
}

func printStatus(w io.Writer, s status, now time.Time) error {
	fmt.Fprintf(w, "Gateway  %s %s\nYou      %s\n\n", s.Server.Name, s.Server.Version, describe(s.Caller))
	if len(s.Machines) == 0 {
		_, err := fmt.Fprintln(w, "No machines yet. Run 'homie node --gateway homie' on one.")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "MACHINE\tSTATE\tCONNECTED\tLOAD\tMEMORY\tDISK\tTERMINALS")
	for _, m := range s.Machines {
		state, load, memory, disk, sessions := "offline", "-", "-", "-", "-"
		if m.Online {
			state = "online"
		} else if !m.LastSeen.IsZero() {
			state = "offline since " + now.Sub(m.LastSeen).Round(time.Second).String()
		}
		if h := m.Health; h != nil && m.Online {
			load = fmt.Sprintf("%.2f", h.Load1)
			memory = share(h.MemoryUsed, h.MemoryTotal)
			disk = share(h.DiskUsed, h.DiskTotal)
			sessions = fmt.Sprint(h.Sessions)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, state, connection(m.Connection), load, memory, disk, sessions)
	}
	return tw.Flush()
}

func share(used, total uint64) string {
	if total == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(used)/float64(total))
}

func connection(c presence.Connection) string {
	s := c.Kind
	if c.Relay != "" {
		s += " " + c.Relay
	}
	if c.LatencyMs != nil {
		s += fmt.Sprintf(" %.1f ms", *c.LatencyMs)
	}
	return s
}

// describe is a caller in one line.
func describe(w wire.Whoami) string {
	s := w.Name
	if w.Person != nil {
		s += " (" + w.Person.Login + ")"
	}
	if w.Device != nil {
		s += " on " + w.Device.Name
	}
	if len(w.Roles) > 0 {
		s += ", " + strings.Join(w.Roles, ", ")
	}
	return s
}

func whoamiCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	t := targetFlags(p, f)
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			who, err := api.IdentityWhoami(ctx, s, wire.Nothing{})
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

func printWhoami(w io.Writer, who wire.Whoami) {
	fmt.Fprintln(w, describe(who))
	for _, g := range who.Grants {
		rights := g.Allow
		if g.Role != "" {
			rights = append([]string{"role " + g.Role}, rights...)
		}
		line := strings.Join(rights, ", ")
		if g.Nodes != nil {
			line += " on " + strings.Join(g.Nodes, ", ")
		}
		if len(g.As) > 0 {
			line += " as " + strings.Join(g.As, ", ")
		}
		fmt.Fprintf(w, "  %s: %s\n", strings.TrimSpace(line), g.Why)
	}
	for _, problem := range who.Problems {
		fmt.Fprintf(w, "  ! %s\n", problem)
	}
	if who.AskFor != "" {
		fmt.Fprintf(w, "\nNobody has let you in yet. Send this to the person who runs this home:\n\n%s\n", who.AskFor)
	}
}
