package main

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"time"

	"homie/wire"
)

// remote is a file or a folder of a machine, as MACHINE:PATH or
// MACHINE/TERMINAL:PATH.
type remote struct {
	node     wire.NodeName
	terminal string // id or name, "" for none
	path     string
	account  string // that opens it there, "" for the terminal's, or the usual one
}

var remoteForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]*)(?:/([^/:]+))?:(.*)$`)

func parseRemote(s string) (r remote, ok bool) {
	m := remoteForm.FindStringSubmatch(s)
	if m == nil {
		return remote{}, false
	}
	return remote{node: wire.NodeName(m[1]), terminal: m[2], path: m[3]}, true
}

// asFlag declares as which account files are opened.
func asFlag(f *flag.FlagSet) *string {
	return f.String("as", "", "the OS `account` there that opens the file")
}

// as has r opened by an account.
func (r remote) as(account string) (remote, error) {
	if account != "" && r.terminal != "" {
		return r, usagef("--as takes a machine, not one of its terminals: each has its account")
	}
	r.account = account
	return r, nil
}

// String is how it was written.
func (r remote) String() string {
	if r.terminal != "" {
		return fmt.Sprintf("%s/%s:%s", r.node, r.terminal, r.path)
	}
	return fmt.Sprintf("%s:%s", r.node, r.path)
}

// session is the id of the terminal that r names, "" if it names none.
func (r remote) session(ctx context.Context, s *session) (wire.SessionID, error) {
	if r.terminal == "" {
		return "", nil
	}
	t, err := findTerminal(ctx, s, r.node, r.terminal, "")
	if err != nil {
		return "", err
	}
	return t.ID, nil
}

// patientFor is how long a file waits for a connection that was lost.
const patientFor = 5 * time.Minute

// carry does something on as many connections as it takes. It gives up when a
// while has passed in which moved did not change.
func (t target) carry(ctx context.Context, p process, moved func() int64, do func(context.Context, *session) error) error {
	d, closer, err := t.resolve(p).dialer(ctx, p)
	if err != nil {
		return err
	}
	defer closer()
	began, last := false, time.Now()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		before := moved()
		err := talk(ctx, p, d, func(ctx context.Context, s *session) error {
			began = true
			return do(ctx, s)
		})
		if moved() != before {
			last, pause = time.Now(), firstPause
		}
		if err == nil || !began || !passes(err) || time.Since(last) > patientFor {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
