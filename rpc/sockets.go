package rpc

import (
	"sync"
	"time"

	"homie/wire"
)

// Bounds of open connections.
const (
	maxSockets          = 1024
	maxSocketsPerCaller = 32
)

// errSockets is the answer to one connection too many.
var errSockets = wire.Errorf(wire.RateLimited, "There are too many connections: the limits are %d for each person's device and %d in all. Close some, or try again.",
	maxSocketsPerCaller, maxSockets).After(5 * time.Second)

// sockets counts open connections by caller.
type sockets struct {
	mu       sync.Mutex
	total    int
	byCaller map[string]int
}

func (s *sockets) open(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= maxSockets || s.byCaller[key] >= maxSocketsPerCaller {
		return false
	}
	if s.byCaller == nil {
		s.byCaller = map[string]int{}
	}
	s.total++
	s.byCaller[key]++
	return true
}

func (s *sockets) close(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.byCaller[key]--; s.byCaller[key] == 0 {
		delete(s.byCaller, key)
	}
}
