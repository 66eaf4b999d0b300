package jobs

import (
	"context"
	"os"
	"time"

	"homie/node/jobs/runner"
	"homie/wire/jobs"
)

// Times of looking after runs.
const (
	lookFirst = 10 * time.Millisecond  // until a run has begun
	lookEvery = 250 * time.Millisecond // at how far it is
	// mostAttempts is how often a runner may end before it began.
	mostAttempts = 3
)

// Launch starts the runner of a run and hands it the lock. ended is closed when
// it has ended.
type Launch func(dir string, lock *os.File) (ended <-chan struct{}, err error)

// startDue starts what waits, as far as there are places: of the machine, and of
// the job.
func (s *Service) startDue(ctx context.Context) {
	for ctx.Err() == nil {
		r := s.next()
		if r == nil {
			return
		}
		s.carry(ctx, r)
	}
}

// next takes the run off the queue that is to be started.
func (s *Service) next() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running >= s.o.MaxRunning || len(s.queue) == 0 {
		return nil
	}
	busy := map[jobs.ID]int{}
	for _, r := range s.runs {
		if r.carried && r.info.State != jobs.Done {
			busy[r.info.Job]++
		}
	}
	for i, r := range s.queue {
		most := 1
		if e, ok := s.folder.get(r.info.Job); ok && e.def != nil {
			most = e.def.Concurrency
		}
		if busy[r.info.Job] < most {
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			r.carried = true
			s.running++
			return r
		}
	}
	return nil
}

// carry starts a runner for a run that has a place.
func (s *Service) carry(ctx context.Context, r *run) {
	lock, free, err := runner.Lock(r.dir)
	if err == nil && !free {
		s.follow(ctx, r, nil) // one that was believed to have ended
		return
	}
	var ended <-chan struct{}
	if err == nil {
		ended, err = s.o.Launch(r.dir, lock)
		lock.Close()
	}
	if err == nil {
		s.follow(ctx, r, ended)
		return
	}
	s.o.Log.Error("starting a runner", "run", r.info.ID, "err", err)
	s.free()
	o := runner.Outcome{Outcome: jobs.Broken, EndedAt: time.Now(), Why: "This machine could not start it: " + reasonOf(err).Error() + "."}
	if err := runner.End(r.dir, o); err != nil {
		s.o.Log.Warn("noting that a run can't be started", "run", r.info.ID, "err", err)
	}
	s.done(r, o)
}

// free gives a place back.
func (s *Service) free() {
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	s.wakeUp()
}

// follow looks after a run that is carried, until it is done or ctx ends. ended
// is nil for a runner that another process started.
func (s *Service) follow(ctx context.Context, r *run, ended <-chan struct{}) {
	s.work.Go(func() {
		begun := false
		tick := time.NewTicker(lookFirst)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ended:
				s.settle(r)
				return
			case <-tick.C:
			}
			if ended == nil && hasNone(r.dir) {
				s.settle(r)
				return
			}
			if s.observe(r) && !begun {
				begun = true
				tick.Reset(lookEvery)
			}
		}
	})
}

// hasNone reports whether a run has no runner.
func hasNone(dir string) bool {
	lock, free, err := runner.Lock(dir)
	if lock != nil {
		lock.Close()
	}
	return err == nil && free
}

// observe notes how far a run is, and reports whether it has begun.
func (s *Service) observe(r *run) bool {
	at, _, begun := runner.StartedAt(r.dir)
	if !begun {
		return false
	}
	p, _ := runner.Seen(r.dir)
	s.mu.Lock()
	old := r.info
	if old.State == jobs.Done {
		s.mu.Unlock()
		return true
	}
	v := &r.info
	at = at.UTC()
	v.State, v.StartedAt = jobs.Running, &at
	v.Percent, v.Doing, v.LastLine, v.LogBytes = p.Percent, p.Doing, p.LastLine, p.LogBytes
	now := *v
	s.mu.Unlock()
	if old.State != now.State || old.LogBytes != now.LogBytes || old.Doing != now.Doing || old.LastLine != now.LastLine {
		s.moved.Publish(now)
	}
	return true
}

// settle notes how a run ended whose runner has gone. One that had not begun is
// queued again: its program was not started.
func (s *Service) settle(r *run) {
	o, ended := runner.Ended(r.dir)
	_, _, begun := runner.StartedAt(r.dir)
	switch {
	case ended:
	case begun:
		o = s.lost(r)
	case s.again(r):
		s.free()
		return
	default:
		o = runner.Outcome{Outcome: jobs.Broken, EndedAt: time.Now(), Why: "The process that was to carry it ended each time before it began; Homie's log on this machine may say why."}
		if err := runner.End(r.dir, o); err != nil {
			s.o.Log.Warn("noting that a run can't be started", "run", r.info.ID, "err", err)
		}
	}
	s.done(r, o)
	s.free()
}

// again queues a run again, before all others, unless that was tried enough.
func (s *Service) again(r *run) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.attempts++; r.attempts >= mostAttempts {
		return false
	}
	r.carried = false
	s.queue = append([]*run{r}, s.queue...)
	return true
}
