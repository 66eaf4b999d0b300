package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// report is bench/latest.json.
type report struct {
	Commit     string    `json:"commit"`
	Time       time.Time `json:"time"`
	Cores      int       `json:"cores"`
	Load       []float64 `json:"load"` // averages of 1, 5 and 15 minutes at the end
	LoadBefore []float64 `json:"loadBefore"`
	Results    []Result  `json:"results"`
}

// Result is one number. Its name is stable: later runs are compared by it.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // the median of Runs
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit"` // what LimitIs came to in the same run
	// Ratio is Value to Limit: the median of the rounds' own ratios.
	Ratio     float64   `json:"ratio"`
	Runs      []float64 `json:"runs"` // by round
	LimitIs   string    `json:"limitIs"`
	LimitRuns []float64 `json:"limitRuns,omitempty"`

	bound bound
}

// bound is what a ratio has to keep to; the zero bound is none.
type bound struct{ most, least float64 }

func (b bound) String() string {
	switch {
	case b.most > 0:
		return fmt.Sprintf("≤ %.2f", b.most)
	case b.least > 0:
		return fmt.Sprintf("≥ %.2f", b.least)
	}
	return ""
}

func (b bound) keptBy(ratio float64) string {
	switch {
	case b == bound{}:
		return ""
	case (b.most == 0 || ratio <= b.most) && (b.least == 0 || ratio >= b.least):
		return "ok"
	}
	return "MISSED"
}

// beside returns the result of something that was measured of both.
func beside(name, unit string, ours, limits []float64, limitIs string, b bound) Result {
	return Result{
		Name: name, Value: rounded(median(ours)), Unit: unit,
		Limit: rounded(median(limits)), Ratio: rounded(median(ratios(ours, limits))),
		Runs: roundedAll(ours), LimitIs: limitIs, LimitRuns: roundedAll(limits), bound: b,
	}
}

// under returns the result of something that has a fixed bound.
func under(name, unit string, ours []float64, most float64) Result {
	v := median(ours)
	return Result{
		Name: name, Value: rounded(v), Unit: unit, Limit: most, Ratio: rounded(v / most),
		Runs: roundedAll(ours), LimitIs: "target", bound: bound{most: 1},
	}
}

// over returns the result of something that has to reach a fixed bound.
func over(name, unit string, ours []float64, least float64) Result {
	r := under(name, unit, ours, least)
	r.bound = bound{least: 1}
	return r
}

// measured drops results of what this system can't measure.
func measured(all []Result) []Result {
	return slices.DeleteFunc(all, func(r Result) bool { return math.IsNaN(r.Value) || math.IsNaN(r.Ratio) })
}

// print writes the table for people.
func (r report) print(w io.Writer) {
	fmt.Fprintf(w, "\ncommit %s, %d cores, load %v before and %v after\n", r.Commit, r.Cores, r.LoadBefore, r.Load)
	if len(r.Load) > 0 && r.LoadBefore[0] > quietLoad*float64(r.Cores) {
		fmt.Fprintln(w, "The machine was busy with something else: the ratios may do, the values do not.")
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "name\tvalue\tspread\tlimit\tspread\tunit\tthe limit is\tratio\twanted\t")
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%v\t%s\t%v\t%s\t%s\t%s\t%.2f\t%s\t%s\n", x.Name, x.Value, percent(x.Runs), x.Limit, percent(x.LimitRuns),
			x.Unit, x.LimitIs, x.Ratio, x.bound, x.bound.keptBy(x.Ratio))
	}
	_ = t.Flush() // as with what was printed before: a person sees it
}

// quietLoad is the load for each core above which a machine is not quiet.
const quietLoad = 0.25

func percent(xs []float64) string {
	if len(xs) < 2 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*spread(xs))
}

// write replaces the file.
func (r report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil { //nolint:gosec // a file of the repository
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
