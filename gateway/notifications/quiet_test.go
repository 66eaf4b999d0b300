package notifications

import (
	"testing"
	"time"
)

func TestQuiet(t *testing.T) {
	night := &Quiet{"22:00", "07:00", "Europe/Berlin"}
	nap := &Quiet{"13:00", "14:30", "UTC"}
	for _, tt := range []struct {
		q    *Quiet
		at   string
		want bool
	}{
		{night, "2026-01-10T20:59:00Z", false}, // 21:59 in Berlin
		{night, "2026-01-10T21:00:00Z", true},
		{night, "2026-01-11T05:59:00Z", true},
		{night, "2026-01-11T06:00:00Z", false}, // 07:00
		{night, "2026-07-10T20:00:00Z", true},  // 22:00 in summer
		{night, "2026-07-11T05:00:00Z", false},
		{nap, "2026-01-10T13:00:00Z", true},
		{nap, "2026-01-10T14:30:00Z", false},
		{nap, "2026-01-10T23:00:00Z", false},
		{nil, "2026-01-10T23:00:00Z", false},
		{&Quiet{"x", "y", "z"}, "2026-01-10T23:00:00Z", false},
		{&Quiet{"00:00", "00:00", "UTC"}, "2026-01-10T00:00:00Z", false}, // no time at all
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.q.at(at); got != tt.want {
			t.Errorf("%+v at %s = %v, want %v", tt.q, tt.at, got, tt.want)
		}
	}
}
