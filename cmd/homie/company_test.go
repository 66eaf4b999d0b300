package main

import (
	"testing"
	"time"

	"homie/wire/terminal"
)

func TestCompanySays(t *testing.T) {
	me := terminal.Viewer{Key: "me", Name: "Olivia", Device: "olivia-laptop", Person: "1"}
	phone := terminal.Viewer{Key: "p", Name: "Olivia", Device: "olivia-phone", Person: "1", Watch: true}
	max := terminal.Viewer{Key: "m", Name: "Max", Device: "max-tablet", Person: "2"}
	evil := terminal.Viewer{Key: "e", Name: "Eve\x1b]0;x\a\n", Person: "3"}
	now := time.Now()
	for _, c := range []struct {
		name string
		s    terminal.Session
		want string
	}{
		{"alone", terminal.Session{People: []terminal.Viewer{me}}, ""},
		{"others", terminal.Session{People: []terminal.Viewer{me, phone, max, max}}, "with you on olivia-phone (watching), Max"},
		{"recorded", terminal.Session{People: []terminal.Viewer{me}, Recording: &terminal.Recorder{By: "Max on max-tablet"}}, "recorded by Max on max-tablet"},
		{"by rule", terminal.Session{Recording: &terminal.Recorder{Policy: true}}, "recorded by this machine's rule"},
		{"no more", terminal.Session{Recording: &terminal.Recorder{By: "Max", EndedAt: &now}}, ""},
		{"control", terminal.Session{People: []terminal.Viewer{me, max}, Control: &terminal.Holder{Viewer: "m", Name: "Max"}}, "with Max · Max has control"},
		{"own control", terminal.Session{People: []terminal.Viewer{me}, Control: &terminal.Holder{Viewer: "me", Name: "Olivia"}}, ""},
	} {
		said := newCompany()
		said.are("me")
		said.see(c.s)
		if got := said.said(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	said := newCompany()
	said.are("me")
	said.see(terminal.Session{People: []terminal.Viewer{me, evil}})
	for _, r := range said.said() {
		if r < ' ' {
			t.Errorf("a name becomes %q", said.said())
		}
	}
}
