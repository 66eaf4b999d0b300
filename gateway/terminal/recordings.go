package terminal

import (
	"context"
	"errors"
	"slices"
	"sync"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

func (s *Service) recordingAPI() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(wireterminal.Record, s.record, rpc.Audited()),
		rpc.Serve(wireterminal.RecordStop, s.recordStop, rpc.Audited()),
		rpc.Serve(wireterminal.RecordingList, s.recordings),
		rpc.ServeStream(wireterminal.RecordingRead, s.recordingRead, rpc.Audited()),
		rpc.Serve(wireterminal.RecordingDelete, s.recordingDelete, rpc.Audited()),
	}
}

// record starts the recording of a terminal. Whoever may type into one may
// record it, and everybody who looks at it sees that. The recording is a file
// on the machine, in the format asciicast v3. Without effect while there is one.
func (s *Service) record(ctx context.Context, who tsidentity.Caller, p wireterminal.RecordParams) (wireterminal.Session, error) {
	return callOn(ctx, s, who, wireterminal.Record, p)
}

// recordStop ends the recording of a terminal, which is kept. One that the
// machine makes of all its terminals goes on.
func (s *Service) recordStop(ctx context.Context, who tsidentity.Caller, p wireterminal.RecordParams) (wireterminal.Session, error) {
	return callOn(ctx, s, who, wireterminal.RecordStop, p)
}

// callOn passes a call about a session's recording on.
func callOn(ctx context.Context, s *Service, who tsidentity.Caller, m wire.Method[wireterminal.RecordParams, wireterminal.Session], p wireterminal.RecordParams) (wireterminal.Session, error) {
	conn, _, err := s.session(ctx, who, p.Node, p.Session, m.Capability)
	if err != nil {
		return wireterminal.Session{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, m, p)
	if err != nil {
		return wireterminal.Session{}, offline(p.Node, err)
	}
	out = out.Shown()
	out.Node = p.Node
	return out, nil
}

// recordings returns the recordings of one machine, or of all that are
// connected, the newest first: of terminals into which the caller may type, as a
// recording shows what others did there.
func (s *Service) recordings(ctx context.Context, who tsidentity.Caller, p wireterminal.RecordingListParams) (wireterminal.Recordings, error) {
	if p.Node != "" {
		_, conn, err := s.reach(who, p.Node, wireterminal.RecordingList.Capability)
		if err != nil {
			return wireterminal.Recordings{}, err
		}
		out, err := s.recordingsOf(ctx, who, p.Node, conn)
		return wireterminal.Recordings{Recordings: out}, offline(p.Node, err)
	}
	all, err := s.links.Nodes()
	if err != nil {
		return wireterminal.Recordings{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		out = []wireterminal.Recording{}
	)
	for _, n := range all {
		_, conn, err := s.reach(who, n.Name, wireterminal.RecordingList.Capability)
		if err != nil {
			continue // not for this caller, or not connected
		}
		wg.Go(func() {
			got, err := s.recordingsOf(ctx, who, n.Name, conn)
			if err != nil {
				s.log.Debug("listing recordings", "node", n.Name, "err", err)
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(out, got...)
		})
	}
	wg.Wait()
	slices.SortFunc(out, func(a, b wireterminal.Recording) int { return b.StartedAt.Compare(a.StartedAt) })
	return wireterminal.Recordings{Recordings: out}, nil
}

// recordingsOf asks a machine, and leaves out what is not for who.
func (s *Service) recordingsOf(ctx context.Context, who tsidentity.Caller, name wire.NodeName, conn *rpc.Conn) ([]wireterminal.Recording, error) {
	got, err := rpc.Invoke(ctx, conn, wireterminal.RecordingList, wireterminal.RecordingListParams{})
	out := []wireterminal.Recording{}
	for _, r := range got.Recordings[:min(len(got.Recordings), wireterminal.MaxRecordings)] {
		r = r.Shown()
		r.Node = name
		if r.ID.Valid() && s.mayPlay(who, name, r.Account) == nil {
			out = append(out, r)
		}
	}
	return out, err
}

// mayPlay checks that who may type as the account a recorded session ran under:
// the recording may show what its people did there.
func (s *Service) mayPlay(who tsidentity.Caller, name wire.NodeName, account string) error {
	n, _, _ := s.links.Link(name)
	if access.MayRunAs(who, wireterminal.Start.Capability, n, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden, "You may not open this recording: the terminal ran as %q. Whoever may type as %q on %s may.", account, account, name).
		Missing(wire.Needs{Capability: wireterminal.Start.Capability, Node: name, Account: account})
}

// recording finds a recording that who may play.
func (s *Service) recording(ctx context.Context, who tsidentity.Caller, name wire.NodeName, id wireterminal.RecordingID, needs string) (*rpc.Conn, wireterminal.Recording, error) {
	_, conn, err := s.reach(who, name, needs)
	if err != nil {
		return nil, wireterminal.Recording{}, err
	}
	all, err := rpc.Invoke(ctx, conn, wireterminal.RecordingList, wireterminal.RecordingListParams{})
	if err != nil {
		return nil, wireterminal.Recording{}, offline(name, err)
	}
	i := slices.IndexFunc(all.Recordings, func(r wireterminal.Recording) bool { return r.ID == id })
	if i < 0 {
		return nil, wireterminal.Recording{}, wire.Errorf(wire.NotFound, "%s has no recording %q; it may have been deleted, or have become too old to be kept", name, id)
	}
	return conn, all.Recordings[i], s.mayPlay(who, name, all.Recordings[i].Account)
}

// recordingRead sends the bytes of a recording's file, in the format asciicast
// v3, from an offset on. One that goes on can be followed.
func (s *Service) recordingRead(ctx context.Context, who tsidentity.Caller, p wireterminal.RecordingReadParams) (wireterminal.RecordingOpened, rpc.Pump, error) {
	conn, r, err := s.recording(ctx, who, p.Node, p.Recording, wireterminal.RecordingRead.Capability)
	if err != nil {
		return wireterminal.RecordingOpened{}, nil, err
	}
	leave, err := s.sit(who, p.Node)
	if err != nil {
		return wireterminal.RecordingOpened{}, nil, err
	}
	out, far, err := rpc.Open(rpc.WithOnBehalf(ctx, who), conn, wireterminal.RecordingRead, p)
	if err != nil {
		leave()
		return wireterminal.RecordingOpened{}, nil, offline(p.Node, err)
	}
	out.Recording = out.Recording.Shown()
	out.Recording.Node = p.Node
	return out, func(ctx context.Context, near *rpc.Stream) error {
		defer leave()
		near.Drop()
		near.Guard(func(who tsidentity.Caller) error {
			_, _, err := s.reach(who, p.Node, wireterminal.RecordingRead.Capability)
			return errors.Join(err, s.mayPlay(who, p.Node, r.Account))
		})
		return offline(p.Node, rpc.Relay(ctx, near, far))
	}, nil
}

// recordingDelete deletes a recording. One that goes on has to be stopped first.
func (s *Service) recordingDelete(ctx context.Context, who tsidentity.Caller, p wireterminal.RecordingParams) (wire.Nothing, error) {
	conn, _, err := s.recording(ctx, who, p.Node, p.Recording, wireterminal.RecordingDelete.Capability)
	if err != nil {
		return wire.Nothing{}, err
	}
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.RecordingDelete, p)
	return out, offline(p.Node, err)
}
