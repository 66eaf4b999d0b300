package main

import (
	"strings"
	"testing"
	"time"

	"homie/gateway/pairing"
	"homie/gateway/presence"
)

func TestPick(t *testing.T) {
	all := pairing.Pairings{
		Requests: []pairing.Request{
			{Device: "n1", Name: "attic"},
			{Device: "n2", Name: "den"}, // asks for more than it has
			{Device: "n5", Name: "nas"}, // set up anew
		},
		Paired: []pairing.Pairing{
			{Device: "n2", Name: "den"},
			{Device: "n3", Name: "nas"},
			{Device: "n4", Name: "old", Revoked: true},
			{Device: "n6", Name: "twin"},
			{Device: "n7", Name: "twin"},
		},
	}
	tests := []struct {
		arg  string
		in   pairState
		want string // an id, or part of an error
	}{
		{"attic", waiting, "n1"},
		{"homie-attic", waiting, "n1"},
		{"n1", waiting, "n1"},
		{"attic", paired, "attic is waiting"},
		{"den", waiting, "n2"},
		{"den", paired, "n2"},
		{"den", keptOut, "den is paired and waiting"},
		{"nas", waiting, "n5"},
		{"nas", paired, "n3"},
		{"nas", waiting | paired, "2 machines are called"},
		{"old", waiting | keptOut, "n4"},
		{"old", paired, "old is kept out"},
		{"twin", paired, "2 machines are called"},
		{"n7", paired, "n7"},
		{"nobody", waiting, "no machine called"},
	}
	for _, tt := range tests {
		m, err := pick(all, tt.arg, tt.in)
		got := string(m.id)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want && (err == nil || !strings.Contains(got, tt.want)) {
			t.Errorf("pick(%q, %d) = %q, want %q", tt.arg, tt.in, got, tt.want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second:                 "0s",
		42 * time.Second:             "42s",
		90 * time.Second:             "1m",
		61 * time.Minute:             "1h01m",
		50*time.Hour + 3*time.Minute: "2d02h",
	} {
		if got := age(d); got != want {
			t.Errorf("age(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestPresence(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for want, m := range map[string]presence.Machine{
		"online":         {Online: true, LastSeen: now},
		"offline":        {},
		"offline for 5m": {LastSeen: now.Add(-5 * time.Minute)},
	} {
		if got := presenceOf(m, now); got != want {
			t.Errorf("presenceOf(%+v) = %s, want %s", m, got, want)
		}
	}
}
