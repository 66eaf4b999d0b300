package main

import (
	"math"
	"slices"
)

// median is the middle of xs, NaN of none.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// percentile is the smallest of xs that at least p percent of them do not
// exceed, NaN of none.
func percentile(xs []float64, p float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(xs))
	rank := int(math.Ceil(p / 100 * float64(len(s))))
	return s[min(max(rank, 1), len(s))-1]
}

// ratios divides two series run by run, as far as both go: what disturbed a
// round disturbed both sides of it.
func ratios(ours, limits []float64) []float64 {
	out := make([]float64, min(len(ours), len(limits)))
	for i := range out {
		out[i] = ours[i] / limits[i]
	}
	return out
}

// spread is the range of xs as a share of its median, 0 for a single one.
func spread(xs []float64) float64 {
	if len(xs) < 2 {
		return 0
	}
	return (slices.Max(xs) - slices.Min(xs)) / median(xs)
}

// rounded keeps four significant digits, which is more than any of it means.
func rounded(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-3)
	if unit < 1 { // dividing by a whole number rounds once, not twice
		per := math.Round(1 / unit)
		return math.Round(x*per) / per
	}
	return math.Round(x/unit) * unit
}

func roundedAll(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = rounded(x)
	}
	return out
}
