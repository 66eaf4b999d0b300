package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"homie/cmd/homie/internal/api"
	"homie/gateway/pairing"
	"homie/wire"
)

const (
	machineHelp = `
MACHINE is the name or the device id that 'homie pair list' shows.
`
	pairApproveHelp = machineHelp + `
A machine that was rejected or revoked is let in again.
` + targetHelp
	pairRejectHelp = machineHelp + `
One that is paired already keeps what was approved before; another one is kept
out until it is approved after all.
` + targetHelp
	pairRevokeHelp = machineHelp + `
Nobody reaches its terminals through Homie any more; 'homie pair approve' lets it in
again. What runs in them goes on running there: end it on the machine itself. Once
its node is stopped too, it ends after the time that the node's --linger says.
` + targetHelp
	pairForgetHelp = machineHelp + `
The device is no node any more, has the rights of whom it belongs to again, and
may ask anew.
` + targetHelp
)

func pairListCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, _ []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.PairingList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			return printPairings(p.Out, all)
		})
	}
}

func printPairings(out io.Writer, all pairing.Pairings) error {
	if len(all.Requests)+len(all.Paired) == 0 {
		_, err := fmt.Fprintln(out, "No machine has asked yet. Run 'homie node' on one.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MACHINE\tSTATE\tSYSTEM\tACCOUNT\tOFFERS\tBELONGS TO\tDEVICE")
	line := func(name wire.NodeName, state, os, arch, account string, offers []string, owner string, tags []string, id wire.DeviceID) {
		fmt.Fprintf(w, "%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", name, state, os, arch, account, strings.Join(offers, ","), cmp.Or(owner, strings.Join(tags, ",")), id)
	}
	for _, r := range all.Requests {
		line(r.Name, "waiting", r.OS, r.Arch, r.Account, r.Capabilities, r.Owner, r.Tags, r.Device)
	}
	for _, r := range all.Paired {
		state := "paired by " + r.ApprovedBy
		if r.Revoked {
			state = "kept out"
		}
		line(r.Name, state, r.OS, r.Arch, r.Account, r.Capabilities, r.Owner, r.Tags, r.Device)
	}
	if err := w.Flush(); err != nil || len(all.Requests) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\nLet a waiting machine in with 'homie pair approve %s'.\n", all.Requests[0].Name)
	return err
}

func pairApproveCommand(p process, f *flag.FlagSet) action {
	only := f.String("only", "", "`capabilities` to approve of those offered, such as terminal; all if none are given")
	return pairCommand(p, f, "let in", waiting|keptOut, func(ctx context.Context, s *session, id wire.DeviceID) (any, error) {
		params := pairing.ApproveParams{Device: id}
		if *only != "" {
			params.Capabilities = strings.Split(*only, ",")
		}
		return api.PairingApprove(ctx, s, params)
	})
}

func pairRejectCommand(p process, f *flag.FlagSet) action {
	return pairCommand(p, f, "refused", waiting, func(ctx context.Context, s *session, id wire.DeviceID) (any, error) {
		return api.PairingReject(ctx, s, pairing.DeviceParams{Device: id})
	})
}

// livesOn is what a person who cuts a machine off has to know.
const livesOn = "What runs in its terminals goes on running there:\nend it on that machine, or stop its node, after which it ends in the time that --linger says"

func pairRevokeCommand(p process, f *flag.FlagSet) action {
	return pairCommand(p, f, "cut off. "+livesOn, paired, func(ctx context.Context, s *session, id wire.DeviceID) (any, error) {
		return api.PairingRevoke(ctx, s, pairing.DeviceParams{Device: id})
	})
}

func pairForgetCommand(p process, f *flag.FlagSet) action {
	return pairCommand(p, f, "forgotten", waiting|paired|keptOut, func(ctx context.Context, s *session, id wire.DeviceID) (any, error) {
		return api.PairingForget(ctx, s, pairing.DeviceParams{Device: id})
	})
}

// pairCommand does something to one machine in one of the given states.
func pairCommand(p process, f *flag.FlagSet, done string, in pairState, do func(context.Context, *session, wire.DeviceID) (any, error)) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.PairingList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			m, err := pick(all, args[0], in)
			if err != nil {
				return err
			}
			result, err := do(ctx, s, m.id)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, result)
			}
			_, err = fmt.Fprintf(p.Out, "%s is %s.\n", m.name, done)
			return err
		})
	}
}

// pairState is where a machine's pairing stands, or a set of that. A machine
// that offers more than was approved is paired and waiting.
type pairState int

const (
	waiting pairState = 1 << iota
	paired
	keptOut
)

// String names a single state.
func (s pairState) String() string {
	switch s {
	case waiting:
		return "waiting"
	case paired:
		return "paired"
	case keptOut:
		return "kept out"
	default:
		return "paired and waiting"
	}
}

// known is a machine that asked for or has a pairing.
type known struct {
	id    wire.DeviceID
	name  wire.NodeName
	state pairState
}

// everyone returns all machines.
func everyone(all pairing.Pairings) []known {
	states := map[wire.DeviceID]pairState{}
	var out []known
	for _, r := range all.Requests {
		states[r.Device] |= waiting
		out = append(out, known{id: r.Device, name: r.Name})
	}
	for _, r := range all.Paired {
		state := paired
		if r.Revoked {
			state = keptOut
		}
		if states[r.Device] == 0 {
			out = append(out, known{id: r.Device, name: r.Name})
		}
		states[r.Device] |= state
	}
	for i, m := range out {
		out[i].state = states[m.id]
	}
	return out
}

// pick finds a machine by its name, its name on the tailnet, or its device id.
// Of several with one name, as after a machine was set up anew, those in the
// wanted states count.
func pick(all pairing.Pairings, arg string, in pairState) (known, error) {
	var named, fit []known
	for _, m := range everyone(all) {
		if string(m.id) != arg && string(m.name) != strings.TrimPrefix(arg, "homie-") {
			continue
		}
		named = append(named, m)
		if m.state&in != 0 {
			fit = append(fit, m)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return known{}, wire.Errorf(wire.Conflict, "%d machines are called %q; use the device id that 'homie pair list' shows", len(fit), arg)
	case len(named) > 0:
		return known{}, wire.Errorf(wire.Conflict, "%s is %s", named[0].name, named[0].state)
	}
	return known{}, wire.Errorf(wire.NotFound, "no machine called %q has asked; 'homie pair list' shows those that have", arg)
}
