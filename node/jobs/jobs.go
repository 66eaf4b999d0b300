// Package jobs is what a machine does by name: jobs that stand in TOML files of a
// folder, and the runs of them.
//
//	jobs.d/backup.toml ── parse ──> definition ── start ──> run, queued
//	   waiting ── a place is free ──> runner process ──> running ──> done
//
// Each run has a folder and a process of its own, see the folder runner, which
// outlives the node: one that comes back reads the folders, goes on with what
// was queued, follows what still runs, and calls lost what nobody carries any
// more. Run starts as many at once as the machine may; what is queued waits in
// the order in which it came.
//
// The package checks parameters and accounts. What people may is decided by the
// gateway; here it is seen to that the gateway keeps within its bound, see
// bound.go.
package jobs

import (
	"cmp"
	"context"
	"log/slog"
	"os/user"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"homie/internal/accounts"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/jobs"
)

// Options is what the service needs from the node.
type Options struct {
	Node     wire.NodeName // what programs are told
	StateDir string        // the node's; runs are kept in its folder "runs"
	// Folder has the files of jobs. Default: jobs.d in StateDir.
	Folder string
	// MaxRunning bounds the runs that are carried at once. Default: twice the
	// machine's processors.
	MaxRunning int
	// Launch starts runners. Default: this program as 'homie runner'.
	Launch Launch
	// Accounts are the OS accounts that jobs may name. Default: this machine's.
	Accounts accounts.Database
	Log      *slog.Logger
}

// maxQueued bounds the runs that wait.
const maxQueued = 10_000

// folderPoll is how often it is looked whether somebody changed a file by hand.
const folderPoll = 2 * time.Second

// Service serves the jobs of this machine to its gateway.
type Service struct {
	o       Options
	folder  *folder
	own     *user.User // nil if that is not known
	changed *rpc.Topic[jobs.Job]
	moved   *rpc.Topic[jobs.Run]
	ready   chan struct{} // closed when the runs have been read
	wake    chan struct{} // capacity 1; there may be something to start
	work    sync.WaitGroup

	mu      sync.Mutex
	runs    map[jobs.RunID]*run
	queue   []*run // in the order in which they came
	running int    // places that are taken
	seq     uint64 // of the latest run
	broken  error  // why there are no jobs here
}

// New returns the service.
func New(o Options) *Service {
	o.Folder = cmp.Or(o.Folder, filepath.Join(o.StateDir, "jobs.d"))
	o.MaxRunning = cmp.Or(o.MaxRunning, 2*runtime.NumCPU())
	if o.Launch == nil {
		o.Launch = Program("")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Accounts == (accounts.Database{}) {
		o.Accounts = accounts.System()
	}
	return &Service{
		o: o, folder: newFolder(o.Folder), changed: rpc.Events(jobs.Changed).View(shownJob), moved: rpc.Events(jobs.RunChanged).View(shownRun),
		ready: make(chan struct{}), wake: make(chan struct{}, 1), runs: map[jobs.RunID]*run{},
	}
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(jobs.List, s.list),
		rpc.Serve(jobs.Source, s.source),
		rpc.Serve(jobs.Check, s.check),
		rpc.Serve(jobs.Define, s.define),
		rpc.Serve(jobs.Remove, s.remove),
		rpc.Serve(jobs.Start, s.start),
		rpc.Serve(jobs.Press, s.press),
		rpc.Serve(jobs.Status, s.status),
		rpc.Serve(jobs.Cancel, s.cancel),
		rpc.Serve(jobs.Runs, s.history),
		rpc.ServeStream(jobs.Tail, s.tail),
		s.changed, s.moved,
	}
}

// Sessions counts the runs that are carried.
func (s *Service) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// Run reads what is there and starts what is due, until ctx ends. What runs then
// runs on.
func (s *Service) Run(ctx context.Context) error {
	s.own, _ = user.Current() // an account without a name has jobs of none
	if err := s.load(ctx); err != nil {
		s.o.Log.Error("jobs can't be run", "err", err)
		s.mu.Lock()
		s.broken = wire.Errorf(wire.Unavailable, "The jobs of this machine can't be run: Homie's log there says why.").Because(err)
		s.mu.Unlock()
	}
	close(s.ready)
	poll := time.NewTicker(folderPoll)
	defer poll.Stop()
	defer s.work.Wait()
	for {
		s.startDue(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-poll.C:
			s.look()
		}
	}
}

// look takes notice of what was changed by hand.
func (s *Service) look() {
	for _, id := range s.folder.look() {
		j, ok := s.job(id)
		if !ok {
			j = jobs.Job{ID: id, Removed: true, Command: []string{}, Params: []jobs.Parameter{}}
		}
		s.changed.Publish(j)
	}
}

