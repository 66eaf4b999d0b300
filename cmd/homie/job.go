package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/wire"
	"homie/wire/jobs"
)

const (
	jobListHelp = `
Lists the jobs of all machines or of one: those that you may see. A file that is no
job is listed with what is wrong in it.
` + targetHelp
	jobRunHelp = `
Starts a job, such as nas/backup, or one that is a button. It waits for its turn on
its machine, and runs on without this command:

  homie job run nas/backup
  homie job run nas/backup --param target=/srv/photos --follow

With --follow its log is shown here, and the exit status is the run's: 128 and the
signal's number if a signal ended it, 1 if it was cancelled, took too long, or was
lost. Ctrl-C ends the following, not the run.
` + targetHelp
	jobLogHelp = `
RUN is a machine and the id of a run, as nas/k3v9q2mzk3v9q2mz, or a job: that is its
latest run. --follow goes on until the run is done.
` + targetHelp
	jobCancelHelp = `
RUN is a machine and the id of a run, or a job: that is its latest run. The program
gets SIGTERM and, if it does not end in the job's grace, SIGKILL, with all that it
started in its process group.
` + targetHelp
	jobDefineHelp = `
FILE is a TOML file, or - for the standard input; docs/jobs.md has all settings:

  name = "Back up photos"
  argv = ["/usr/bin/rsync", "-a", "/srv/photos", "/mnt/backup"]
  timeout = "2h"
  button = true

The job is called as the file is, without .toml, unless you say JOB, as in
'homie job define backup.toml nas/photos'. What is wrong with it is said by line, and
nothing is changed then. --check says no more than that.
` + targetHelp
	jobShowHelp = `
Shows a job and its latest run. --source prints its file, which takes the right to
change it.
` + targetHelp
)

// jobName takes "nas/backup" apart.
func jobName(s string) (wire.NodeName, jobs.ID, error) {
	node, id, ok := strings.Cut(s, "/")
	if !ok || node == "" || !jobs.ID(id).Valid() {
		return "", "", usagef("%q names no job; one is named by its machine and itself, such as nas/backup", s)
	}
	return wire.NodeName(node), jobs.ID(id), nil
}

func jobListCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		var of jobs.ListParams
		if len(args) > 0 {
			of.Node = wire.NodeName(args[0])
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.JobsList(ctx, s, of)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			return printJobs(p.Out, all)
		})
	}
}

func printJobs(out io.Writer, all jobs.Jobs) error {
	if len(all.Jobs) == 0 {
		fmt.Fprintln(out, "There are no jobs. 'homie job define --help' says how to make one.")
	} else {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "JOB\tNAME\tACCOUNT\tBUTTON\tNOW\tLAST")
		for _, j := range all.Jobs {
			if j.Problem != "" {
				fmt.Fprintf(w, "%s/%s\t%s\n", j.Node, plainName(string(j.ID)), "PROBLEM: "+plainName(j.Problem))
				continue
			}
			now := "-"
			if j.Running+j.Queued > 0 {
				now = fmt.Sprintf("%d running, %d waiting", j.Running, j.Queued)
			}
			last := "-"
			if j.Last != nil {
				last = howItStands(*j.Last)
			}
			fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\t%s\n", j.Node, j.ID, plainName(j.Name), j.Account, map[bool]string{true: "yes", false: "-"}[j.Button], now, last)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for _, node := range all.Away {
		fmt.Fprintf(out, "%s does not answer: its jobs are not in the list.\n", node)
	}
	return nil
}

// howItStands is a run in a few words.
func howItStands(r jobs.Run) string {
	switch {
	case r.State == jobs.Queued:
		return "waiting since " + r.QueuedAt.Local().Format(time.DateTime)
	case r.State == jobs.Running && r.Percent != nil:
		return fmt.Sprintf("running, %d%% %s", *r.Percent, plainName(r.Doing))
	case r.State == jobs.Running:
		return "running"
	case r.EndedAt == nil:
		return string(r.Outcome)
	}
	return fmt.Sprintf("%s %s", r.Outcome, r.EndedAt.Local().Format(time.DateTime))
}

func jobShowCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	source := f.Bool("source", false, "print the job's file")
	return func(ctx context.Context, args []string) error {
		node, id, err := jobName(args[0])
		if err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			if *source {
				text, err := api.JobsSource(ctx, s, jobs.SourceParams{Node: node, Job: id})
				if err != nil {
					return err
				}
				if t.json {
					return printJSON(p, text)
				}
				_, err = io.WriteString(p.Out, text.TOML)
				return err
			}
			j, err := findJob(ctx, s, node, id)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, j)
			}
			return printJob(p.Out, j)
		})
	}
}

