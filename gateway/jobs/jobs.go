// Package jobs lets people start what machines do by name, and see what became
// of it.
//
// A job stands in a file on its machine, and its runs live there. This service
// checks the caller's rights on that machine and passes the call on; the bytes of
// a log are relayed frame by frame, with the reader's own credit.
//
// Who may do what: jobs:read is for the buttons and their runs; whoever also
// holds jobs:run or jobs:edit on a machine sees all its jobs. jobs:press starts
// a button, as the account that its file names: who wrote the file decided that.
// jobs:run starts any job and jobs:edit changes it, if the grant's "as" has the
// job's account.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirejobs "homie/wire/jobs"
	wirenodes "homie/wire/nodes"
)

// Links reaches machines.
type Links interface {
	Link(name wire.NodeName) (wirenodes.Node, *rpc.Conn, error)
	Nodes() ([]wirenodes.Node, error)
}

// listTimeout bounds how long one slow machine may hold up a list.
const listTimeout = 3 * time.Second

// capability is what a node offers to have jobs.
const capability = "jobs"

// Service passes calls about jobs on to nodes.
type Service struct {
	links   Links
	log     *slog.Logger
	changed *rpc.Topic[wirejobs.Job]
	moved   *rpc.Topic[wirejobs.Run]
	done    func(wirejobs.Run)
	reading seats
}

// New returns the service.
func New(links Links, log *slog.Logger) *Service {
	s := &Service{links: links, log: log, done: func(wirejobs.Run) {}}
	s.changed = rpc.Events(wirejobs.Changed).View(s.viewJob)
	s.moved = rpc.Events(wirejobs.RunChanged).View(s.viewRun)
	return s
}

// OnDone sets what is told of each run that a machine says is done. It must not
// block, and may be told twice of one.
func (s *Service) OnDone(f func(wirejobs.Run)) { s.done = f }

// MaySee reports whether who sees a run.
func (s *Service) MaySee(who tsidentity.Caller, r wirejobs.Run) bool {
	_, ok := s.viewRun(who, r)
	return ok
}

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(wirejobs.List, s.list),
		rpc.Serve(wirejobs.Source, s.source, rpc.Audited()),
		rpc.Serve(wirejobs.Check, s.check),
		rpc.Serve(wirejobs.Define, s.define, rpc.Audited(), rpc.Sensitive(s.askDefine)),
		rpc.Serve(wirejobs.Remove, s.remove, rpc.Audited(), rpc.Sensitive(s.askRemove)),
		rpc.Serve(wirejobs.Start, s.start, rpc.Audited(), rpc.Limit(rpc.Expensive)),
		rpc.Serve(wirejobs.Press, s.press, rpc.Audited(), rpc.Limit(rpc.Expensive)),
		rpc.Serve(wirejobs.Status, s.status),
		rpc.Serve(wirejobs.Cancel, s.cancel, rpc.Audited()),
		rpc.Serve(wirejobs.Runs, s.runs),
		rpc.ServeStream(wirejobs.Tail, s.tail),
		s.changed, s.moved,
	}
}

// Run does nothing until ctx ends: jobs live on their machines.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// reach returns a machine's connection if who may do what needs says there.
func (s *Service) reach(who tsidentity.Caller, name wire.NodeName, needs string) (wirenodes.Node, *rpc.Conn, error) {
	n, conn, err := s.links.Link(name)
	if n.Device == "" || !who.CanOn(needs, access.Machine(n)) {
		return n, nil, s.refuse(who, needs, name)
	}
	if err != nil {
		return n, nil, err
	}
	if !slices.Contains(n.Capabilities, capability) {
		return n, nil, wire.Errorf(wire.Unsupported, "%s offers no jobs. If Homie there is recent, an owner has still to let it: see Homie's Machines page, or run 'homie pair list'.", name)
	}
	return n, conn, nil
}

// refuse says why a machine can't be reached. Whoever may not reach a machine
// does not learn whether it exists; whoever may reach all of them does.
func (s *Service) refuse(who tsidentity.Caller, needs string, name wire.NodeName) error {
	if name == "" {
		return wire.Errorf(wire.InvalidParams, "params: node is missing; it is the name of a machine")
	}
	if !who.CanOnAll(needs) {
		return wire.Errorf(wire.Forbidden, "You may not do this on %s. The person who runs this home can allow it by granting %q for that machine in the tailnet policy file.", name, needs).
			Missing(wire.Needs{Capability: needs, Node: name})
	}
	all, err := s.links.Nodes()
	if err != nil {
		return err
	}
	names := make([]string, 0, len(all))
	for _, n := range all {
		names = append(names, string(n.Name))
	}
	there := "There are none yet."
	if len(names) > 0 {
		there = "There are: " + strings.Join(names, ", ") + "."
	}
	return wire.Errorf(wire.NotFound, "There is no machine called %q. %s", name, there)
}

