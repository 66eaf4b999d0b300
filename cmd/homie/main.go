// Command homie is the household's private command centre on its own tailnet:
// the gateway, a machine's node, and the command line that talks to them.
//
// Every command stands in the table in commands.go. Settings come from flags,
// then from the environment, then from defaults. Exit codes: 0 done, 1 failed,
// 2 wrong usage, 3 not allowed, 4 the gateway or a machine can't be reached.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, os.Args[1:], process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv})
	stop()
	os.Exit(code)
}