// isReady waits until the runs have been read.
func (s *Service) isReady(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// list returns the jobs of this machine, and the files that are none.
func (s *Service) list(ctx context.Context, who tsidentity.Caller, _ jobs.ListParams) (jobs.Jobs, error) {
	if err := s.isReady(ctx); err != nil {
		return jobs.Jobs{}, err
	}
	s.look()
	out := jobs.Jobs{Jobs: []jobs.Job{}, Away: []wire.NodeName{}}
	about := s.standing()
	for id, e := range s.folder.all() {
		j := s.describe(id, e, about[id])
		if who.MayUse(jobs.List.Capability, j.Account) {
			out.Jobs = append(out.Jobs, j)
		}
	}
	jobs.Sort(out.Jobs)
	return out, nil
}

// standing is how the runs of a job stand.
type standing struct {
	queued, running int
	last            *jobs.Run
}

// standing returns that of all jobs.
func (s *Service) standing() map[jobs.ID]standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[jobs.ID]standing{}
	for _, r := range s.runs {
		st := all[r.info.Job]
		switch r.info.State {
		case jobs.Queued:
			st.queued++
		case jobs.Running:
			st.running++
		case jobs.Done, jobs.Removed:
		}
		if st.last == nil || r.info.Seq > st.last.Seq {
			last := r.info
			st.last = &last
		}
		all[r.info.Job] = st
	}
	return all
}

// job returns one job.
func (s *Service) job(id jobs.ID) (jobs.Job, bool) {
	e, ok := s.folder.get(id)
	if !ok {
		return jobs.Job{}, false
	}
	return s.describe(id, e, s.standing()[id]), true
}

func (s *Service) describe(id jobs.ID, e entry, st standing) jobs.Job {
	j := jobs.Job{ID: id, Name: string(id), Command: []string{}, Params: []jobs.Parameter{}, Queued: st.queued, Running: st.running, Last: st.last, Node: s.o.Node}
	if e.err != nil {
		j.Problem = e.err.Error()
		return j
	}
	d := e.def
	j.Name, j.Description, j.Icon = d.Name, d.Description, d.Icon
	j.Command, j.Params = d.command(), append(j.Params, d.params...)
	j.TimeoutMs, j.Concurrency, j.Keep = time.Duration(d.Timeout).Milliseconds(), d.Concurrency, d.Keep
	j.Button, j.Confirm, j.Dir = d.Button, d.Confirm, d.Directory
	a, err := s.accountFor(d.Account)
	if err != nil {
		j.Problem, j.Account = err.Error(), d.Account
		return j
	}
	j.Account, j.Dir = a.name, cmp.Or(j.Dir, a.home)
	return j
}

// source returns the file of a job as it was written.
func (s *Service) source(ctx context.Context, who tsidentity.Caller, p jobs.SourceParams) (jobs.SourceText, error) {
	if err := s.isReady(ctx); err != nil {
		return jobs.SourceText{}, err
	}
	s.look()
	if err := s.withinFile(who, jobs.Source.Capability, p.Job); err != nil {
		return jobs.SourceText{}, err
	}
	text, err := s.folder.read(p.Job)
	return jobs.SourceText{TOML: text}, err
}

// check judges the file of a job, and keeps nothing.
func (s *Service) check(ctx context.Context, who tsidentity.Caller, p jobs.DefineParams) (jobs.Defined, error) {
	if err := s.isReady(ctx); err != nil {
		return jobs.Defined{}, err
	}
	d, err := parse(p.Job, []byte(p.TOML))
	if err == nil {
		if _, wrong := s.accountFor(d.Account); wrong != nil {
			err = problems{{Line: lineOf(p.TOML, "account"), Problem: "account: " + wrong.Error()}}
		}
	}
	if err != nil {
		return jobs.Defined{Problems: asProblems(err)}, nil
	}
	j := s.describe(p.Job, entry{def: d}, standing{})
	return jobs.Defined{Job: &j, Problems: []jobs.Problem{}}, within(who, jobs.Check.Capability, j.Account)
}

// define writes the file of a job, if there is nothing wrong with it.
func (s *Service) define(ctx context.Context, who tsidentity.Caller, p jobs.DefineParams) (jobs.Defined, error) {
	out, err := s.check(ctx, who, p)
	if err != nil || out.Job == nil {
		return out, err
	}
	s.look()
	if err := s.withinFile(who, jobs.Define.Capability, p.Job); err != nil { // the one before
		return jobs.Defined{}, err
	}
	if err := s.folder.write(p.Job, p.TOML); err != nil {
		return jobs.Defined{}, err
	}
	s.look()
	j, ok := s.job(p.Job)
	if !ok {
		return jobs.Defined{}, wire.Errorf(wire.Conflict, "%s was removed again meanwhile", p.Job)
	}
	out.Job = &j
	return out, nil
}

func asProblems(err error) []jobs.Problem {
	if all, ok := err.(problems); ok { //nolint:errorlint // parse returns that type and wraps nothing
		return all
	}
	return []jobs.Problem{{Problem: err.Error()}}
}

// remove takes a job away, and what is kept of its runs.
func (s *Service) remove(ctx context.Context, who tsidentity.Caller, p jobs.RemoveParams) (wire.Nothing, error) {
	if err := s.isReady(ctx); err != nil {
		return wire.Nothing{}, err
	}
	s.look()
	if err := s.withinFile(who, jobs.Remove.Capability, p.Job); err != nil {
		return wire.Nothing{}, err
	}
	if st := s.standing()[p.Job]; st.queued+st.running > 0 {
		return wire.Nothing{}, wire.Errorf(wire.Conflict, "%s is running or waiting to; cancel that first, then remove the job", p.Job)
	}
	if err := s.folder.remove(p.Job); err != nil {
		return wire.Nothing{}, err
	}
	s.forget(p.Job, 0)
	s.look()
	return wire.Nothing{}, nil
}
