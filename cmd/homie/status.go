package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/gateway/presence"
	"homie/wire"
	"homie/wire/terminal"
)

// status is what 'homie status --json' prints.
type status struct {
	Server   wire.ServerInfo    `json:"server"`
	Caller   wire.Whoami        `json:"caller"`
	Machines []presence.Machine `json:"machines"`
}

func statusCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			out := status{Server: s.hello.Server, Caller: s.hello.Caller}
			list, err := api.PresenceList(ctx, s, wire.Nothing{})
			if err != nil {
				if !t.json {
					printServer(p.Out, out)
					printAskFor(p.Out, out.Caller)
					if out.Caller.AskFor != "" {
						return exitStatusError(exitRefused) // that was said, and kindly
					}
				}
				return err
			}
			out.Machines = list.Machines
			if t.json {
				return printJSON(p, out)
			}
			printServer(p.Out, out)
			return printMachines(p.Out, out.Machines, time.Now())
		})
	}
}

func printServer(w io.Writer, s status) {
	fmt.Fprintf(w, "Gateway  %s %s\nYou      %s\n", s.Server.Name, s.Server.Version, describe(s.Caller))
	printWarnings(w, s.Caller)
}

func printMachines(w io.Writer, machines []presence.Machine, now time.Time) error {
	if len(machines) == 0 {
		_, err := fmt.Fprintln(w, "\nNo machines yet. Run 'homie node' on one.")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "\nMACHINE\tSTATE\tSYSTEM\tCONNECTED\tUP\tLOAD\tMEMORY\tDISK\tTERMINALS")
	for _, m := range machines {
		up, load, memory, disk, sessions := "-", "-", "-", "-", "-"
		if h := m.Health; h != nil && m.Online {
			up = age(time.Duration(h.UptimeMs) * time.Millisecond)
			load = fmt.Sprintf("%.2f", h.Load1)
			memory = share(h.MemoryUsed, h.MemoryTotal)
			disk = share(h.DiskUsed, h.DiskTotal)
			sessions = fmt.Sprint(h.Sessions)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			m.Name, presenceOf(m, now), m.OS, m.Arch, connection(m.Connection), up, load, memory, disk, sessions)
	}
	return tw.Flush()
}

// presenceOf says whether a machine is there, or since when it is not.
func presenceOf(m presence.Machine, now time.Time) string {
	switch {
	case m.Online:
		return "online"
	case m.LastSeen.IsZero():
		return "offline"
	}
	return "offline for " + age(now.Sub(m.LastSeen))
}

// age is a duration in its two greatest units at most.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(max(d, 0)/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < day:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%dd%02dh", int(d/day), int(d%day/time.Hour))
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

// printTerminals lists terminals, what 'homie attach' takes first.
func printTerminals(w io.Writer, all []terminal.Session, now time.Time) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "No terminals are open. 'homie ssh MACHINE' starts one.")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "TERMINAL\tNAME\tSTATE\tACCOUNT\tSIZE\tVIEWERS\tSTARTED\tGROUP\tFOLDER\tBY")
	for _, t := range all {
		fmt.Fprintf(tw, "%s/%s\t%s\t%s\t%s\t%d×%d\t%d\t%s ago\t%s\t%s\t%s\n",
			t.Node, t.ID, t.Name, t.State, t.Account, t.Cols, t.Rows, t.Viewers, age(now.Sub(t.StartedAt)),
			cmp.Or(t.Group, "-"), cmp.Or(t.Cwd, t.Dir), t.StartedBy)
	}
	return tw.Flush()
}
