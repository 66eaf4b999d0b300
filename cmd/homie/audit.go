package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"homie/cmd/homie/internal/api"
	"homie/gateway/audit"
	"homie/wire"
	wireaudit "homie/wire/audit"
)

const (
	auditListHelp = `
Newest first. What is given has to fit, all of it: --person and --device are parts
of a name or a whole id, --method is what the method begins with, --target a part.
--since and --until are times, or how long ago:

  homie audit list --decision denied --since 24h
  homie audit list --person max --method terminal. --until 2026-03-01
` + targetHelp
	auditExportHelp = `
FILE, or the standard output, gets a line of JSON for each entry, oldest first, as
the gateway keeps and hashes them. docs/audit.md describes the format.
` + targetHelp
	auditVerifyHelp = `
Without FILE, the gateway's log is read and checked here, and compared with how far
the machines of the household have seen it. With FILE, an exported log is checked
by itself; what was cut off at its end shows if --head says what its last line was.
Exit code 1 means that something was changed.
` + targetHelp
)

func auditListCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	var ask audit.ListParams
	f.StringVar(&ask.Person, "person", "", "only what this `person` did")
	f.StringVar(&ask.Device, "device", "", "only from this `device`")
	f.StringVar(&ask.Method, "method", "", "only methods that begin so, such as `terminal.`")
	f.StringVar(&ask.Target, "target", "", "only what was done to this, such as a `machine`")
	f.StringVar(&ask.Decision, "decision", "", "only what was `allowed`, denied, failed, or asked")
	since := f.String("since", "", "only after this `time`")
	until := f.String("until", "", "only before this `time`")
	n := f.Int("n", 100, "at most so many `entries`; 0 for all")
	return func(ctx context.Context, _ []string) error {
		var err error
		if ask.From, err = moment(*since, time.Now()); err != nil {
			return err
		}
		if ask.To, err = moment(*until, time.Now()); err != nil {
			return err
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			all, err := auditEntries(ctx, s, ask, *n)
			if err != nil {
				return err
			}
			if t.json {
				return printJSON(p, all)
			}
			return printEntries(p.Out, all.Entries)
		})
	}
}

// moment reads a time, or how long ago it is; nil for "".
func moment(s string, now time.Time) (*time.Time, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // no bound is no error
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		at := now.Add(-ago)
		return &at, nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, s, time.Local); err == nil {
			return &at, nil
		}
	}
	return nil, usagef("%q is no time like 2026-03-01, 2026-03-01T15:04 or 24h", s)
}

// auditEntries reads as many pages as it takes.
func auditEntries(ctx context.Context, s *session, ask audit.ListParams, n int) (audit.Entries, error) {
	all := audit.Entries{Entries: []audit.Entry{}}
	for {
		ask.Limit = 500
		if n > 0 {
			ask.Limit = min(500, n-len(all.Entries))
		}
		page, err := api.AuditList(ctx, s, ask)
		if err != nil {
			return all, err
		}
		all.Entries, all.Next, all.Waiting = append(all.Entries, page.Entries...), page.Next, page.Waiting
		if ask.Before = page.Next; page.Next == 0 || (n > 0 && len(all.Entries) >= n) {
			return all, nil
		}
	}
}

func printEntries(out io.Writer, all []audit.Entry) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "Nothing like that is in the audit log.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NO\tWHEN\tWHO\tDEVICE\tWHAT\tTARGET\tDECISION\tWHY")
	for _, e := range all {
		what, why := e.Method, e.Reason
		for _, name := range slices.Sorted(maps.Keys(e.Args)) {
			what += fmt.Sprintf(" %s=%s", name, e.Args[name])
		}
		if e.Again > 0 {
			why = strings.TrimSpace(fmt.Sprintf("%s and %d times more", why, e.Again))
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Local().Format("2006-01-02 15:04:05"),
			plainName(e.Person), plainName(e.Device), plainName(what), plainName(e.Target), e.Decision, plainName(why))
	}
	return w.Flush()
}

func auditExportCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	force := f.Bool("force", false, "overwrite a file that is there")
	return func(ctx context.Context, args []string) error {
		out := p.Out
		if len(args) == 1 && args[0] != "-" {
			mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
			if *force {
				mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
			}
			file, err := os.OpenFile(args[0], mode, 0o600)
			if errors.Is(err, os.ErrExist) {
				return wire.Errorf(wire.Conflict, "%s is there already; give another name, or --force to overwrite it", args[0])
			}
			if err != nil {
				return fmt.Errorf("saving the log: %w", err)
			}
			defer file.Close()
			out = file
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			w := bufio.NewWriter(out)
			n, err := auditLines(ctx, s, func(line string) error {
				_, err := w.WriteString(line + "\n")
				return err
			})
			if err := errors.Join(err, w.Flush()); err != nil {
				return err
			}
			fmt.Fprintf(p.Err, "%d entries\n", n)
			return nil
		})
	}
}

