// Package memory keeps a long-lived process small between bursts.
//
// WireGuard's buffers are pooled without a cap: bulk traffic through a tsnet
// device grows the process to a gigabyte (tailscale#11382), and Go gives memory
// back slowly. So there is a limit for the collector to work against, and
// memory is handed back when the process has been quiet for a while.
package memory

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/shirou/gopsutil/v4/mem"
)

const (
	// maxLimit is enough for bulk streams at full speed; minLimit keeps a small
	// machine from collecting all the time.
	maxLimit = 512 << 20
	minLimit = 128 << 20

	lookEvery = 15 * time.Second
	// quiet is how much may be allocated between two looks by a process that
	// does nothing much, and surplus is what is worth handing back, in bytes.
	quiet   = 16 << 20
	surplus = 16 << 20
)

// Limit sets a soft limit of an eighth of the machine's memory, within bounds,
// and returns the limit in force, in bytes. One that was set before, or by
// GOMEMLIMIT in the environment, wins.
func Limit() int64 {
	if set := debug.SetMemoryLimit(-1); os.Getenv("GOMEMLIMIT") != "" || set != math.MaxInt64 {
		return set
	}
	limit := int64(maxLimit)
	if m, err := mem.VirtualMemory(); err == nil {
		limit = min(limit, int64(m.Total/8))
	}
	limit = max(limit, minLimit)
	debug.SetMemoryLimit(limit)
	return limit
}

// HandBack returns unused memory to the system whenever the process is quiet,
// until ctx ends.
func HandBack(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	last := read()
	var handed usage
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := read()
		// What was allocated since counts as well: a process that does nothing
		// collects every two minutes only, and keeps a burst's garbage until then.
		if now.allocated-last.allocated < quiet && (now.free > surplus || now.allocated-handed.allocated > surplus) {
			debug.FreeOSMemory()
			handed = read()
		}
		last = now
	}
}

type usage struct {
	allocated uint64 // since the start
	free      uint64 // held and not used
}

func read() usage {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return usage{allocated: s[0].Value.Uint64(), free: s[1].Value.Uint64()}
}
