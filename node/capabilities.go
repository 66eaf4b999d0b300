package node

import (
	"context"

	"homie/node/jobs"
	"homie/node/pty"
	"homie/rpc"
)

// capability is something a machine can do for the household.
type capability interface {
	API() []rpc.Entry
	Run(ctx context.Context) error
	// Sessions counts what runs there for people at the moment.
	Sessions() int
}

// offer is a capability under the name by which it is paired and granted.
type offer struct {
	name  string
	serve capability
}

// capabilities is the list of what a machine can do. Adding one touches its
// folder and this list.
func capabilities(c Config) []offer {
	all := []offer{
		{"terminal", pty.New(pty.Options{
			Node: nameOf(c), Dir: c.Dir, StateDir: c.StateDir, Version: c.Version,
			MaxUpload: c.MaxUpload,
			Linger:    c.Linger, MaxSessions: c.MaxSessions, IdleEnd: c.IdleEnd, Recording: c.Recording, Launch: c.Holder, Log: c.Log.With("svc", "terminal"),
		})},
	}
	if jobs.Supported {
		all = append(all, offer{"jobs", jobs.New(jobs.Options{
			Node: nameOf(c), StateDir: c.StateDir, Folder: c.Jobs, MaxRunning: c.MaxRuns, Launch: c.Runner, Log: c.Log.With("svc", "jobs"),
		})})
	}
	return all
}
