package holder

import (
	"time"

	"homie/wire"
	"homie/wire/terminal"
)

// controlGrace is how long a viewer with control whose connection was lost may
// take to come back.
const controlGrace = 8 * time.Second

// Control says who may type, for by. While somebody has control, it is theirs to
// give, unless p overrides that.
func (s *Session) Control(by wire.OnBehalf, p terminal.ControlParams) error {
	s.mu.Lock()
	err := s.controlLocked(by, p)
	s.mu.Unlock()
	if err == nil {
		s.changed(s)
	}
	return err
}

func (s *Session) controlLocked(by wire.OnBehalf, p terminal.ControlParams) error {
	has := s.info.Control
	switch {
	case s.info.State != terminal.Running:
		return errEnded(s.id)
	case has != nil && has.Person != by.Key() && !p.Override:
		return wire.Errorf(wire.Forbidden, "%s has control of this terminal. Ask for it: they can hand it over.", has.Name)
	case p.Mode == terminal.Open:
		s.openLocked()
		return nil
	}
	for v := range s.viewers {
		if v.key != p.Viewer {
			continue
		}
		if v.watch {
			return wire.Errorf(wire.Conflict, "%s only watches, and can't have control", v.by.Name)
		}
		s.acts++
		v.acted = s.acts
		s.giveLocked(v)
		s.log.Info("one viewer has control", "who", v.by.String(), "by", by.String())
		return nil
	}
	return wire.Errorf(wire.NotFound, "That person is not here any more.")
}

// openLocked lets everybody type.
func (s *Session) openLocked() {
	s.setControlLocked(nil)
}

// giveLocked lets v alone type.
func (s *Session) giveLocked(v *viewer) {
	s.setControlLocked(&terminal.Holder{Viewer: v.key, Name: v.by.Name, Device: v.by.DeviceOf, Person: v.by.Key()})
}

// setControlLocked also answers whoever asked for control. What c points to does
// not change any more.
func (s *Session) setControlLocked(c *terminal.Holder) {
	s.info.Control = c
	for v := range s.viewers {
		v.asks = false
	}
	s.chooseDriverLocked()
	s.tellLocked()
}

// regainLocked gives control back to whoever had it when their connection was
// lost: the same viewer, or that person at the same device. Who comes back to
// watch lets go of it.
func (s *Session) regainLocked(v *viewer) {
	c := s.info.Control
	switch {
	case c == nil || !c.Away:
	case v.key == c.Viewer && v.watch:
		s.openLocked()
	case v.key == c.Viewer || (!v.watch && v.by.Key() == c.Person && v.by.DeviceOf == c.Device):
		s.giveLocked(v)
	}
}

// quitLocked notes that a viewer has gone, for good or because the connection
// was lost.
func (s *Session) quitLocked(v *viewer, forGood bool) {
	c := s.info.Control
	switch {
	case c == nil || c.Viewer != v.key:
	case forGood:
		s.openLocked()
	default:
		s.loseControlLocked()
	}
	s.beatLocked()
}

// loseControlLocked notes that who has control is away.
func (s *Session) loseControlLocked() {
	away := *s.info.Control
	away.Away, s.lost = true, time.Now()
	s.info.Control = &away
}

// goOnLocked waits for who had control when the session moved here.
func (s *Session) goOnLocked() {
	if s.info.Control != nil {
		s.loseControlLocked()
		s.beatLocked()
	}
}

// hearsLocked reports whether what a viewer types is taken.
func (s *Session) hearsLocked(v *viewer) bool {
	return !v.watch && (s.info.Control == nil || s.info.Control.Viewer == v.key)
}

// hears reports whether n bytes that a viewer typed are taken, and counts them
// if not.
func (s *Session) hears(v *viewer, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hearsLocked(v) {
		return true
	}
	v.unheard += uint64(n)
	return false
}

// mayAct checks that a call for somebody may type, or set the size: not while
// another has control.
func (s *Session) mayAct(by wire.OnBehalf) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.info.Control; c != nil && c.Person != by.Key() {
		return wire.Errorf(wire.Conflict, "%s has control of this terminal, so that nothing was done. Ask for control in the terminal, or wait.", c.Name)
	}
	return nil
}
