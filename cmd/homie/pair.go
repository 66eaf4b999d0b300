package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"homie/cmd/homie/internal/api"
	"homie/gateway/pairing"
	"homie/wire"
)

func pairListCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	t := targetFlags(p, f)
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.PairingList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			return printPairings(p, all)
		})
	}
}

func printPairings(p process, all pairing.Pairings) error {
	if len(all.Requests)+len(all.Paired) == 0 {
		fmt.Fprintln(p.Out, "No machine has asked yet. Run 'homie node --gateway homie' on one.")
		return nil
	}
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MACHINE\tSTATE\tSYSTEM\tACCOUNT\tOFFERS\tBELONGS TO\tDEVICE")
	for _, r := range all.Requests {
		fmt.Fprintf(w, "%s\twaiting\t%s/%s\t%s\t%s\t%s\t%s\n", r.Name, r.OS, r.Arch, r.Account,
			strings.Join(r.Capabilities, ","), belongs(r.Owner, r.Tags), r.Device)
	}
	for _, r := range all.Paired {
		state := "paired by " + r.ApprovedBy
		if r.Revoked {
			state = "kept out"
		}
		fmt.Fprintf(w, "%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", r.Name, state, r.OS, r.Arch, r.Account,
			strings.Join(r.Capabilities, ","), belongs(r.Owner, r.Tags), r.Device)
	}
	return w.Flush()
}

func belongs(owner string, tags []string) string {
	if owner != "" {
		return owner
	}
	return strings.Join(tags, ",")
}

func pairApproveCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	return pairCommand(p, f, "let in", func(ctx context.Context, s *session, id wire.DeviceID) error {
		_, err := api.PairingApprove(ctx, s, pairing.ApproveParams{Device: id})
		return err
	})
}

func pairRejectCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	return pairCommand(p, f, "refused", func(ctx context.Context, s *session, id wire.DeviceID) error {
		_, err := api.PairingReject(ctx, s, pairing.DeviceParams{Device: id})
		return err
	})
}

func pairRevokeCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	return pairCommand(p, f, "cut off", func(ctx context.Context, s *session, id wire.DeviceID) error {
		_, err := api.PairingRevoke(ctx, s, pairing.DeviceParams{Device: id})
		return err
	})
}

func pairForgetCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	return pairCommand(p, f, "forgotten", func(ctx context.Context, s *session, id wire.DeviceID) error {
		_, err := api.PairingForget(ctx, s, pairing.DeviceParams{Device: id})
		return err
	})
}

// pairCommand does something to one machine, by its name or device id.
func pairCommand(p process, f *flag.FlagSet, done string, do func(context.Context, *session, wire.DeviceID) error) func(context.Context, []string) error {
	t := targetFlags(p, f)
	return func(ctx context.Context, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%w: name one machine; 'homie pair list' shows them", errUsage)
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.PairingList(ctx, s, wire.Nothing{})
			if err != nil {
				return err
			}
			id, name, err := machine(all, args[0])
			if err != nil {
				return err
			}
			if err := do(ctx, s, id); err != nil {
				return err
			}
			fmt.Fprintf(p.Out, "%s is %s.\n", name, done)
			return nil
		})
	}
}

// machine finds a machine by name or device id. Two with one name are told apart
// by their ids.
func machine(all pairing.Pairings, arg string) (wire.DeviceID, wire.NodeName, error) {
	found := map[wire.DeviceID]wire.NodeName{}
	for _, r := range all.Requests {
		if string(r.Name) == arg || string(r.Device) == arg {
			found[r.Device] = r.Name
		}
	}
	for _, r := range all.Paired {
		if string(r.Name) == arg || string(r.Device) == arg {
			found[r.Device] = r.Name
		}
	}
	switch len(found) {
	case 0:
		return "", "", wire.Errorf(wire.NotFound, "no machine called %q is known; 'homie pair list' shows them", arg)
	case 1:
		for id, name := range found {
			return id, name, nil
		}
	}
	return "", "", wire.Errorf(wire.Conflict, "%d machines are called %q; use the device id that 'homie pair list' shows", len(found), arg)
}
