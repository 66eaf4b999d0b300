package holder

import (
	"fmt"
	"sync"

	"homie/wire/terminal"
)

// save describes the session for the program that goes on with it. Ptmx is the
// terminal's descriptor in this process.
func (s *Session) save() (savedSession, error) {
	s.screen.work.Wait() // nothing more comes for it
	v := savedSession{Order: s.order, Typed: s.typed(), Screen: s.saveScreen(), Sizes: s.sizes.save(), Taken: s.taken(), UID: s.uid}
	start, end := s.ring.Bounds()
	v.Start, v.Output = start, make([]byte, end-start)
	n, from := s.ring.ReadAt(start, v.Output)
	v.Start, v.Output = from, v.Output[:n]
	v.Recording = s.saveRecording()
	v.Info = s.Info()
	v.Info.People = nil
	v.Info.Viewers, v.Info.Offset = 0, v.Start+uint64(n)
	if v.Info.State != terminal.Running {
		return v, nil
	}
	var err error
	v.PID, err = s.proc.descriptor(func(fd uintptr) { v.Ptmx = int(fd) })
	if err != nil { // the terminal was taken away from a program that is to end
		v.Ptmx = noTerminal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Killing = s.killing
	v.Driven = s.driven
	if s.exit != nil {
		v.Reaped, v.Code, v.Signal = true, s.exit.code, s.exit.signal
	}
	return v, nil
}

// restore goes on with a session that another program saved. Its terminal is
// open in this process.
func (m *Manager) restore(v savedSession) error {
	var proc process = past{}
	if v.PID != 0 {
		var err error
		if proc, err = inherit(v.PID, v.Ptmx); err != nil {
			return fmt.Errorf("going on with session %s: %w", v.Info.ID, err)
		}
	}
	s := newSession(v.Info, v.Order, proc, m.cfg.Log, m.changed)
	s.uid = v.UID
	s.ring.Restore(v.Start, v.Output)
	s.sizes.restore(v.Sizes)
	s.restoreScreen(v.Screen)
	s.restoreRecording(m.recordings, v)
	for id, taken := range v.Taken {
		s.newTypistLocked(id).taken = taken // nobody else knows the session yet
	}
	s.goOnLocked()
	s.awaited = v.Driven
	s.rest = v.Typed
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.id] = s
	if v.Info.State != terminal.Running {
		s.ring.Close()
		close(s.reaped)
		close(s.ended)
		return nil
	}
	if v.Reaped {
		s.exitLocked(ending{code: v.Code, signal: v.Signal})
	}
	s.writes <- struct{}{}
	s.release(m.work.Go)
	m.work.Go(s.run)
	if v.Killing {
		m.work.Go(s.End)
	}
	return nil
}

// noTerminal stands for the descriptor of a terminal that was taken away.
const noTerminal = -1

// freeze stops all sessions, as Session.freeze does, and whatever starts one,
// until thaw is called.
func (m *Manager) freeze() (sessions []*Session, thaw func()) {
	m.setMoving(true)
	var thaws []func(func(func()))
	still := map[*Session]bool{}
	stop := func() {
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, s := range m.all() {
			if still[s] {
				continue
			}
			still[s] = true
			all.Go(func() {
				thaw := s.freeze()
				mu.Lock()
				defer mu.Unlock()
				thaws = append(thaws, thaw)
			})
		}
		all.Wait()
	}
	stop()         // interrupts the calls that type,
	m.calls.Lock() // so that they end,
	stop()         // and a session that was just starting is there
	return m.all(), func() {
		m.setMoving(false)
		m.calls.Unlock()
		for _, thaw := range thaws {
			thaw(m.work.Go)
		}
		m.reap()
	}
}

func (m *Manager) setMoving(moving bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moving = moving
}
