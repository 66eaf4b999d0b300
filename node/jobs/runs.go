package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"homie/node/jobs/runner"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/jobs"
)

// run is one run of a job. What is not guarded by Service.mu does not change.
type run struct {
	dir  string
	spec runner.Spec

	info     jobs.Run
	carried  bool // has, or had, a runner
	attempts int  // runners that ended before they began
}

// dirOf is the folder of a run.
func (s *Service) dirOf(id jobs.RunID) string { return filepath.Join(s.o.StateDir, "runs", string(id)) }

// load reads the runs that are kept.
func (s *Service) load(ctx context.Context) error {
	s.folder.look()
	root := filepath.Join(s.o.StateDir, "runs")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return fmt.Errorf("making the folder of runs: %w", err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("reading the runs: %w", err)
	}
	for _, e := range entries {
		if !jobs.RunID(e.Name()).Valid() {
			continue
		}
		dir := filepath.Join(root, e.Name())
		f, err := runner.Load(dir)
		if err != nil || string(f.Run.ID) != e.Name() { // the node ended while it was being queued
			s.o.Log.Warn("a run can't be read and is dropped", "run", e.Name(), "err", err)
			_ = os.RemoveAll(dir)
			continue
		}
		s.runs[f.Run.ID] = &run{dir: dir, spec: f.Spec, info: f.Run}
		s.seq = max(s.seq, f.Run.Seq)
	}
	s.resume(ctx)
	return nil
}

// resume finds out how each run stands, and follows those that are carried when
// it is done with the map.
func (s *Service) resume(ctx context.Context) {
	var carried []*run
	for _, r := range s.runs {
		lock, free, err := runner.Lock(r.dir)
		if err != nil { // on a full disk there is none yet, and so no runner
			s.o.Log.Warn("finding out whether a run is carried", "run", r.info.ID, "err", err)
		}
		if free {
			lock.Close()
		}
		if free || err != nil {
			s.settleQuietly(r)
			continue
		}
		r.carried = true
		s.running++
		carried = append(carried, r)
	}
	for _, r := range s.runs {
		if r.info.State == jobs.Queued && !r.carried {
			s.queue = append(s.queue, r)
		}
	}
	slices.SortFunc(s.queue, func(a, b *run) int { return cmp.Compare(a.info.Seq, b.info.Seq) })
	for _, r := range carried {
		s.observe(r) // nobody may see one queued that runs
		s.follow(ctx, r, nil)
	}
}

// settleQuietly notes how a run stands that has no runner.
func (s *Service) settleQuietly(r *run) {
	at, _, started := runner.StartedAt(r.dir)
	o, ended := runner.Ended(r.dir)
	if started && !ended {
		o = s.lost(r)
		ended = true
	}
	if ended {
		finish(&r.info, o, at, started)
	}
}

// lost writes down that nobody knows how a run ended.
func (s *Service) lost(r *run) runner.Outcome {
	seen, _ := runner.Seen(r.dir)
	o := runner.Outcome{
		Progress: seen, Outcome: jobs.Lost, EndedAt: time.Now(),
		Why: "The machine went down, or what looked after the run was killed, so that nobody knows how it ended.",
	}
	if err := runner.End(r.dir, o); err != nil {
		s.o.Log.Warn("noting that a run is lost", "run", r.info.ID, "err", err)
	}
	return o
}

// finish makes a run done.
func finish(v *jobs.Run, o runner.Outcome, at time.Time, started bool) {
	v.State, v.Outcome, v.ExitCode, v.Signal, v.Why, v.CancelledBy = jobs.Done, o.Outcome, o.ExitCode, o.Signal, o.Why, o.By
	v.Percent, v.Doing, v.LastLine, v.LogBytes = o.Percent, o.Doing, o.LastLine, o.LogBytes
	ended := o.EndedAt.UTC()
	v.EndedAt = &ended
	if started {
		at = at.UTC()
		v.StartedAt = &at
	}
}

// start queues a run of a job.
func (s *Service) start(ctx context.Context, who tsidentity.Caller, p jobs.LaunchParams) (jobs.Run, error) {
	return s.begin(ctx, who, p, false)
}

// press queues a run of a job that is a button.
func (s *Service) press(ctx context.Context, who tsidentity.Caller, p jobs.LaunchParams) (jobs.Run, error) {
	return s.begin(ctx, who, p, true)
}

func (s *Service) begin(ctx context.Context, who tsidentity.Caller, p jobs.LaunchParams, button bool) (jobs.Run, error) {
	if err := s.isReady(ctx); err != nil {
		return jobs.Run{}, err
	}
	s.folder.look()
	id := newRunID(p)
	if r, ok := s.kept(id); ok {
		return r, within(who, jobs.Status.Capability, r.Account)
	}
	f, err := s.prepare(ctx, who, p, button)
	if err != nil {
		return jobs.Run{}, err
	}
	f.Run.ID = id
	return s.enqueue(f)
}

