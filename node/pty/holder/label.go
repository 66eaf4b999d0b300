package holder

import (
	"cmp"

	"homie/wire/terminal"
)

// Update changes what a session is called, and counts as use.
func (m *Manager) Update(p terminal.UpdateParams) (terminal.Session, error) {
	m.calls.RLock()
	defer m.calls.RUnlock()
	s, err := m.Get(p.Session)
	if err != nil {
		return terminal.Session{}, err
	}
	s.label(p)
	return s.Info(), nil
}

func (s *Session) label(p terminal.UpdateParams) {
	s.mu.Lock()
	if p.Name != nil {
		s.info.Name = cmp.Or(*p.Name, nameOf(s.info.Command))
	}
	if p.Group != nil {
		s.info.Group = *p.Group
	}
	s.usedLocked()
	s.mu.Unlock()
	s.changed(s)
}

// cwdLocked returns the folder in which the session's first program stands: as
// the system says. What is known stays known.
func (s *Session) cwdLocked() string {
	if s.info.State != terminal.Running || s.exit != nil {
		return s.info.Cwd
	}
	if pid, err := s.proc.descriptor(func(uintptr) {}); err == nil {
		s.info.Cwd = cmp.Or(folderOf(pid), s.info.Cwd)
	}
	return s.info.Cwd
}
