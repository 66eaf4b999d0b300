package rpc

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"homie/tsidentity"
	"homie/wire"
)

// Rate bounds how often something may be done.
type Rate struct {
	PerSecond float64
	Burst     int
}

// String says the rate in words.
func (r Rate) String() string {
	if perMinute := 60 * r.PerSecond; perMinute < 600 {
		return fmt.Sprintf("%g a minute, %d at once", math.Round(perMinute), r.Burst)
	}
	return fmt.Sprintf("%g a second, %d at once", math.Round(r.PerSecond), r.Burst)
}

// DefaultRate is what one caller may call in all. It is generous to a person at
// a screen and stops a loop.
var DefaultRate = Rate{PerSecond: 100, Burst: 400}

// Class is how dear a method is to the household, or to those in it.
type Class string

// The classes. Each caller has a bucket for each, beside that for all calls; a
// method without a class is bounded by that alone.
const (
	// Expensive methods start programs, or read much of the store.
	Expensive Class = "expensive"
	// Message methods reach other people.
	Message Class = "message"
)

// Classes returns the classes with their default rates.
func Classes() map[Class]Rate {
	return map[Class]Rate{
		Expensive: {PerSecond: 1, Burst: 40},
		Message:   {PerSecond: 1. / 6, Burst: 5},
	}
}

// Limit puts a method into a class.
func Limit(c Class) Option { return func(m *Method) { m.Class = c } }

// Guessed marks a method at which somebody could guess: each call of a caller
// that is refused or finds nothing is a failed attempt, and after some of them
// they wait, longer each time. One that succeeds forgets the failures.
func Guessed() Option { return func(m *Method) { m.Guessed = true } }

// denialRate bounds how many refusals and failures of one caller are put on
// record, so that nobody can push everybody else's entries out of the audit log.
var denialRate = Rate{PerSecond: 0.2, Burst: 30}

// guesses is the backoff of methods at which somebody could guess.
var guesses = BackoffConfig{Free: 5, First: time.Second, Most: 5 * time.Minute}

// limits are a registry's bounds on what one caller does: a person on a device,
// or a device.
type limits struct {
	all     *Limiter
	classes map[Class]*Limiter
	failed  *Backoff
}

func newLimits(all Rate, classes map[Class]Rate) limits {
	if all == (Rate{}) {
		all = DefaultRate
	}
	l := limits{all: NewLimiter(all), classes: map[Class]*Limiter{}, failed: NewBackoff(guesses)}
	for c, r := range Classes() {
		if other, ok := classes[c]; ok {
			r = other
		}
		l.classes[c] = NewLimiter(r)
	}
	return l
}

// admit takes what a call costs its caller, or says how long to wait. A method
// is nil if there is none of the name.
func (l limits) admit(who tsidentity.Caller, m *Method) error {
	key := who.Key()
	if wait, ok := l.all.Allow(key); !ok {
		return wire.Errorf(wire.RateLimited, "These are too many requests from one device. Try again in %s.", inWords(wait)).After(wait)
	}
	if m == nil {
		return nil
	}
	if class := l.classes[m.Class]; class != nil {
		if wait, ok := class.Allow(key); !ok {
			return wire.Errorf(wire.RateLimited, "This was asked too often from one device; the limit is %s. Try again in %s.", class.rate, inWords(wait)).After(wait)
		}
	}
	if m.Guessed {
		if wait := l.failed.Wait(key + " " + m.Name); wait > 0 {
			return wire.Errorf(wire.RateLimited, "This failed too often from this device. Try again in %s.", inWords(wait)).After(wait)
		}
	}
	return nil
}

// note remembers how a call ended at which somebody could guess.
func (l limits) note(who tsidentity.Caller, m *Method, err error) (wait time.Duration) {
	if m == nil || !m.Guessed {
		return 0
	}
	key := who.Key() + " " + m.Name
	switch wire.ReasonOf(err) {
	case "":
		l.failed.Succeeded(key)
	case wire.Forbidden, wire.Unauthenticated, wire.NotFound, wire.Conflict, wire.InvalidParams:
		return l.failed.Failed(key)
	default: // what is wrong with this side is no guess
	}
	return 0
}

// inWords rounds a time to wait up to what people count in.
func inWords(d time.Duration) string {
	s := (d + time.Second - 1).Truncate(time.Second)
	switch {
	case s <= time.Second:
		return "a second"
	case s < 2*time.Minute:
		return fmt.Sprintf("%d seconds", s/time.Second)
	}
	return fmt.Sprintf("%d minutes", (s+time.Minute-1)/time.Minute)
}