// newRunID returns an id: 80 random bits, or what follows from the caller's key.
func newRunID(p jobs.LaunchParams) jobs.RunID {
	var b [10]byte
	rand.Read(b[:])
	if p.Key != "" {
		sum := sha256.Sum256([]byte(string(p.Job) + "\x00" + p.Key))
		copy(b[:], sum[:])
	}
	return jobs.RunID(strings.ToLower(base32.StdEncoding.EncodeToString(b[:])))
}

func (s *Service) kept(id jobs.RunID) (jobs.Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[id]; r != nil {
		return r.info, true
	}
	return jobs.Run{}, false
}

// prepare turns what somebody asks for into what a runner needs.
func (s *Service) prepare(ctx context.Context, who tsidentity.Caller, p jobs.LaunchParams, button bool) (runner.File, error) {
	e, ok := s.folder.get(p.Job)
	switch {
	case !ok:
		return runner.File{}, noJob(p.Job)
	case e.err != nil:
		return runner.File{}, wire.Errorf(wire.Conflict, "There is something wrong with the file of %s: %v.", p.Job, e.err)
	case button && !e.def.Button:
		return runner.File{}, wire.Errorf(wire.Forbidden, "%s is no button, so that only those may start it who may run any job here.", e.def.Name)
	}
	d := e.def
	a, err := s.accountFor(d.Account)
	if err != nil {
		return runner.File{}, wire.Errorf(wire.Conflict, "%s can't run: %v.", d.Name, err)
	}
	if p.Account != "" && p.Account != a.name {
		return runner.File{}, wire.Errorf(wire.Conflict, "%s runs as %s by now, and not as %s; try again", d.Name, a.name, p.Account)
	}
	needs := jobs.Start.Capability
	if button {
		needs = jobs.Press.Capability
	}
	if err := within(who, needs, a.name); err != nil {
		return runner.File{}, err
	}
	values, err := d.values(p.Params)
	if err != nil {
		return runner.File{}, err
	}
	by := rpc.BehalfOf(who)
	if told, ok := rpc.OnBehalf(ctx); ok {
		by = told
	}
	f := runner.File{Key: p.Key, Run: jobs.Run{
		Job: d.id, Node: s.o.Node, Name: d.Name, Button: d.Button, State: jobs.Queued, Params: values,
		Account: a.name, By: by.String(), Starter: by.Key(),
	}}
	f.Spec = runner.Spec{
		Argv: d.argv(values), Dir: cmp.Or(d.Directory, a.home), Script: d.Script, As: a.other,
		Timeout: time.Duration(d.Timeout), Grace: time.Duration(d.Grace), MaxLog: d.maxLog(),
	}
	f.Spec.Env = s.environment(a, d, f.Run)
	return f, nil
}