// seesAll reports whether who sees the jobs of a machine that are no buttons.
func seesAll(who tsidentity.Caller, n wirenodes.Node) bool {
	m := access.Machine(n)
	return who.CanOn(wirejobs.Start.Capability, m) || who.CanOn(wirejobs.Define.Capability, m)
}

// seen is a job as who sees it, false for not at all.
func seen(who tsidentity.Caller, n wirenodes.Node, j wirejobs.Job) (wirejobs.Job, bool) {
	if seesAll(who, n) {
		return j, true
	}
	j.Command, j.Dir = []string{}, ""
	return j, j.Button || j.Removed
}

// viewJob lets a caller see the events of the jobs that they see.
func (s *Service) viewJob(who tsidentity.Caller, j wirejobs.Job) (wirejobs.Job, bool) {
	n, _, _ := s.links.Link(j.Node)
	if n.Device == "" || !who.CanOn(wirejobs.Changed.Capability, access.Machine(n)) {
		return j, false
	}
	return seen(who, n, j)
}

// viewRun lets a caller see the events of the runs that they see.
func (s *Service) viewRun(who tsidentity.Caller, r wirejobs.Run) (wirejobs.Run, bool) {
	n, _, _ := s.links.Link(r.Node)
	return r, n.Device != "" && who.CanOn(wirejobs.RunChanged.Capability, access.Machine(n)) && (r.Button || seesAll(who, n))
}

// list returns the jobs of one machine, or of all that are connected: the
// buttons, and all others for those who may run or change any job there.
func (s *Service) list(ctx context.Context, who tsidentity.Caller, p wirejobs.ListParams) (wirejobs.Jobs, error) {
	out := wirejobs.Jobs{Jobs: []wirejobs.Job{}, Away: []wire.NodeName{}}
	var mu sync.Mutex
	away, err := s.eachMachine(ctx, who, p.Node, func(ctx context.Context, n wirenodes.Node, conn *rpc.Conn) error {
		got, err := jobsOf(ctx, n, conn)
		mu.Lock()
		defer mu.Unlock()
		for _, j := range got {
			if j, ok := seen(who, n, j); ok {
				out.Jobs = append(out.Jobs, j)
			}
		}
		return err
	})
	out.Away = append(out.Away, away...)
	wirejobs.Sort(out.Jobs)
	return out, err
}

// eachMachine asks one machine or all that who may read, at once, and returns
// those that can't be asked.
func (s *Service) eachMachine(ctx context.Context, who tsidentity.Caller, name wire.NodeName, ask func(context.Context, wirenodes.Node, *rpc.Conn) error) (away []wire.NodeName, err error) {
	needs := wirejobs.List.Capability
	if name != "" {
		n, conn, err := s.reach(who, name, needs)
		if err != nil {
			return nil, err
		}
		return nil, offline(name, ask(ctx, n, conn))
	}
	all, err := s.links.Nodes()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var (
		mu sync.Mutex
		wg sync.WaitGroup
	)
	for _, n := range all {
		if !slices.Contains(n.Capabilities, capability) || !who.CanOn(needs, access.Machine(n)) {
			continue
		}
		wg.Go(func() {
			_, conn, err := s.reach(who, n.Name, needs)
			if err == nil {
				err = ask(ctx, n, conn)
			}
			if err != nil {
				s.log.Debug("asking for jobs", "node", n.Name, "err", err)
				mu.Lock()
				defer mu.Unlock()
				away = append(away, n.Name)
			}
		})
	}
	wg.Wait()
	slices.Sort(away)
	return away, nil
}

// jobsOf asks a machine.
func jobsOf(ctx context.Context, n wirenodes.Node, conn *rpc.Conn) ([]wirejobs.Job, error) {
	got, err := rpc.Invoke(ctx, conn, wirejobs.List, wirejobs.ListParams{})
	out := make([]wirejobs.Job, 0, min(len(got.Jobs), wirejobs.MaxJobs))
	for _, j := range got.Jobs[:min(len(got.Jobs), wirejobs.MaxJobs)] {
		out = append(out, j.Shown(n.Name))
	}
	return out, err
}

