package rpc

import (
	"encoding/binary"
	"sync"
	"time"
)

// roundTrips are the latest times from a ping to its pong. The shortest of them
// counts: the others had to wait behind what was being sent.
type roundTrips struct {
	mu     sync.Mutex
	latest [8]time.Duration // 0 for none
	next   int
}

func (r *roundTrips) add(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest[r.next] = d
	r.next = (r.next + 1) % len(r.latest)
}

func (r *roundTrips) shortest() (least time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.latest {
		if d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

// RoundTrip returns how long the other side of the connection takes to answer,
// without what waits on the way; 0 before that is known.
func (c *Conn) RoundTrip() time.Duration { return c.trips.shortest() }

// longestTrip is what a round trip is at most taken for: the other side writes
// the time of a ping, and may write anything.
const longestTrip = time.Second

// pingPayload is the time of a ping, which comes back with its pong.
func (c *Conn) pingPayload() []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(time.Since(c.born)))
}

// ponged takes the answer to a ping.
func (c *Conn) ponged(payload string) {
	if len(payload) != 8 {
		return
	}
	sent := time.Duration(binary.BigEndian.Uint64([]byte(payload)))
	if took := time.Since(c.born) - sent; took > 0 && took <= longestTrip {
		c.trips.add(took)
	}
}
