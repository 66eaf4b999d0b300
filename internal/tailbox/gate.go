package tailbox

import "sync"

// gate counts work in progress, so that an end can wait for it. The zero gate
// is open.
type gate struct {
	wg sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// enter reports whether work may begin; if so, leave must follow.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.wg.Add(1)
	return true
}

func (g *gate) leave() { g.wg.Done() }

// shut lets nothing in any more and waits until everything has left.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.wg.Wait()
}