// job finds one job of a machine.
func job(ctx context.Context, n wirenodes.Node, conn *rpc.Conn, id wirejobs.ID) (wirejobs.Job, error) {
	all, err := jobsOf(ctx, n, conn)
	if err != nil {
		return wirejobs.Job{}, offline(n.Name, err)
	}
	i := slices.IndexFunc(all, func(j wirejobs.Job) bool { return j.ID == id })
	if i < 0 {
		return wirejobs.Job{}, noJob(n.Name, id)
	}
	return all[i], nil
}

func noJob(name wire.NodeName, id wirejobs.ID) error {
	return wire.Errorf(wire.NotFound, "%s has no job %q, or none that you may see; 'homie job list' shows which there are", name, id)
}

// mayAs checks that who may use a right on a machine as the account of a job.
func mayAs(who tsidentity.Caller, n wirenodes.Node, needs string, j wirejobs.Job) error {
	if j.Account == "" || access.MayRunAs(who, needs, n, j.Account) { // a file that names nobody runs nothing
		return nil
	}
	return wire.Errorf(wire.Forbidden, "The job %s runs as %q on %s, which you may not. The person who runs this home can allow it by adding \"as\": [%q] to your grant.", j.ID, j.Account, n.Name, j.Account).
		Missing(wire.Needs{Capability: needs, Node: n.Name, Account: j.Account})
}

// start runs a job, with values for its parameters. It waits for its turn on its
// machine, and lives on when everybody has gone. A call that is repeated with the
// same key returns the run that the first one started.
func (s *Service) start(ctx context.Context, who tsidentity.Caller, p wirejobs.LaunchParams) (wirejobs.Run, error) {
	n, conn, err := s.reach(who, p.Node, wirejobs.Start.Capability)
	if err != nil {
		return wirejobs.Run{}, err
	}
	j, err := job(ctx, n, conn, p.Job)
	if err != nil {
		return wirejobs.Run{}, err
	}
	if err := mayAs(who, n, wirejobs.Start.Capability, j); err != nil {
		return wirejobs.Run{}, err
	}
	p.Account = j.Account
	return begin(ctx, who, n, conn, wirejobs.Start, p)
}

// press starts a job that is a button, as start does. It takes no right to the
// account that the job runs as: who made it a button gave that.
func (s *Service) press(ctx context.Context, who tsidentity.Caller, p wirejobs.LaunchParams) (wirejobs.Run, error) {
	n, conn, err := s.reach(who, p.Node, wirejobs.Press.Capability)
	if err != nil {
		return wirejobs.Run{}, err
	}
	p.Account = ""
	return begin(ctx, who, n, conn, wirejobs.Press, p)
}

func begin(ctx context.Context, who tsidentity.Caller, n wirenodes.Node, conn *rpc.Conn, m wire.Method[wirejobs.LaunchParams, wirejobs.Run], p wirejobs.LaunchParams) (wirejobs.Run, error) {
	if p.Key != "" { // a key is its caller's: nobody else's returns their run
		p.Key = shortKey(who.Key() + "\x00" + p.Key)
	}
	r, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, m, p)
	if err != nil {
		return wirejobs.Run{}, offline(n.Name, err)
	}
	return r.Shown(n.Name), nil
}

// run finds a run that who sees.
func (s *Service) run(ctx context.Context, who tsidentity.Caller, p wirejobs.RunParams) (wirenodes.Node, *rpc.Conn, wirejobs.Run, error) {
	n, conn, err := s.reach(who, p.Node, wirejobs.Status.Capability)
	if err != nil {
		return n, nil, wirejobs.Run{}, err
	}
	r, err := rpc.Invoke(ctx, conn, wirejobs.Status, p)
	if err != nil {
		return n, nil, wirejobs.Run{}, offline(p.Node, err)
	}
	r = r.Shown(n.Name)
	if !r.Button && !seesAll(who, n) {
		return n, nil, wirejobs.Run{}, wire.Errorf(wire.NotFound, "This machine has no run %q; it may be too old to be kept.", p.Run)
	}
	return n, conn, r, nil
}

// status returns one run.
func (s *Service) status(ctx context.Context, who tsidentity.Caller, p wirejobs.RunParams) (wirejobs.Run, error) {
	_, _, r, err := s.run(ctx, who, p)
	return r, err
}

