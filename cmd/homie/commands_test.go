package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/rpc"
	"homie/wire"
)

// noProcess is the surroundings of a command that needs none.
func noProcess() process {
	return process{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}
}

func TestParse(t *testing.T) {
	tests := []struct {
		args  string
		words []string
		url   string
		json  bool
		err   string
	}{
		{"", nil, "", false, ""},
		{"a b", []string{"a", "b"}, "", false, ""},
		{"a --json b --url U", []string{"a", "b"}, "U", true, ""},
		{"--url=U a", []string{"a"}, "U", false, ""},
		{"a -", []string{"a", "-"}, "", false, ""},
		{"a -- --json b", []string{"a", "--json", "b"}, "", false, ""},
		{"-json -- a -- b", []string{"a", "--", "b"}, "", true, ""},
		{"a --nope", nil, "", false, "there is no flag --nope here"},
		{"a --url", nil, "", false, "--url needs a value"},
		{"a --help b", nil, "", false, flag.ErrHelp.Error()},
	}
	for _, tt := range tests {
		f := flag.NewFlagSet("test", flag.ContinueOnError)
		f.SetOutput(io.Discard)
		got := targetFlags(f)
		words, err := parse(f, strings.Fields(tt.args))
		if fmt.Sprint(err) != tt.err && (err != nil || tt.err != "") {
			t.Errorf("parse(%q) fails with %v, want %q", tt.args, err, tt.err)
			continue
		}
		if diff := cmp.Diff(tt.words, words); err == nil && diff != "" {
			t.Errorf("parse(%q): words (-want +got):\n%s", tt.args, diff)
		}
		if err == nil && (got.url != tt.url || got.json != tt.json) {
			t.Errorf("parse(%q) = url %q, json %v, want %q, %v", tt.args, got.url, got.json, tt.url, tt.json)
		}
	}
}

// Whatever stands in the table can be explained, and takes the flags that its
// help shows.
func TestCommands(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range commands() {
		if seen[c.name] {
			t.Errorf("%s stands in the table twice", c.name)
		}
		seen[c.name] = true
		f, _ := c.prepare(noProcess())
		var out bytes.Buffer
		c.help(&out, f)
		for line := range strings.Lines(out.String()) {
			if len(line) > 120 {
				t.Errorf("%s: a line of its help is longer than 120: %s", c.name, line)
			}
		}
		f.VisitAll(func(f *flag.Flag) {
			if f.Usage == "" || !strings.Contains(out.String(), "  --"+f.Name) {
				t.Errorf("%s: --%s is not explained", c.name, f.Name)
			}
		})
		if strings.HasSuffix(c.short, ".") || c.short == "" {
			t.Errorf("%s: %q is no line for an overview", c.name, c.short)
		}
	}
}

func TestExitCode(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{errors.New("broken"), exitFailed},
		{context.Canceled, exitFailed},
		{usagef("wrong"), exitUsage},
		{fmt.Errorf("call: %w", usagef("wrong")), exitUsage},
		{wire.Errorf(wire.InvalidParams, "no"), exitUsage},
		{wire.Errorf(wire.UnknownMethod, "no"), exitUsage},
		{wire.Errorf(wire.Forbidden, "no"), exitRefused},
		{wire.Errorf(wire.Unauthenticated, "no"), exitRefused},
		{wire.Errorf(wire.Unavailable, "no"), exitUnreachable},
		{wire.Errorf(wire.Timeout, "no"), exitUnreachable},
		{wire.Errorf(wire.NotFound, "no"), exitFailed},
		{wire.Errorf(wire.Internal, "no"), exitFailed},
		{fmt.Errorf("%w: it hung up", rpc.ErrClosed), exitUnreachable},
		{fmt.Errorf("%w: gone", errUnreachable), exitUnreachable},
	}
	for _, tt := range tests {
		if got := report(noProcess(), "homie test", true, tt.err); got != tt.want {
			t.Errorf("report(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
	if got := report(noProcess(), "homie test", true, nil); got != exitDone {
		t.Errorf("report(nil) = %d, want %d", got, exitDone)
	}
}

// A flag for one way to the gateway wins over the environment's for another.
func TestTarget(t *testing.T) {
	env := map[string]string{"HOMIE_URL": "https://env", "HOMIE_STATE_DIR": "/env"}
	p := noProcess()
	p.Env = func(name string) string { return env[name] }
	tests := []struct{ given, want target }{
		{target{}, target{url: "https://env", stateDir: "/env"}},
		{target{url: "http://flag"}, target{url: "http://flag"}},
		{target{stateDir: "/flag"}, target{stateDir: "/flag"}},
		{target{url: "homie.example.ts.net"}, target{url: "https://homie.example.ts.net"}},
	}
	for _, tt := range tests {
		if got := tt.given.resolve(p); got != tt.want {
			t.Errorf("resolve of %+v = %+v, want %+v", tt.given, got, tt.want)
		}
	}
}
