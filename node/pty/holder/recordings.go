package holder

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// SetRecording changes what is recorded unasked, and what is kept. Sessions that
// run are recorded from now on, or no longer.
func (m *Manager) SetRecording(p recordPolicy) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	m.recordings.set(p)
	m.recordings.tidy(time.Now())
	for _, s := range m.all() {
		if s.hasEnded() {
			continue
		}
		if p.all {
			m.recordUnasked(s)
		} else {
			s.endPolicyRecording()
		}
	}
}

// recordUnasked records a session because the machine does; the session tells if
// that failed.
func (m *Manager) recordUnasked(s *Session) {
	if err := s.record(m.recordings, ""); err != nil {
		m.cfg.Log.Warn("a session is not recorded, and should be", "session", string(s.id), "err", err)
	}
}

// endPolicyRecording ends a recording that the machine made unasked.
func (s *Session) endPolicyRecording() {
	r := s.recorder.Load()
	if r == nil || !r.policy || isClosed(r.over) {
		return
	}
	_, end := s.ring.Bounds()
	r.conclude(context.Background(), lastWords{end: end, why: terminal.RecordingStopped})
}

// recordFromStart records a new session if who wants it, or the machine.
func (m *Manager) recordFromStart(s *Session, wanted bool, who string) {
	switch {
	case m.recordings.current().all:
		m.recordUnasked(s)
	case wanted:
		if err := s.record(m.recordings, who); err != nil {
			m.cfg.Log.Warn("a session is not recorded", "session", string(s.id), "err", err)
		}
	}
}

// Record starts a session's recording for who.
func (m *Manager) Record(id wire.SessionID, who string) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(id)
	if err != nil {
		return terminal.Session{}, err
	}
	if err := s.record(m.recordings, who); err != nil {
		return terminal.Session{}, err
	}
	return s.Info(), nil
}

// StopRecording ends a session's recording for who.
func (m *Manager) StopRecording(ctx context.Context, id wire.SessionID, who string) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(id)
	if err != nil {
		return terminal.Session{}, err
	}
	if err := s.stopRecording(ctx, who); err != nil {
		return terminal.Session{}, err
	}
	return s.Info(), nil
}

func (h *Holder) recordingAPI() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(terminal.Record, h.record),
		rpc.Serve(terminal.RecordStop, h.recordStop),
		rpc.Serve(terminal.RecordingList, h.recordings),
		rpc.ServeStream(terminal.RecordingRead, h.recordingRead),
		rpc.Serve(terminal.RecordingDelete, h.recordingDelete),
	}
}

func (h *Holder) record(ctx context.Context, who tsidentity.Caller, p terminal.RecordParams) (terminal.Session, error) {
	return h.manager.Record(p.Session, somebody(ctx, who))
}

func (h *Holder) recordStop(ctx context.Context, who tsidentity.Caller, p terminal.RecordParams) (terminal.Session, error) {
	return h.manager.StopRecording(ctx, p.Session, somebody(ctx, who))
}

// somebody is who wants something; a recording by nobody is the machine's own.
func somebody(ctx context.Context, who tsidentity.Caller) string {
	return cmp.Or(behalf(ctx, who).String(), "somebody")
}

func (h *Holder) recordings(context.Context, tsidentity.Caller, terminal.RecordingListParams) (terminal.Recordings, error) {
	list, err := h.manager.recordings.list()
	if list == nil {
		list = []terminal.Recording{}
	}
	return terminal.Recordings{Recordings: list}, err
}

func (h *Holder) recordingDelete(_ context.Context, _ tsidentity.Caller, p terminal.RecordingParams) (wire.Nothing, error) {
	return wire.Nothing{}, h.manager.recordings.remove(p.Recording)
}

func (h *Holder) recordingRead(_ context.Context, _ tsidentity.Caller, p terminal.RecordingReadParams) (terminal.RecordingOpened, rpc.Pump, error) {
	f, r, err := h.manager.recordings.open(p.Recording)
	if err != nil {
		return terminal.RecordingOpened{}, nil, err
	}
	f.Close() // a stream may come about or not; its pump opens it again
	return terminal.RecordingOpened{Recording: r}, func(ctx context.Context, st *rpc.Stream) error {
		return h.manager.recordings.send(ctx, st, p)
	}, nil
}

// send sends the bytes of a recording until its end, or, if it is to be
// followed, until it ends.
func (l *library) send(ctx context.Context, st Stream, p terminal.RecordingReadParams) error {
	f, _, err := l.open(p.Recording)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for at := int64(p.Offset); ; {
		n, err := f.ReadAt(buf[:], at)
		if n > 0 {
			if err := st.Send(ctx, uint64(at), buf[:n]); err != nil {
				return err
			}
			at += int64(n)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if more, err := l.await(ctx, p, at); !more || err != nil {
			return err
		}
	}
}

// await waits until a followed recording is longer than size; more is false if
// it will not be.
func (l *library) await(ctx context.Context, p terminal.RecordingReadParams, size int64) (more bool, err error) {
	r := l.recorder(p.Recording)
	if !p.Follow || r == nil {
		return false, nil
	}
	grown, over := r.grows(size)
	if over {
		return false, nil
	}
	select {
	case <-grown:
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// keep looks after what is kept until ctx ends. Not at once: the node is still to
// say what it wants kept.
func (l *library) keep(ctx context.Context) {
	again := time.NewTicker(tidyEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			l.tidy(time.Now())
		case <-ctx.Done():
			return
		}
	}
}
