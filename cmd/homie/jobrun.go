package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"homie/cmd/homie/internal/api"
	"homie/rpc"
	"homie/wire"
	"homie/wire/jobs"
)

// paramFlags are --param NAME=VALUE, as often as it takes.
type paramFlags map[string]string

// String is what the flag package asks for.
func (v paramFlags) String() string { return "" }

// Set takes one.
func (v paramFlags) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is no parameter such as target=/srv", s)
	}
	v[name] = value
	return nil
}

func jobRunCommand(p process, f *flag.FlagSet) action {
	t, params := targetFlags(f), paramFlags{}
	f.Var(params, "param", "a parameter, as `NAME=VALUE`; may be repeated")
	follow := f.Bool("follow", false, "show its log, and end as it does")
	key := f.String("key", "", "a `word` that makes a repeated call safe: the same one starts no second run")
	return func(ctx context.Context, args []string) error {
		node, id, err := jobName(args[0])
		if err != nil {
			return err
		}
		start := jobs.LaunchParams{Node: node, Job: id, Params: params, Key: *key}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			r, err := startJob(ctx, s, start)
			if err != nil {
				return err
			}
			if *follow {
				return t.follow(ctx, p, s, jobs.TailParams{Node: node, Run: r.ID, Follow: true})
			}
			if t.json {
				return printJSON(p, r)
			}
			_, err = fmt.Fprintf(p.Out, "%s/%s is %s. 'homie job log %s/%s --follow' shows what it prints.\n", node, r.ID, r.State, node, r.ID)
			return err
		})
	}
}

// startJob starts a job by the right that the caller has: to run any, or to
// press the button that it may be.
func startJob(ctx context.Context, s *session, start jobs.LaunchParams) (jobs.Run, error) {
	r, err := api.JobsStart(ctx, s, start)
	if wire.ReasonOf(err) != wire.Forbidden {
		return r, err
	}
	pressed, pressErr := api.JobsPress(ctx, s, start)
	if pressErr == nil {
		return pressed, nil
	}
	if wire.ReasonOf(pressErr) == wire.Forbidden {
		return r, err // what was missing is the right to run it
	}
	return r, pressErr
}

func jobLogCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	follow := f.Bool("follow", false, "go on until the run is done")
	from := f.Uint64("from", 0, "the first `byte` that is wanted")
	return func(ctx context.Context, args []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			r, err := findRun(ctx, s, args[0])
			if err != nil {
				return err
			}
			return copyLog(ctx, p.Out, s, jobs.TailParams{Node: r.Node, Run: r.ID, Offset: *from, Follow: *follow})
		})
	}
}

func jobCancelCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			r, err := findRun(ctx, s, args[0])
			if err != nil {
				return err
			}
			if r.State == jobs.Done {
				return wire.Errorf(wire.Conflict, "%s/%s is done already: it %s", r.Node, r.ID, howItStands(r))
			}
			if r, err = api.JobsCancel(ctx, s, jobs.RunParams{Node: r.Node, Run: r.ID}); err != nil {
				return err
			}
			if t.json {
				return printJSON(p, r)
			}
			_, err = fmt.Fprintf(p.Out, "%s/%s is told to end.\n", r.Node, r.ID)
			return err
		})
	}
}

// findRun finds "nas/RUN", or the latest run of "nas/JOB".
func findRun(ctx context.Context, s *session, name string) (jobs.Run, error) {
	node, which, ok := strings.Cut(name, "/")
	if !ok {
		return jobs.Run{}, usagef("%q names no run; one is named by its machine and itself, such as nas/backup or nas/k3v9q2mzk3v9q2mz", name)
	}
	if id := jobs.ID(which); id.Valid() {
		all, err := api.JobsRuns(ctx, s, jobs.RunsParams{Node: wire.NodeName(node), Job: id, Limit: 1})
		if err != nil {
			return jobs.Run{}, err
		}
		if len(all.Runs) > 0 {
			return all.Runs[0], nil
		}
	}
	return api.JobsStatus(ctx, s, jobs.RunParams{Node: wire.NodeName(node), Run: jobs.RunID(which)})
}

// copyLog writes the log of a run to w.
func copyLog(ctx context.Context, w io.Writer, s *session, p jobs.TailParams) error {
	_, stream, err := rpc.Open(ctx, s.Conn, jobs.Tail, p)
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	for next := p.Offset; ; {
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
		if c.Offset > next {
			fmt.Fprintf(w, "\n[homie: %d bytes are not kept]\n", c.Offset-next)
		}
		next = c.Offset + uint64(len(c.Data))
		if _, err := w.Write(c.Data); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
	}
}

// follow shows a run's log and ends as the run does.
func (t target) follow(ctx context.Context, p process, s *session, tail jobs.TailParams) error {
	out := p.Out
	if t.json {
		out = p.Err
	}
	if err := copyLog(ctx, out, s, tail); err != nil {
		return err
	}
	r, err := api.JobsStatus(ctx, s, jobs.RunParams{Node: tail.Node, Run: tail.Run})
	if err != nil {
		return err
	}
	if t.json {
		if err := printJSON(p, r); err != nil {
			return err
		}
	}
	if r.Outcome == jobs.Succeeded {
		return nil
	}
	fmt.Fprintf(p.Err, "%s: %s\n", r.Outcome, plainName(r.Why))
	return exitStatusError(statusOf(r))
}

// statusOf is how a program ends that followed a run.
func statusOf(r jobs.Run) int {
	switch {
	case r.Outcome == jobs.Failed && r.ExitCode != nil && *r.ExitCode > 0 && *r.ExitCode < 256:
		return *r.ExitCode
	case r.Outcome == jobs.Signaled:
		return 128 + signalNumber(r.Signal)
	}
	return exitFailed
}