func findJob(ctx context.Context, s *session, node wire.NodeName, id jobs.ID) (jobs.Job, error) {
	all, err := api.JobsList(ctx, s, jobs.ListParams{Node: node})
	if err != nil {
		return jobs.Job{}, err
	}
	for _, j := range all.Jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return jobs.Job{}, wire.Errorf(wire.NotFound, "%s has no job %q, or none that you may see; 'homie job list %s' shows which there are", node, id, node)
}

func printJob(out io.Writer, j jobs.Job) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(what, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s\t%s\n", what, plainName(text))
		}
	}
	line("job", string(j.Node)+"/"+string(j.ID))
	line("problem", j.Problem)
	line("name", j.Name)
	line("description", j.Description)
	line("runs", strings.Join(j.Command, " "))
	line("in", j.Dir)
	line("as", j.Account)
	if j.TimeoutMs > 0 {
		line("at most", (time.Duration(j.TimeoutMs) * time.Millisecond).String())
	}
	if j.Button {
		line("button", "yes")
		line("asks", j.Confirm)
	}
	for _, q := range j.Params {
		text := string(q.Kind)
		if len(q.Choices) > 0 {
			text += ": " + strings.Join(q.Choices, ", ")
		}
		if q.Default != nil {
			text += fmt.Sprintf(" (default %q)", *q.Default)
		}
		line("--param "+q.Name, strings.TrimSpace(text+" "+q.Description))
	}
	if j.Last != nil {
		line("last run", string(j.Last.ID)+", "+howItStands(*j.Last))
		line("", j.Last.Why)
	}
	return w.Flush()
}

func jobRunsCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	n := f.Int("n", 50, "at most so many `runs`")
	return func(ctx context.Context, args []string) error {
		of := jobs.RunsParams{Limit: *n}
		if len(args) > 0 {
			node, id, _ := strings.Cut(args[0], "/")
			of.Node, of.Job = wire.NodeName(node), jobs.ID(id)
		}
		if err := of.Validate(); err != nil {
			return usagef("%v", err)
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := api.JobsRuns(ctx, s, of)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			if len(all.Runs) == 0 {
				_, err := fmt.Fprintln(p.Out, "Nothing has run there, or nothing that is kept.")
				return err
			}
			w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "RUN\tJOB\tBY\tQUEUED\tHOW\tWHY")
			for _, r := range all.Runs {
				fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\t%s\n", r.Node, r.ID, r.Job, plainName(r.By), r.QueuedAt.Local().Format(time.DateTime), howItStands(r), plainName(r.Why))
			}
			return w.Flush()
		})
	}
}

func jobDefineCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	check := f.Bool("check", false, "say what is wrong with it and change nothing")
	return func(ctx context.Context, args []string) error {
		node, id, err := jobName(args[1])
		if name := strings.TrimSuffix(filepath.Base(args[0]), ".toml"); err != nil && !strings.Contains(args[1], "/") && jobs.ID(name).Valid() {
			node, id, err = wire.NodeName(args[1]), jobs.ID(name), nil
		}
		if err != nil {
			return err
		}
		text, err := jobText(p, args[0])
		if err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			define := api.JobsDefine
			if *check {
				define = api.JobsCheck
			}
			got, err := define(ctx, s, jobs.DefineParams{Node: node, Job: id, TOML: text})
			if err != nil {
				return err
			}
			return t.printDefined(p, args[0], got, *check)
		})
	}
}

func jobText(p process, name string) (string, error) {
	in := p.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", usagef("%v", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, jobs.MaxText+1))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return string(text), nil
}

func (t target) printDefined(p process, name string, got jobs.Defined, check bool) error {
	if t.json {
		if err := printJSON(p, got); err != nil {
			return err
		}
	}
	if got.Job == nil {
		for _, problem := range got.Problems {
			fmt.Fprintf(p.Err, "%s:%d: %s\n", name, problem.Line, plainName(problem.Problem))
		}
		return exitStatusError(exitFailed)
	}
	if t.json {
		return nil
	}
	done := "defined"
	if check {
		done = "fine"
	}
	_, err := fmt.Fprintf(p.Out, "%s/%s is %s; it runs as %s.\n", got.Job.Node, got.Job.ID, done, got.Job.Account)
	return err
}

func jobRemoveCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		node, id, err := jobName(args[0])
		if err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			if _, err := api.JobsRemove(ctx, s, jobs.RemoveParams{Node: node, Job: id}); err != nil {
				return err
			}
			if t.json {
				return printJSON(p, map[string]any{"removed": args[0]})
			}
			_, err := fmt.Fprintf(p.Out, "%s is removed, with what was kept of its runs.\n", args[0])
			return err
		})
	}
}