// ParseRates reads calls a minute by class, such as "expensive=600,message=100";
// "all" is what one caller may call in all. What may be done at once grows along.
func ParseRates(text string) (all Rate, classes map[Class]Rate, err error) {
	classes = map[Class]Rate{}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		var perMinute float64
		name, number, _ := strings.Cut(item, "=")
		if n, err := fmt.Sscanf(number+"\n", "%g\n", &perMinute); n != 1 || err != nil || !(perMinute > 0) || perMinute > 1e9 {
			return Rate{}, nil, fmt.Errorf("%q is no number of calls a minute, as in expensive=600", item)
		}
		def, ok := Classes()[Class(name)]
		if name == "all" {
			def, ok = DefaultRate, true
		}
		if !ok {
			return Rate{}, nil, fmt.Errorf("there is no class %q; there are: all, %s, %s", name, Expensive, Message)
		}
		r := Rate{PerSecond: perMinute / 60}
		r.Burst = max(1, int(math.Round(float64(def.Burst)*r.PerSecond/def.PerSecond)))
		if name == "all" {
			all = r
		} else {
			classes[Class(name)] = r
		}
	}
	return all, classes, nil
}

// Bounds of what is remembered of callers. A forgotten one starts anew, so the
// idle time is longer than a bucket takes to fill, and than a wait.
const (
	maxKeys = 4096
	keyIdle = 10 * time.Minute
	// evictAmong bounds what it costs to make room.
	evictAmong = 16
)

// Limiter is token buckets by key. It is bounded: of more keys than it
// remembers, one of those that were idle longest starts with a full bucket.
type Limiter struct {
	rate Rate

	mu    sync.Mutex
	byKey map[string]*bucket
}

type bucket struct {
	rate.Limiter
	used time.Time
}

// NewLimiter returns a limiter with full buckets.
func NewLimiter(r Rate) *Limiter { return &Limiter{rate: r, byKey: map[string]*bucket{}} }

// Allow takes a token of the key's bucket, or says how long until there is one.
func (l *Limiter) Allow(key string) (wait time.Duration, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.byKey[key]
	if b == nil {
		evict(l.byKey, now, func(b *bucket) time.Time { return b.used })
		b = &bucket{Limiter: *rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
		l.byKey[key] = b
	}
	b.used = now
	if b.AllowN(now, 1) {
		return 0, true
	}
	res := b.ReserveN(now, 1)
	wait = res.DelayFrom(now)
	res.CancelAt(now)
	return wait, false
}

// evict makes room for one more key: it forgets those of some that are idle, and
// if none is, the one idle longest.
func evict[V any](m map[string]V, now time.Time, used func(V) time.Time) {
	if len(m) < maxKeys {
		return
	}
	var victim string
	oldest, seen := now, 0
	for key, v := range m {
		at := used(v)
		if now.Sub(at) > keyIdle {
			delete(m, key)
		} else if victim == "" || at.Before(oldest) {
			victim, oldest = key, at
		}
		if seen++; seen >= evictAmong {
			break
		}
	}
	if len(m) >= maxKeys {
		delete(m, victim)
	}
}

// BackoffConfig says how failed attempts are answered.
type BackoffConfig struct {
	Free        int           // attempts that may fail without a wait
	First, Most time.Duration // the wait after one more, which doubles up to the most
}

// Backoff makes whoever fails wait, by key. It is bounded as Limiter is.
type Backoff struct {
	conf BackoffConfig

	mu    sync.Mutex
	byKey map[string]*failures
}

type failures struct {
	n     int
	until time.Time // before which no attempt is made
	last  time.Time
}

// NewBackoff returns a backoff that knows of no failures.
func NewBackoff(conf BackoffConfig) *Backoff {
	return &Backoff{conf: conf, byKey: map[string]*failures{}}
}

// Wait returns how long the key has to wait before it may try, 0 if it may now.
func (b *Backoff) Wait(key string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.byKey[key]
	if f == nil {
		return 0
	}
	return max(0, time.Until(f.until))
}

// Failed remembers a failed attempt, and returns how long to wait now.
func (b *Backoff) Failed(key string) (wait time.Duration) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.byKey[key]
	if f == nil || now.Sub(f.last) > keyIdle+b.conf.Most {
		evict(b.byKey, now, func(f *failures) time.Time { return f.last })
		f = &failures{}
		b.byKey[key] = f
	}
	f.n++
	f.last = now
	if over := f.n - b.conf.Free; over > 0 {
		wait = min(b.conf.Most, b.conf.First<<min(over-1, 20))
		f.until = now.Add(wait)
	}
	return wait
}

// Succeeded forgets the failures of a key.
func (b *Backoff) Succeeded(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.byKey, key)
}
