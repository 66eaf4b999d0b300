package main

import (
	"context"
	"errors"
	"fmt"

	"homie/rpc"
	"homie/wire"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitUnreachable = 4
)

// exitStatusError is how the program in a terminal ended, for this one to end alike.
type exitStatusError int

// Error says the status as shells do.
func (e exitStatusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// report says what went wrong, once, and returns the exit code. With asJSON a
// program can read it on the standard output too.
func report(p process, what string, asJSON bool, err error) int {
	if err == nil {
		return exitDone
	}
	if status, ok := errors.AsType[exitStatusError](err); ok {
		return int(status)
	}
	code := exitCode(err)
	text := err.Error()
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	}
	fmt.Fprintf(p.Err, "%s: %s\n", what, text)
	if code == exitUsage && isUsage(err) {
		if what != helpName {
			what += " --help"
		}
		fmt.Fprintf(p.Err, "'%s' explains.\n", what)
	}
	if asJSON {
		// The person at the terminal has read it already.
		_ = printJSON(p, map[string]*wire.Error{"error": wireError(err, code)})
	}
	return code
}

func isUsage(err error) bool {
	_, ok := errors.AsType[*usageError](err)
	return ok
}

// exitCode is how a script tells what went wrong.
func exitCode(err error) int {
	switch {
	case isUsage(err):
		return exitUsage
	case errors.Is(err, rpc.ErrClosed), errors.Is(err, errUnreachable):
		return exitUnreachable
	}
	switch wire.ReasonOf(err) {
	case wire.Forbidden, wire.Unauthenticated, wire.ConfirmationRequired:
		return exitRefused
	case wire.Unavailable, wire.Timeout:
		return exitUnreachable
	case wire.InvalidParams, wire.UnknownMethod:
		return exitUsage
	default:
		return exitFailed
	}
}

// wireError is an error as the gateway would put it. Those of this program get
// the reason that fits their exit code.
func wireError(err error, code int) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e
	}
	reason := wire.Internal
	switch code {
	case exitUsage:
		reason = wire.InvalidParams
	case exitUnreachable:
		reason = wire.Unavailable
	}
	return wire.Errorf(reason, "%v", err)
}