// cancel ends a run: its program gets SIGTERM and, if it does not end, SIGKILL,
// with all that it started in its process group. Whoever pressed a button may
// cancel what that started; all else takes jobs:run.
func (s *Service) cancel(ctx context.Context, who tsidentity.Caller, p wirejobs.RunParams) (wirejobs.Run, error) {
	n, conn, r, err := s.run(ctx, who, p)
	if err != nil {
		return r, err
	}
	own := r.Button && r.Starter == rpc.BehalfOf(who).Key() && who.CanOn(wirejobs.Press.Capability, access.Machine(n))
	if !own {
		if !who.CanOn(wirejobs.Start.Capability, access.Machine(n)) {
			return wirejobs.Run{}, s.refuse(who, wirejobs.Start.Capability, p.Node)
		}
		if err := mayAs(who, n, wirejobs.Start.Capability, wirejobs.Job{ID: r.Job, Account: r.Account}); err != nil {
			return wirejobs.Run{}, err
		}
	}
	r, err = rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wirejobs.Cancel, p)
	return r.Shown(n.Name), offline(p.Node, err)
}

// runs returns what ran, runs and waits to, the latest first: of one job or all,
// on one machine or all that are connected.
func (s *Service) runs(ctx context.Context, who tsidentity.Caller, p wirejobs.RunsParams) (wirejobs.History, error) {
	out := wirejobs.History{Runs: []wirejobs.Run{}}
	var mu sync.Mutex
	p.Limit = cmp.Or(p.Limit, 50)
	_, err := s.eachMachine(ctx, who, p.Node, func(ctx context.Context, n wirenodes.Node, conn *rpc.Conn) error {
		got, err := rpc.Invoke(ctx, conn, wirejobs.Runs, p)
		mu.Lock()
		defer mu.Unlock()
		for _, r := range got.Runs[:min(len(got.Runs), p.Limit)] {
			if r = r.Shown(n.Name); r.Button || seesAll(who, n) {
				out.Runs = append(out.Runs, r)
			}
		}
		return err
	})
	wirejobs.SortRuns(out.Runs)
	out.Runs = out.Runs[:min(len(out.Runs), p.Limit)]
	return out, err
}

// tail sends the log of a run from the given byte on, and goes on until the run
// is done, if it is to follow. A log that has more than it may keeps its
// beginning and its end, and the offsets jump over what is gone.
func (s *Service) tail(ctx context.Context, who tsidentity.Caller, p wirejobs.TailParams) (wirejobs.Tailed, rpc.Pump, error) {
	n, conn, r, err := s.run(ctx, who, wirejobs.RunParams{Node: p.Node, Run: p.Run})
	if err != nil {
		return wirejobs.Tailed{}, nil, err
	}
	leave := s.reading.take(who.Key() + " " + string(p.Node))
	if leave == nil {
		return wirejobs.Tailed{}, nil, wire.Errorf(wire.Busy, "You have %d logs of %s open, the limit; close one of them.", logsPerCaller, p.Node)
	}
	out, far, err := rpc.Open(ctx, conn, wirejobs.Tail, p)
	if err != nil {
		leave()
		return wirejobs.Tailed{}, nil, offline(p.Node, err)
	}
	out.Run = out.Run.Shown(n.Name)
	return out, func(ctx context.Context, near *rpc.Stream) error {
		defer leave()
		near.Drop()
		near.Guard(func(who tsidentity.Caller) error {
			now, _, _ := s.links.Link(p.Node)
			if now.Device == "" || !who.CanOn(wirejobs.Tail.Capability, access.Machine(now)) || (!r.Button && !seesAll(who, now)) {
				return s.refuse(who, wirejobs.Tail.Capability, p.Node)
			}
			return nil
		})
		return offline(p.Node, rpc.Relay(ctx, near, far))
	}, nil
}

// offline says in words that a machine went away during a call.
func offline(name wire.NodeName, err error) error {
	if errors.Is(err, rpc.ErrClosed) {
		return wire.Errorf(wire.Unavailable, "%s went offline. What runs there runs on; Homie connects again by itself.", name).Because(err)
	}
	return err
}

// words names a job in a question.
func words(node wire.NodeName, id wirejobs.ID, account string) string {
	return fmt.Sprintf("the job “%s” on %s, which runs as %s", id, node, account)
}
