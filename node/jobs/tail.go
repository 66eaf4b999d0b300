package jobs

import (
	"context"
	"time"

	"homie/node/jobs/runner"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire/jobs"
)

// tailEvery is how often it is looked whether a log that is followed has grown.
const tailEvery = 50 * time.Millisecond

// tail sends the log of a run from an offset on.
func (s *Service) tail(ctx context.Context, who tsidentity.Caller, p jobs.TailParams) (jobs.Tailed, rpc.Pump, error) {
	r, v, err := s.find(ctx, who, p.Run)
	if err != nil {
		return jobs.Tailed{}, nil, err
	}
	return jobs.Tailed{Run: v}, func(ctx context.Context, st *rpc.Stream) error {
		st.Drop()
		st.Guard(func(who tsidentity.Caller) error { return within(who, jobs.Tail.Capability, v.Account) })
		log := runner.OpenLog(r.dir, r.spec.MaxLog)
		defer log.Close()
		return s.sendLog(ctx, st, log, p)
	}, nil
}

// sendLog sends what there is and, if it is followed, what comes.
func (s *Service) sendLog(ctx context.Context, st *rpc.Stream, log *runner.Log, p jobs.TailParams) error {
	look := time.NewTicker(tailEvery)
	defer look.Stop()
	buf := make([]byte, 256<<10)
	for offset := p.Offset; ; {
		last := !p.Follow || s.isOver(p.Run) // asked before reading: nothing comes after
		for {
			n, at, err := log.Read(offset, buf)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if err := st.Send(ctx, at, buf[:n]); err != nil {
				return err
			}
			offset = at + uint64(n)
		}
		if last {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// isOver reports whether a run is done, or not kept any more.
func (s *Service) isOver(id jobs.RunID) bool {
	v, ok := s.kept(id)
	return !ok || v.State == jobs.Done
}
