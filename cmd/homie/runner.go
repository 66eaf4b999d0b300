package main

import (
	"context"
	"errors"
	"flag"

	"homie/node/jobs/runner"
)

const runnerHelp = `
A node starts this command by itself, and people have no use for it. The process
carries one run of a job, whose folder is DIR, and lives on without the node.`

func runnerCommand(process, *flag.FlagSet) action {
	return func(_ context.Context, args []string) error {
		return errors.Join(closeProcess(), runner.Run(args[0]))
	}
}
