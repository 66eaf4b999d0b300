package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

const recordingsHelp = `
Lists the recordings of terminals, of all machines or of one: those that you may
play. 'homie play' plays one. A recording begins in the web app, or with

  homie call terminal.recording.start '{"node":"nas","session":"k3v9q2mz"}'
` + targetHelp

func recordingsCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		var of terminal.RecordingListParams
		if len(args) > 0 {
			of.Node = wire.NodeName(args[0])
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.TerminalRecordingList(ctx, s, of)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			return printRecordings(p.Out, all.Recordings)
		})
	}
}

func printRecordings(w io.Writer, all []terminal.Recording) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "There are no recordings.")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "RECORDING\tNAME\tACCOUNT\tSTARTED\tLENGTH\tKB\tBY")
	for _, r := range all {
		length := (time.Duration(r.DurationMs) * time.Millisecond).Round(time.Second).String()
		if r.Live {
			length += ", goes on"
		}
		by := r.By
		if by == "" {
			by = "the machine"
		}
		fmt.Fprintf(tw, "%s/%s\t%s\t%s\t%s\t%s\t%d\t%s\n",
			r.Node, r.ID, r.Name, r.Account, r.StartedAt.Local().Format(time.DateTime), length, (r.Bytes+1023)/1024, by)
	}
	return tw.Flush()
}

// fetchRecording writes the file of a recording, named as in a list, to w.
func fetchRecording(ctx context.Context, s *session, name string, w io.Writer) error {
	node, id, _ := strings.Cut(name, "/")
	params := terminal.RecordingReadParams{Node: wire.NodeName(node), Recording: terminal.RecordingID(id)}
	_, stream, err := rpc.Open(ctx, s.Conn, terminal.RecordingRead, params)
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	for {
		c, err := stream.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.Kind != wire.Data {
			continue
		}
		if _, err := w.Write(c.Data); err != nil {
			return fmt.Errorf("keeping the recording: %w", err)
		}
	}
}
