package rpc

import (
	"time"

	"homie/wire"
)

// Bounds of a window.
const (
	leastWindow = 64 << 10 // bytes
	// windowSlack is what a reader has in stock, so that it need not wait for
	// each round trip to end on time.
	windowSlack = 25 * time.Millisecond
	// creditEvery is how often a fast reader says how far it is. Each time costs
	// every machine on the way a packet; it is well within the stock.
	creditEvery = windowSlack / 2
)

// windowFor returns how many bytes may be under way to a reader that uses up rate
// bytes a second, when what it asks for comes a round trip later. More would only
// wait there, and stand between a Ctrl-C and what it does; less would let the
// reader wait.
func windowFor(rate float64, roundTrip time.Duration) uint64 {
	return uint64(min(max(rate*(roundTrip+windowSlack).Seconds(), leastWindow), wire.MaxWindow))
}

// Window says how much may be under way to one reader, from how fast it uses up
// what it gets. The zero Window has not measured yet. It is not safe for
// concurrent use. The web app's is in webui/src/rpc/window.ts.
type Window struct {
	rate  float64   // bytes a second, 0 before it was measured
	since time.Time // when the measurement at hand began
	used  float64   // bytes since then
	last  time.Time // when some were used
}

// Size returns the window, in bytes. A roundTrip of 0 is not known.
func (w *Window) Size(roundTrip time.Duration) uint64 {
	if w.rate == 0 || roundTrip == 0 {
		return wire.Window
	}
	return windowFor(w.rate, roundTrip)
}

// Step returns how much of the window is used up before the sender is told, in
// bytes.
func (w *Window) Step(roundTrip time.Duration) uint64 {
	size := w.Size(roundTrip)
	if w.rate == 0 || roundTrip == 0 {
		return size / 4
	}
	return uint64(float64(size) * float64(creditEvery) / float64(roundTrip+windowSlack))
}

// Arrived notes that something came to a reader who had nothing. A pause that
// is no round trip was the sender's, and says nothing of the reader.
func (w *Window) Arrived(now time.Time, roundTrip time.Duration) {
	if now.Sub(w.last) > 2*(roundTrip+windowSlack) {
		w.since, w.used = now, 0
	}
}

// Used notes that n bytes were used up. The rate rises at once and falls by
// halves, so that one slow moment does not starve a fast reader.
func (w *Window) Used(n int, now time.Time, roundTrip time.Duration) {
	w.used += float64(n)
	w.last = now
	took := now.Sub(w.since)
	if took < max(roundTrip, windowSlack) {
		return
	}
	rate := w.used / took.Seconds()
	if rate < w.rate {
		rate = (rate + w.rate) / 2
	}
	w.rate, w.since, w.used = rate, now, 0
}