// enqueue writes a run down and has it started when there is a place. A run of
// the same id that came first is returned in its place.
func (s *Service) enqueue(f runner.File) (jobs.Run, error) {
	f.Spec.Env = slices.DeleteFunc(f.Spec.Env, func(kv string) bool { return strings.HasPrefix(kv, "HOMIE_RUN=") })
	f.Spec.Env = append(f.Spec.Env, "HOMIE_RUN="+string(f.Run.ID))
	f.Run.QueuedAt = time.Now().UTC()
	r := &run{dir: s.dirOf(f.Run.ID), spec: f.Spec}
	s.mu.Lock()
	if other := s.runs[f.Run.ID]; other != nil {
		defer s.mu.Unlock()
		return other.info, nil
	}
	if len(s.queue) >= maxQueued {
		defer s.mu.Unlock()
		return jobs.Run{}, wire.Errorf(wire.Busy, "%d runs are waiting on this machine already, its limit.", maxQueued).After(time.Minute)
	}
	s.seq++
	f.Run.Seq = s.seq
	r.info = f.Run
	s.runs[f.Run.ID] = r // others with its key find it, and it is not started yet
	s.mu.Unlock()
	if err := runner.Queue(r.dir, f); err != nil {
		s.mu.Lock()
		delete(s.runs, f.Run.ID)
		s.mu.Unlock()
		_ = os.RemoveAll(r.dir)
		return jobs.Run{}, cantKeep(err)
	}
	s.mu.Lock()
	if !r.carried { // nobody has cancelled it meanwhile
		s.queue = append(s.queue, r)
	}
	s.mu.Unlock()
	s.o.Log.Info("run queued", "job", f.Run.Job, "run", f.Run.ID, "for", f.Run.By)
	s.moved.Publish(f.Run)
	s.wakeUp()
	return f.Run, nil
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// find returns a run that is kept, and that the gateway may look at.
func (s *Service) find(ctx context.Context, who tsidentity.Caller, id jobs.RunID) (*run, jobs.Run, error) {
	if err := s.isReady(ctx); err != nil {
		return nil, jobs.Run{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.runs[id]; r != nil {
		return r, r.info, within(who, jobs.Status.Capability, r.info.Account)
	}
	return nil, jobs.Run{}, wire.Errorf(wire.NotFound, "This machine has no run %q; it may be too old to be kept.", id)
}

// status returns one run.
func (s *Service) status(ctx context.Context, who tsidentity.Caller, p jobs.RunParams) (jobs.Run, error) {
	_, v, err := s.find(ctx, who, p.Run)
	return v, err
}

// history returns runs, the latest first.
func (s *Service) history(ctx context.Context, who tsidentity.Caller, p jobs.RunsParams) (jobs.History, error) {
	if err := s.isReady(ctx); err != nil {
		return jobs.History{}, err
	}
	s.mu.Lock()
	out := []jobs.Run{}
	for _, r := range s.runs {
		if (p.Job == "" || r.info.Job == p.Job) && who.MayUse(jobs.Runs.Capability, r.info.Account) {
			out = append(out, r.info)
		}
	}
	s.mu.Unlock()
	jobs.SortRuns(out)
	return jobs.History{Runs: out[:min(len(out), cmp.Or(p.Limit, 50))]}, nil
}

// cancel ends a run: one that waits at once, one that runs by SIGTERM and, after
// the job's grace, SIGKILL. What is done stays as it is.
func (s *Service) cancel(ctx context.Context, who tsidentity.Caller, p jobs.RunParams) (jobs.Run, error) {
	r, v, err := s.find(ctx, who, p.Run)
	if err != nil || v.State == jobs.Done {
		return v, err
	}
	if !who.MayUse(jobs.Press.Capability, v.Account) {
		if err := within(who, jobs.Start.Capability, v.Account); err != nil {
			return jobs.Run{}, err
		}
	}
	by := rpc.BehalfOf(who)
	if told, ok := rpc.OnBehalf(ctx); ok {
		by = told
	}
	if err := runner.AskToEnd(r.dir, by.String()); err != nil {
		return v, cantKeep(err)
	}
	s.mu.Lock()
	waits := !r.carried
	if waits {
		s.queue = slices.DeleteFunc(s.queue, func(other *run) bool { return other == r })
		r.carried = true
	}
	s.mu.Unlock()
	if !waits {
		return v, runner.Cancel(r.dir)
	}
	o := runner.Outcome{Outcome: jobs.Cancelled, By: by.String(), EndedAt: time.Now()}
	if err := runner.End(r.dir, o); err != nil {
		s.o.Log.Warn("noting that a run was cancelled", "run", v.ID, "err", err)
	}
	return s.done(r, o), nil
}

// done makes a run done, tells of it, and drops what is too old to be kept.
func (s *Service) done(r *run, o runner.Outcome) jobs.Run {
	at, _, started := runner.StartedAt(r.dir)
	s.mu.Lock()
	if r.info.State != jobs.Done {
		finish(&r.info, o, at, started)
	}
	v := r.info
	s.mu.Unlock()
	s.o.Log.Info("run ended", "job", v.Job, "run", v.ID, "outcome", v.Outcome)
	s.moved.Publish(v)
	keep := defaultKeep
	if e, ok := s.folder.get(v.Job); ok && e.def != nil {
		keep = e.def.Keep
	}
	s.forget(v.Job, keep)
	return v
}

// forget drops the runs of a job that are done, but for the latest.
func (s *Service) forget(job jobs.ID, keep int) {
	s.mu.Lock()
	var over []*run
	for _, r := range s.runs {
		if r.info.Job == job && r.info.State == jobs.Done {
			over = append(over, r)
		}
	}
	slices.SortFunc(over, func(a, b *run) int { return cmp.Compare(b.info.Seq, a.info.Seq) })
	over = over[min(keep, len(over)):]
	gone := make([]jobs.Run, 0, len(over))
	for _, r := range over {
		delete(s.runs, r.info.ID)
		v := r.info
		v.State = jobs.Removed
		gone = append(gone, v)
	}
	s.mu.Unlock()
	for i, v := range gone {
		if err := os.RemoveAll(over[i].dir); err != nil {
			s.o.Log.Warn("dropping an old run", "run", v.ID, "err", err)
		}
		s.moved.Publish(v)
	}
}

// reasonOf is an error of the system without the paths that it met.
func reasonOf(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}
