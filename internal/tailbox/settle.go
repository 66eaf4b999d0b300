package tailbox

import (
	"context"
	"time"
)

// A packet that reaches a device before that can be reached, or before it knows
// the sender, is lost, and WireGuard repeats a handshake only after five
// seconds. On a real tailnet that is a rare nuisance; a box in which everything
// starts at once would meet it in one start out of three. So control brings
// devices together in an order that loses nothing: first the one that is to be
// dialed learns of the other, then the one that may dial.
const (
	settlePoll  = 3 * time.Millisecond
	revealDelay = 15 * time.Millisecond // ample for a device to take in a map
	// settleTimeout is when control stops waiting for a device to settle.
	settleTimeout = 3 * time.Second
)

// phase is how far a device has come since it started.
type phase int

// The phases. What two devices see of each other is decided by the one that is
// behind.
const (
	starting phase = iota // not reachable yet: sees nobody, seen by nobody
	settled               // connected to the relay: seen by those it may dial
	revealed              // seen by everybody
)

// unsettleLocked notes that the device started, or started again.
func (t *Tailnet) unsettleLocked(d *device) {
	d.phase, d.since, d.homeRelay = starting, time.Now(), 0
	select {
	case t.unsettled <- struct{}{}:
	default:
	}
}

// settle watches devices that start, until ctx ends.
func (t *Tailnet) settle(ctx context.Context) {
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.unsettled:
		}
		for t.advance(time.Now()) {
			select {
			case <-ctx.Done():
				return
			case <-poll.C:
			}
		}
	}
}

// advance moves devices on that are ready for their next phase and reports
// whether one is left to look at.
func (t *Tailnet) advance(now time.Time) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := false
	for _, d := range t.devices {
		if !d.joined || d.phase == revealed {
			continue
		}
		waited := now.Sub(d.since)
		ready := d.phase == settled && waited >= revealDelay ||
			d.phase == starting && d.homeRelay != 0 && t.relay.connected(d.node)
		if ready || waited > settleTimeout {
			d.phase, d.since, changed = d.phase+1, now, true
		}
		again = again || d.phase != revealed
	}
	if changed {
		t.notifyLocked(everything)
	}
	return again
}

// seesLocked reports whether viewer is told of peer yet.
func (t *Tailnet) seesLocked(viewer, peer *device) bool {
	switch min(viewer.phase, peer.phase) {
	case starting:
		return false
	case settled:
		return !t.policy.opens(viewer.Device, peer.Device)
	}
	return true
}
