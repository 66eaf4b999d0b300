package main

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1}, 5},
		{[]float64{5, 1, 9}, 5},
		{[]float64{4, 1, 9, 2}, 3},
	} {
		before := slices.Clone(c.xs)
		if got := median(c.xs); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.xs, got, c.want)
		}
		if !slices.Equal(c.xs, before) {
			t.Errorf("median changed its argument to %v, it was %v", c.xs, before)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median(nil) = %v, want NaN", got)
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for p, want := range map[float64]float64{0: 1, 1: 1, 50: 50, 99: 99, 99.5: 100, 100: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("percentile of 1 to 100 at %v = %v, want %v", p, got, want)
		}
	}
	if got := percentile(nil, 50); !math.IsNaN(got) {
		t.Errorf("percentile of nothing = %v, want NaN", got)
	}
}

// The definition, counted out: at least p percent are not over it, and of the
// smaller ones that is not true.
func TestPercentileIsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 300).Draw(t, "xs")
		p := float64(rapid.IntRange(0, 100).Draw(t, "p"))
		got := percentile(xs, p)
		if !slices.Contains(xs, got) {
			t.Fatalf("percentile(%v) = %v, which is none of %v", p, got, xs)
		}
		upTo := func(bound float64) (n int) {
			for _, x := range xs {
				if x <= bound {
					n++
				}
			}
			return n
		}
		need := p / 100 * float64(len(xs))
		if float64(upTo(got)) < need-1e-9 {
			t.Fatalf("percentile(%v) = %v, but only %d of %d are not over it", p, got, upTo(got), len(xs))
		}
		for _, x := range xs {
			if x < got && float64(upTo(x)) >= need+1e-9 {
				t.Fatalf("percentile(%v) = %v, but %v would do", p, got, x)
			}
		}
	})
}

func TestRatiosGoRunByRun(t *testing.T) {
	got := ratios([]float64{10, 30, 50}, []float64{5, 10})
	if want := []float64{2, 3}; !slices.Equal(got, want) {
		t.Errorf("ratios = %v, want %v", got, want)
	}
}

func TestSpread(t *testing.T) {
	if got := spread([]float64{7}); got != 0 {
		t.Errorf("spread of one run = %v, want 0", got)
	}
	if got := spread([]float64{8, 10, 12}); got != 0.4 {
		t.Errorf("spread = %v, want 0.4", got)
	}
}

func TestRounded(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 1.23456: 1.235, 0.000123456: 0.0001235, 123456: 123500, -98.7654: -98.77, 42: 42} {
		if got := rounded(x); got != want {
			t.Errorf("rounded(%v) = %v, want %v", x, got, want)
		}
	}
}