// auditLines gives each line of the gateway's log to do.
func auditLines(ctx context.Context, s *session, do func(string) error) (n int, err error) {
	for ask := (audit.ExportParams{}); ; {
		page, err := api.AuditExport(ctx, s, ask)
		if err != nil {
			return n, err
		}
		for _, line := range page.Lines {
			if err := do(line); err != nil {
				return n, fmt.Errorf("saving the log: %w", err)
			}
			n++
		}
		if ask.After = page.Next; page.Next == 0 {
			return n, nil
		}
	}
}

func auditVerifyCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	known := f.String("head", "", "the last line's `NUMBER:HASH`, if you know it")
	return func(ctx context.Context, args []string) error {
		head, err := parseHead(*known)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			return t.verifyFile(p, args[0], head)
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			return t.verifyLive(ctx, p, s, head)
		})
	}
}

func parseHead(s string) (*wireaudit.Head, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // none was given
	}
	seq, hash, _ := strings.Cut(s, ":")
	n, err := strconv.ParseUint(seq, 10, 64)
	h := wireaudit.Head{Seq: n, Hash: strings.ToLower(hash)}
	if _, bad := hex.DecodeString(hash); err != nil || bad != nil || h.Validate() != nil {
		return nil, usagef("--head %s is no number and hash, such as 42:9f86d0…", s)
	}
	return &h, nil
}

func (t target) verifyFile(p process, name string, head *wireaudit.Head) error {
	in := p.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		defer file.Close()
		in = file
	}
	v := &audit.Verifier{}
	if head != nil {
		v.Want(*head)
	}
	if err := v.Read(in); err != nil {
		return wire.Errorf(wire.Conflict, "%s: %v", name, err)
	}
	if head != nil {
		v.Compare(*head, "Who gave --head")
	}
	return t.printVerdict(p, audit.Verification{Verdict: v.Verdict(), Machines: []audit.Witness{}})
}

// verifyLive checks the hashes here, whatever the gateway says of itself, and
// asks it what its machines have seen.
func (t target) verifyLive(ctx context.Context, p process, s *session, head *wireaudit.Head) error {
	seen, err := api.AuditVerify(ctx, s, wire.Nothing{})
	if err != nil {
		return err
	}
	v := &audit.Verifier{}
	if head != nil {
		v.Want(*head)
	}
	if len(seen.Verdict.Breaks) > 0 || len(seen.Verdict.Notes) > 0 {
		return t.printVerdict(p, seen) // it says more: it can read what is no text
	}
	if _, err := auditLines(ctx, s, func(line string) error { v.Line([]byte(line)); return nil }); err != nil {
		return err
	}
	if head != nil {
		v.Compare(*head, "Who gave --head")
	}
	seen.Verdict = v.Verdict()
	return t.printVerdict(p, seen)
}

// errBroken is what a log that was changed ends with.
var errBroken = wire.Errorf(wire.Conflict, "the audit log was changed")

func (t target) printVerdict(p process, v audit.Verification) error {
	broken := len(v.Verdict.Breaks) > 0
	if t.json {
		if err := printJSON(p, v); err != nil {
			return err
		}
		if broken {
			return exitStatusError(exitFailed)
		}
		return nil
	}
	for _, b := range v.Verdict.Breaks {
		where := ""
		if b.Line > 0 {
			where = fmt.Sprintf("line %d: ", b.Line)
		}
		fmt.Fprintf(p.Out, "BROKEN: %s%s\n", where, plainName(b.Problem))
	}
	if v.Verdict.More > 0 {
		fmt.Fprintf(p.Out, "BROKEN: in %d places more\n", v.Verdict.More)
	}
	for _, n := range v.Verdict.Notes {
		fmt.Fprintf(p.Out, "%s\n", plainName(n))
	}
	agree := 0
	for _, m := range v.Machines {
		if m.Kept != nil && len(m.Kept.Heads) > 0 {
			agree++
		}
	}
	if v.Waiting > 0 {
		fmt.Fprintf(p.Out, "%d entries are not on the gateway's disk yet: it is full.\n", v.Waiting)
	}
	fmt.Fprintf(p.Out, "%d entries, the last is %d:%s\n", v.Verdict.Lines, v.Verdict.Head.Seq, v.Verdict.Head.Hash)
	if broken {
		return errBroken
	}
	switch {
	case agree > 0:
		fmt.Fprintf(p.Out, "Nothing was changed, and nothing that %d of the machines have seen is missing.\n", agree)
	default:
		fmt.Fprintln(p.Out, "Nothing was changed. Nobody could be asked whether the end is missing.")
	}
	return nil
}
