package rpc

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"homie/tsidentity"
)

// Rate bounds how many calls one caller may make.
type Rate struct {
	PerSecond float64
	Burst     int
}

// DefaultRate is generous to a person at a screen and stops a loop.
var DefaultRate = Rate{PerSecond: 100, Burst: 400}

// denialRate bounds how many refusals and failures of one caller are put on
// record, so that nobody can push everybody else's entries out of the audit log.
var denialRate = Rate{PerSecond: 0.2, Burst: 30}

const (
	maxLimiters = 4096             // callers remembered at once
	limiterIdle = 10 * time.Minute // after which a caller is forgotten
)

// limiters are token buckets by caller. A forgotten caller starts with a full
// bucket, so the idle time is longer than a bucket takes to fill.
type limiters struct {
	rate Rate

	mu       sync.Mutex
	byCaller map[string]*limiter
}

type limiter struct {
	bucket *rate.Limiter
	used   time.Time
}

func newLimiters(r Rate) *limiters {
	if r == (Rate{}) {
		r = DefaultRate
	}
	return &limiters{rate: r, byCaller: map[string]*limiter{}}
}

// allow takes a token of who's bucket, or says how long until there is one.
func (l *limiters) allow(who tsidentity.Caller) (wait time.Duration, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	key := who.Key()
	lim := l.byCaller[key]
	if lim == nil {
		if len(l.byCaller) >= maxLimiters {
			l.evictLocked(now)
		}
		lim = &limiter{bucket: rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
		l.byCaller[key] = lim
	}
	lim.used = now
	if lim.bucket.AllowN(now, 1) {
		return 0, true
	}
	res := lim.bucket.ReserveN(now, 1)
	wait = res.DelayFrom(now)
	res.CancelAt(now)
	return wait, false
}

// evictLocked forgets idle callers; if there are none, any one.
func (l *limiters) evictLocked(now time.Time) {
	var victim string
	for key, lim := range l.byCaller {
		victim = key
		if now.Sub(lim.used) > limiterIdle {
			delete(l.byCaller, key)
		}
	}
	if len(l.byCaller) >= maxLimiters {
		delete(l.byCaller, victim)
	}
}

// Bounds of open connections.
const (
	maxSockets          = 1024
	maxSocketsPerCaller = 32
)

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
