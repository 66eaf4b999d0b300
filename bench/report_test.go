package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/bench/measure"
)

func TestBesideIsTheMedianOfTheRoundsOwnRatios(t *testing.T) {
	// The third round was disturbed on both sides alike.
	r := beside("x", "us", []float64{10, 12, 90}, []float64{5, 6, 50}, "a limit", bound{most: 2})
	if r.Value != 12 || r.Limit != 6 || r.Ratio != 2 {
		t.Errorf("value %v, limit %v, ratio %v, want 12, 6, 2", r.Value, r.Limit, r.Ratio)
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		b     bound
		ratio float64
		want  string
	}{
		{bound{}, 9, ""},
		{bound{most: 1.6}, 1.6, "ok"},
		{bound{most: 1.6}, 1.61, "MISSED"},
		{bound{least: 0.6}, 0.6, "ok"},
		{bound{least: 0.6}, 0.59, "MISSED"},
	} {
		if got := c.b.keptBy(c.ratio); got != c.want {
			t.Errorf("%v at %v: %q, want %q", c.b, c.ratio, got, c.want)
		}
	}
}

func TestMeasuredDropsWhatIsNotKnown(t *testing.T) {
	all := measured([]Result{{Name: "a", Value: math.NaN()}, {Name: "b", Value: 1}, {Name: "c", Ratio: math.NaN()}})
	if len(all) != 1 || all[0].Name != "b" {
		t.Errorf("kept %v, want b", all)
	}
}

// Later runs are compared by name, so that names and fields stay.
func TestReportIsStable(t *testing.T) {
	homie := filepath.Join(t.TempDir(), "homie")
	if err := os.WriteFile(homie, make([]byte, 2e6), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runs{}
	for _, what := range []string{"echo p50", "echo p99", "echo-kernel p50", "echo-kernel p99", "bulk", "bulk cpu middle", "bulk cpu end", "first start", "restart"} {
		for _, whose := range []string{measure.Homie, measure.Relay, measure.Bare} {
			r.add(what, whose, 1)
		}
	}
	for _, when := range []string{"idle", "peak"} {
		for _, whose := range []string{"gateway", "node", "relay", "ptyend"} {
			r.add(when, whose, 1)
		}
	}
	h := &house{settings: settings{homie: homie}}
	all, err := h.results(r)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "latest.json")
	if err := (report{Commit: "c", Cores: 2, Load: []float64{1, 2, 3}, Results: all}).write(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Commit  string
		Cores   int
		Load    []float64
		Results []map[string]any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, r := range got.Results {
		names[r["name"].(string)] = true
		for _, field := range []string{"value", "unit", "limit", "ratio", "runs"} {
			if _, ok := r[field]; !ok {
				t.Errorf("%v has no %s", r["name"], field)
			}
		}
	}
	for _, n := range []string{"echo_rtt_p50", "echo_rtt_p99", "bulk_mb_s", "gateway_ready_ms", "gateway_rss_mb", "node_rss_mb", "binary_mb"} {
		if !names[n] {
			t.Errorf("there is no %s in %v", n, names)
		}
	}
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	dir := t.TempDir()
	one, err := writeOutput(filepath.Join(dir, "one"), 3e6)
	if err != nil {
		t.Fatal(err)
	}
	two, err := writeOutput(filepath.Join(dir, "two"), 3e6)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(len(one), len(two)); diff != "" || !bytes.Equal(one, two) {
		t.Errorf("two outputs differ: %s", diff)
	}
	written, err := os.ReadFile(filepath.Join(dir, "one"))
	if err != nil || !bytes.Equal(written, one) {
		t.Errorf("the file is not what was returned: %v", err)
	}
	if n := len(one); n < 3e6 || n > 5e6 {
		t.Errorf("%d bytes, want some 3,000,000", n)
	}
	for _, want := range []string{"\x1b[38;5;", "\x1b[48;2;", "世界", "🚀", "\r\x1b[K", "\x1b[?25l"} {
		if !strings.Contains(string(one), want) {
			t.Errorf("there is no %q in it", want)
		}
	}
}

func TestSettings(t *testing.T) {
	homie := filepath.Join(t.TempDir(), "homie")
	if err := os.WriteFile(homie, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	s, err := parse([]string{"-homie", homie, "-quick", "-mb", "3"}, &said)
	if err != nil || s.megabyte != 3 || s.rounds != 2 || s.out != "" {
		t.Errorf("quick, with one setting of its own: %+v, %v", s, err)
	}
	if _, err := parse([]string{"-homie", homie, "-echoes", "5000"}, &said); err == nil {
		t.Error("more echoes than a terminal's queue holds pass")
	}
	if _, err := parse([]string{"-homie", homie + "-not"}, &said); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without a binary: %v, want how to build it", err)
	}
}
