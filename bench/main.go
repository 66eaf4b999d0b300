// Command bench measures Homie beside its limits, in one run on one machine,
// and writes the numbers to bench/latest.json. README.md says what they mean.
//
//	viewer ──┬─ wss ─> bin/homie gateway ─ wss ─ bin/homie node ── PTY
//	         └─ wss ─> limits/relay      ─ wss ─ limits/ptyend  ── PTY
//	                                               limits/bare  ── PTY
//
// Every box is a process and a tailnet device of its own, on the tailnet in a
// box that this process runs. The limits take turns with Homie, round after
// round, so that what else happens on the machine happens to all of them; only
// ratios within one run are worth comparing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"homie/bench/measure"
)

// settings say how much is measured, and of what.
type settings struct {
	homie    string          // the binary
	only     map[string]bool // groups of measurements, nil for all
	out      string          // the file to write
	memory   string          // GOMEMLIMIT of all
	rounds   int
	echoes   int // of one kind, in a round
	megabyte int // of output, in a round
	crowd    int // sessions on one machine
	viewers  int // of them
	settle   time.Duration
	soak     time.Duration // 0 for measurements
	progress io.Writer
}

// The groups of measurements, in the order in which they are taken.
const (
	groupIdle   = "idle"
	groupEcho   = "echo"
	groupFlood  = "flood"
	groupBulk   = "bulk"
	groupCtrlC  = "ctrlc"
	groupHolder = "holder"
	groupStall  = "stall"
	groupScreen = "screen"
	groupStart  = "start"
	groupCrowd  = "crowd"
	groupRivals = "rivals"
)

var groups = []string{groupIdle, groupEcho, groupFlood, groupBulk, groupCtrlC, groupHolder, groupStall, groupScreen, groupStart, groupRivals, groupCrowd}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	s, err := parse(args, progress)
	if err != nil {
		return err
	}
	if s.soak > 0 {
		return soak(ctx, s)
	}
	r := report{Commit: commit(ctx), Cores: runtime.NumCPU(), LoadBefore: averages(), Time: time.Now().UTC().Truncate(time.Second)}
	if r.Results, err = measureAll(ctx, s); err != nil {
		return err
	}
	r.Load = averages()
	r.print(out)
	if s.out == "" {
		return nil
	}
	return r.write(s.out)
}

func parse(args []string, progress io.Writer) (settings, error) {
	s := settings{progress: progress}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(progress)
	f.StringVar(&s.homie, "homie", filepath.Join("bin", "homie"), "the `binary` to measure")
	f.StringVar(&s.out, "out", filepath.Join("bench", "latest.json"), "the `file` to write; empty for none")
	f.StringVar(&s.memory, "memlimit", "512MiB", "GOMEMLIMIT of every process measured")
	f.IntVar(&s.rounds, "rounds", 5, "rounds, each of everything")
	f.IntVar(&s.echoes, "echoes", 2000, "keys typed in a round")
	f.IntVar(&s.megabyte, "mb", 128, "megabytes printed in a round")
	f.IntVar(&s.crowd, "crowd", 1000, "sessions on one machine")
	f.IntVar(&s.viewers, "viewers", 200, "viewers of them")
	f.DurationVar(&s.settle, "settle", time.Minute, "how long processes may take to settle")
	f.DurationVar(&s.soak, "soak", 0, "use and kill everything for a `time` instead, and see whether it grows")
	only := f.String("only", "", "measure only these, of: "+strings.Join(groups, ", ")+"; a `list` with commas; writes no file unless -out is given")
	quick := f.Bool("quick", false, "measure little, to see whether it works; writes no file unless -out is given")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	set := map[string]bool{}
	f.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if *only != "" && !set["out"] {
		s.out = ""
	}
	for name, value := range map[string]string{"rounds": "2", "echoes": "300", "mb": "16", "crowd": "50", "viewers": "10", "settle": "5s", "out": ""} {
		if *quick && !set[name] {
			if err := f.Set(name, value); err != nil {
				return s, err
			}
		}
	}
	if err := s.choose(*only); err != nil {
		return s, err
	}
	return s, s.check()
}

// choose notes what is to be measured.
func (s *settings) choose(list string) error {
	if list == "" {
		return nil
	}
	s.only = map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(groups, name) {
			return fmt.Errorf("-only %s: there are %s", name, strings.Join(groups, ", "))
		}
		s.only[name] = true
	}
	return nil
}

// wants reports whether a group of measurements is to be taken.
func (s *settings) wants(group string) bool { return s.only == nil || s.only[group] }

func (s *settings) check() error {
	switch {
	case s.rounds < 1 || s.echoes < 1 || s.megabyte < 1 || s.crowd < 1 || s.viewers < 1:
		return errors.New("-rounds, -echoes, -mb, -crowd and -viewers must be at least 1")
	case s.echoes > measure.MaxEchoes:
		return fmt.Errorf("-echoes can be at most %d", measure.MaxEchoes)
	}
	if _, err := os.Stat(s.homie); err != nil {
		return fmt.Errorf("there is no %s; build it with: make build", s.homie)
	}
	return nil
}
