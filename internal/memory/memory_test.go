package memory

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimit(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	old := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(old)
	set := Limit()
	if got := debug.SetMemoryLimit(-1); got != set || got < minLimit || got > maxLimit {
		t.Errorf("the limit is %d bytes, Limit() = %d, want the same, from %d to %d", got, set, minLimit, maxLimit)
	}
	debug.SetMemoryLimit(1 << 30)
	set = Limit()
	if got := debug.SetMemoryLimit(-1); got != set || got != 1<<30 {
		t.Errorf("a limit that was set became %d, Limit() = %d", got, set)
	}
}

func TestHandBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		litter()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			HandBack(ctx)
		}()
		time.Sleep(3 * lookEvery) // in the bubble's time
		synctest.Wait()
		if free := read().free; free > 2*surplus {
			t.Errorf("%d bytes are held unused after a quiet while", free)
		}
		if held := inUse(); held > 64<<20 {
			t.Errorf("%d bytes of garbage are held after a quiet while", held)
		}
		cancel()
		<-done
	})
}

// inUse is what objects take, those included that nobody has any more.
func inUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// litter leaves 256 MiB of memory behind that was in use.
func litter() {
	garbage := make([]byte, 256<<20)
	for i := 0; i < len(garbage); i += 4096 {
		garbage[i] = 1
	}
}
