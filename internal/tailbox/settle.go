package tailbox

import (
	"context"
	"time"
)

// A packet that reaches a device before that can be reached, or before it knows
// the sender, is lost, and WireGuard repeats a handshake only after five
// seconds. On a real tailnet that is a rare nuisance; a box in which everything
// starts at once would meet it in one start out of three. So control brings
// devices together in an order that loses nothing. Where the policy lets V dial
// P and not the other way round, V learns of P when
//
//   - P is connected to the relay, so that it can be reached, and
//   - P has confirmed that it knows V.
//
// V itself need not be reachable yet: P answers where the handshake came from.
const (
	settlePoll = 3 * time.Millisecond
	// settleTimeout is when control stops waiting for a device to settle, and
	// confirmTimeout when it stops waiting for confirmations.
	settleTimeout  = 3 * time.Second
	confirmTimeout = 500 * time.Millisecond
)

// phase is how far a device has come since it started.
type phase int

// The phases.
const (
	starting phase = iota // not reachable yet
	settled               // connected to the relay
	revealed              // no confirmation is waited for any more
)

// restartLocked notes that the device started, or started again.
func (t *Tailnet) restartLocked(d *device) {
	d.phase, d.since, d.homeRelay, d.endpoints = starting, time.Now(), 0, nil
	d.epoch++
	select {
	case t.restarted <- struct{}{}:
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
		case <-t.restarted:
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
		ready := waited > confirmTimeout
		if d.phase == starting {
			ready = d.homeRelay != 0 && t.relay.connected(d.node) || waited > settleTimeout
		}
		if ready {
			d.phase, d.since, changed = d.phase+1, now, true
		}
		again = again || d.phase != revealed
	}
	if changed {
		t.notifyLocked(everything)
	}
	return again
}

// seesLocked reports whether viewer is told of peer, as it is now.
func (t *Tailnet) seesLocked(viewer, peer *device) bool {
	if peer.disco.IsZero() {
		return false // it has not asked for a map yet
	}
	both := min(viewer.phase, peer.phase)
	switch there, back := t.policy.opens(viewer.Device, peer.Device), t.policy.opens(peer.Device, viewer.Device); {
	case !there:
		return true
	case back:
		return both >= settled
	}
	return peer.phase >= settled && (both == revealed || t.confirmedLocked(peer, viewer))
}

// confirmedLocked reports whether d has taken in that peer has started.
func (t *Tailnet) confirmedLocked(d, peer *device) bool {
	for s := range t.streams {
		if s.device == d && !s.confirmed(peer) {
			return false
		}
	}
	return true
}

// awaitConfirmed holds a device's first map back until those whom it may dial
// know it, so that its first look round finds them.
func (t *Tailnet) awaitConfirmed(ctx context.Context, d *device) {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	for !t.expected(d) {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// expected reports whether all whom d may dial, and who are there, know it.
func (t *Tailnet) expected(d *device) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.devices {
		oneWay := t.policy.opens(d.Device, p.Device) && !t.policy.opens(p.Device, d.Device)
		if p != d && p.joined && p.phase >= settled && oneWay && !t.confirmedLocked(p, d) {
			return false
		}
	}
	return true
}
