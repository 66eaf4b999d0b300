package tsidentity

import (
	"context"
	"sync"
	"time"
)

const (
	// maxAge is how old an answer about a peer may be. A right that was taken
	// away has to end within about a second, checks of open connections (once
	// a second) included, so that half of one is what a cache may add.
	maxAge = 500 * time.Millisecond
	// lookupTime bounds one question to the tailnet.
	lookupTime = 2 * time.Second
	// maxCached bounds the peers remembered. When it is reached, what has aged
	// goes first, and then any entry: a lookup costs a tenth of a millisecond.
	maxCached = 4096
)

// cache remembers answers for maxAge and lets one lookup run for each key at a
// time, so that a thousand reconnecting sockets of a device are one question.
type cache[T any] struct {
	look func(ctx context.Context, key string) (T, error)

	mu      sync.Mutex
	entries map[string]*entry[T]
}

// entry is an answer, or one that is on its way until done is closed.
type entry[T any] struct {
	asked time.Time
	done  chan struct{}
	value T
	err   error
}

// get returns the answer for key, asking for it if there is none young enough.
func (c *cache[T]) get(ctx context.Context, key string) (T, error) {
	c.mu.Lock()
	if e := c.entries[key]; e != nil && !e.aged() {
		c.mu.Unlock()
		return e.wait(ctx)
	}
	e := c.addLocked(key)
	c.mu.Unlock()
	return c.ask(ctx, key, e)
}

func (c *cache[T]) addLocked(key string) *entry[T] {
	if c.entries == nil {
		c.entries = map[string]*entry[T]{}
	}
	if len(c.entries) >= maxCached {
		c.evictLocked()
	}
	e := &entry[T]{asked: time.Now(), done: make(chan struct{})}
	c.entries[key] = e
	return e
}

// ask fills e. Others may wait for it, so that the request that happened to ask
// does not take the lookup with it when it is canceled.
func (c *cache[T]) ask(ctx context.Context, key string, e *entry[T]) (T, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTime)
	defer cancel()
	defer close(e.done)
	e.value, e.err = c.look(ctx, key)
	if e.err != nil {
		c.forget(key, e)
	}
	return e.value, e.err
}

// forget drops a failed answer: the next request asks again.
func (c *cache[T]) forget(key string, e *entry[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] == e {
		delete(c.entries, key)
	}
}

func (c *cache[T]) evictLocked() {
	for key, e := range c.entries {
		if e.aged() {
			delete(c.entries, key)
		}
	}
	if len(c.entries) < maxCached {
		return
	}
	for key := range c.entries { // an eighth at once, so that the walk is rare
		if len(c.entries) < maxCached*7/8 {
			return
		}
		delete(c.entries, key)
	}
}

// aged reports whether e is an answer that is too old to be given again.
func (e *entry[T]) aged() bool {
	select {
	case <-e.done:
		return time.Since(e.asked) > maxAge
	default:
		return false
	}
}

func (e *entry[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-e.done:
		return e.value, e.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}
