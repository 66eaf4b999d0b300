package rpc

import (
	stdjson "encoding/json"
	"reflect"
	"sync"

	"homie/tsidentity"
	"homie/wire"
)

// Bounds of a topic's log: what a client that was away can still catch up on.
const (
	logEvents = 1024
	logBytes  = 1 << 20
)

// Topic is a declared event stream with a bounded log of its latest events. A
// subscriber is a cursor into the log, so that a slow one costs nothing.
// The zero Topic is not usable; declare it with Event or Publish.
type Topic[T any] struct {
	log *eventLog

	view func(tsidentity.Caller, T) (T, bool)
}

// Event declares a topic and the capability that its subscribers need.
func Event[T any](name, capability string) *Topic[T] {
	return &Topic[T]{log: &eventLog{
		name:       name,
		capability: capability,
		data:       reflect.TypeFor[T](),
		watchers:   map[*subscriptions]struct{}{},
	}}
}

// Events declares a topic whose name, capability and type stand in wire.
func Events[T any](d wire.Topic[T]) *Topic[T] { return Event[T](d.Name, d.Capability) }

// View sets what each caller sees of an event: view returns the event as that
// caller may see it, or false for not at all. It is asked at delivery and at
// replay, with the caller's rights of that moment.
func (t *Topic[T]) View(view func(tsidentity.Caller, T) (T, bool)) *Topic[T] {
	t.view = view
	return t
}

// Publish appends an event and wakes the subscribers. It never blocks on them.
// Call it after the commit that made the event true.
func (t *Topic[T]) Publish(v T) {
	raw, err := encode(v)
	if err != nil {
		panic("rpc: " + err.Error()) // a wire type that can't be encoded is a bug
	}
	t.log.append(logged{size: len(raw), render: func(who tsidentity.Caller) (stdjson.RawMessage, bool) {
		if t.view == nil {
			return raw, true
		}
		seen, ok := t.view(who, v)
		if !ok {
			return nil, false
		}
		out, err := encode(seen)
		return out, err == nil
	}})
}

func (t *Topic[T]) declared() (name, capability string) { return t.log.name, t.log.capability }
func (t *Topic[T]) eventLog() *eventLog                 { return t.log }

// topic is a Topic of any payload.
type topic interface {
	Entry
	eventLog() *eventLog
}

// logged is one event in a log.
type logged struct {
	seq    uint64
	size   int // bytes it takes in the log
	render func(tsidentity.Caller) (stdjson.RawMessage, bool)
}

// eventLog is the numbered tail of a topic.
type eventLog struct {
	name, capability string
	data             reflect.Type

	mu       sync.Mutex
	seq      uint64   // of the newest event, 0 before the first
	events   []logged // oldest first, consecutive numbers, ends at seq
	bytes    int
	watchers map[*subscriptions]struct{}
}

func (l *eventLog) append(e logged) {
	l.mu.Lock()
	l.seq++
	e.seq = l.seq
	l.events = append(l.events, e)
	l.bytes += e.size
	drop := 0
	for len(l.events)-drop > logEvents || (l.bytes > logBytes && len(l.events)-drop > 1) {
		l.bytes -= l.events[drop].size
		l.events[drop] = logged{}
		drop++
	}
	l.events = l.events[drop:]
	watchers := make([]*subscriptions, 0, len(l.watchers))
	for w := range l.watchers {
		watchers = append(watchers, w)
	}
	l.mu.Unlock()
	for _, w := range watchers {
		w.signal()
	}
}

// after returns up to limit events that follow number seq, and whether some
// that should be among them are gone from the log.
func (l *eventLog) after(seq uint64, limit int) (events []logged, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq >= l.seq {
		return nil, seq > l.seq
	}
	first := l.seq - uint64(len(l.events)) // number before the oldest kept
	if seq < first {
		return nil, true
	}
	rest := l.events[seq-first:]
	return append([]logged(nil), rest[:min(limit, len(rest))]...), false
}

func (l *eventLog) newest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq
}

func (l *eventLog) watch(s *subscriptions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers[s] = struct{}{}
}

func (l *eventLog) unwatch(s *subscriptions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, s)
}
