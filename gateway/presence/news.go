package presence

import (
	"context"
	"slices"

	"homie/wire"
	wirenodes "homie/wire/nodes"
)

// news is what subscribers have not been told yet. It has one entry a machine,
// however often that changed meanwhile.
type news struct {
	changed map[wire.DeviceID]struct{}
	left    map[place]wirenodes.Node // as each was
}

// place is what a list of machines calls an entry.
type place struct {
	device wire.DeviceID
	name   wire.NodeName
}

func newNews() news {
	return news{changed: map[wire.DeviceID]struct{}{}, left: map[place]wirenodes.Node{}}
}

// Changed notes that a machine came, went, or is otherwise than before. Only its
// device is looked at: subscribers are told how it is by then.
func (s *Service) Changed(n wirenodes.Node) {
	s.mu.Lock()
	s.news.changed[n.Device] = struct{}{}
	s.mu.Unlock()
	s.hasNews()
}

// Left notes that a machine left the household or is judged otherwise by grants,
// by another name or other tags. Whoever saw it as it was must let go of it: they
// may not see what it is now.
func (s *Service) Left(was wirenodes.Node) {
	s.mu.Lock()
	s.news.left[place{was.Device, was.Name}] = was
	s.news.changed[was.Device] = struct{}{}
	s.mu.Unlock()
	s.hasNews()
}

func (s *Service) hasNews() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// announce publishes what is new until ctx ends. It alone publishes, so that
// the last thing said of a machine is true: what is read here cannot be
// overtaken by what somebody else read before.
func (s *Service) announce(ctx context.Context) {
	for {
		select {
		case <-s.wake:
			s.tell()
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) tell() {
	s.mu.Lock()
	fresh := s.news
	s.news = newNews()
	s.mu.Unlock()
	all, err := s.roster.Nodes()
	if err != nil {
		s.log.Error("listing machines", "err", err)
		return
	}
	for _, was := range fresh.left {
		s.tellLeft(was, all)
	}
	for _, n := range all {
		if _, ok := fresh.changed[n.Device]; ok {
			s.changed.Publish(s.machine(n))
		}
	}
}

// tellLeft publishes that a machine is no longer what it was, unless it is
// again.
func (s *Service) tellLeft(was wirenodes.Node, all []wirenodes.Node) {
	i := slices.IndexFunc(all, func(n wirenodes.Node) bool { return n.Device == was.Device })
	if i >= 0 && all[i].Name == was.Name && slices.Equal(all[i].Tags, was.Tags) {
		return
	}
	was.Online = false
	m := s.machine(was)
	m.Removed = true
	s.changed.Publish(m)
	if i < 0 {
		s.mu.Lock()
		delete(s.health, was.Device)
		delete(s.routes, was.Device)
		s.mu.Unlock()
	}
}
