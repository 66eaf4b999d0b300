package rpc

import (
	"testing"
	"time"

	"homie/wire"
)

// The sizes that were measured to be right, see docs/terminals.md: what is under
// way takes the reader about 25 ms more than a round trip.
func TestWindowFor(t *testing.T) {
	for _, c := range []struct {
		mb   float64 // a second
		trip time.Duration
		want uint64
	}{
		{10, time.Millisecond, 260_000},
		{10, 60 * time.Millisecond, 850_000},
		{30, 20 * time.Millisecond, 1_350_000},
		{0.1, 0, leastWindow},
		{100, 60 * time.Millisecond, wire.MaxWindow},
	} {
		if got := windowFor(c.mb*1e6, c.trip); got != c.want {
			t.Errorf("windowFor(%v MB/s, %v) = %d, want %d", c.mb, c.trip, got, c.want)
		}
	}
}

// reader is one that uses up rate bytes a second of a sender that always has
// more, a round trip away. It returns the window after some time.
func reader(rate float64, trip, lasts time.Duration) uint64 {
	var w Window
	const tick = time.Millisecond
	var granted, sent, used uint64 = wire.Window, 0, 0
	credits := map[time.Duration]uint64{} // by when they reach the sender
	for now := time.Duration(0); now < lasts; now += tick {
		at := time.Unix(0, int64(now))
		granted = max(granted, credits[now])
		if used == sent && sent < granted {
			w.Arrived(at, trip)
		}
		sent = granted // a credit's way and the data's are one round trip
		if n := min(sent-used, uint64(rate*tick.Seconds())); n > 0 {
			used += n
			w.Used(int(n), at, trip)
		}
		credits[now+max(trip, tick)] = used + w.Size(trip)
	}
	return w.Size(trip)
}

// A window comes to what the reader takes, and grows past what it is itself the
// limit of.
func TestWindowFindsTheReadersPace(t *testing.T) {
	for _, c := range []struct {
		mb         float64
		trip       time.Duration
		least, top uint64
	}{
		{10, time.Millisecond, 230_000, 290_000},
		{10, 60 * time.Millisecond, 760_000, 940_000},
		{1, 20 * time.Millisecond, leastWindow, leastWindow + 1},
		{60, 60 * time.Millisecond, wire.MaxWindow, wire.MaxWindow + 1},
	} {
		if got := reader(c.mb*1e6, c.trip, 3*time.Second); got < c.least || got > c.top {
			t.Errorf("%v MB/s over %v: window %d, want %d to %d", c.mb, c.trip, got, c.least, c.top)
		}
	}
}

// What a person types comes one byte at a time with long pauses, and says
// nothing of how fast a flood could be shown.
func TestWindowForgetsPauses(t *testing.T) {
	var w Window
	now, trip := time.Unix(0, 0), time.Millisecond
	for range 100 {
		now = now.Add(100 * time.Millisecond)
		w.Arrived(now, trip)
		w.Used(1, now.Add(time.Millisecond), trip)
	}
	if got := w.Size(trip); got != wire.Window {
		t.Errorf("after typing the window is %d, want %d as at first", got, wire.Window)
	}
}

func TestRoundTripIsTheShortest(t *testing.T) {
	c := &Conn{born: time.Now().Add(-time.Minute)}
	for _, payload := range []string{"", "x", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		c.ponged(payload) // foreign, from the future, and too long ago
	}
	if got := c.RoundTrip(); got != 0 {
		t.Errorf("round trip %v before any was measured", got)
	}
	for _, trip := range []time.Duration{9 * time.Millisecond, 3 * time.Millisecond, 7 * time.Millisecond} {
		c.trips.add(trip)
	}
	if got := c.RoundTrip(); got != 3*time.Millisecond {
		t.Errorf("round trip %v, want the shortest, 3 ms", got)
	}
	for range 8 {
		c.trips.add(20 * time.Millisecond)
	}
	if got := c.RoundTrip(); got != 20*time.Millisecond {
		t.Errorf("round trip %v, want 20 ms: the others are too long ago", got)
	}
}
