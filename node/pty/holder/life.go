package holder

import (
	"context"
	"time"

	"homie/wire/holder"
)

// linger is how long sessions outlive a node that has gone, 0 for ever.
func linger(p holder.AdoptParams) time.Duration { return time.Duration(p.LingerMs) * time.Millisecond }

// idleEnd is after how long without use sessions end, 0 for never.
func idleEnd(p holder.AdoptParams) time.Duration {
	return time.Duration(p.IdleEndMs) * time.Millisecond
}

// live returns when nobody needs the holder any more, and then its sessions are
// to be hung up: a node is needed by nobody who looks, but by the programs that
// run.
//
//	node connected            lives, unless it has another program that can't
//	                          take over: then as without a node
//	no node, programs run     lives until linger has passed, if there is one
//	no node, no programs      lives for Options.Idle, longer with something to
//	                          read, at most linger
func (h *Holder) live(ctx context.Context) {
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.stir:
		case <-look.C:
		}
		end, ends := h.ends()
		if !ends {
			continue // until something changes
		}
		wait := time.Until(end)
		if wait <= 0 {
			break
		}
		look.Reset(wait)
	}
	h.replacing.Lock() // for good: if another program takes over right now, this one is gone
	if n := h.manager.Running(); n > 0 {
		h.conf.Log.Warn("the node did not come back in time; its sessions are hung up", "sessions", n)
	}
}

// ends says when the holder is to end, as things are; ends is false for never.
func (h *Holder) ends() (end time.Time, ends bool) {
	running, all := h.manager.Running(), len(h.manager.List())
	h.mu.Lock()
	defer h.mu.Unlock()
	here := h.node != nil && !h.outdated
	if here || running > 0 {
		h.quiet = time.Time{}
	} else if h.quiet.IsZero() {
		h.quiet = time.Now()
	}
	most := linger(h.settings)
	switch {
	case here, running > 0 && (most == 0 || h.node != nil):
		return time.Time{}, false
	case running > 0:
		return h.since.Add(most), true
	}
	idle := h.conf.Idle
	if all > 0 {
		idle *= reading
	}
	end = h.quiet.Add(idle)
	if last := h.since.Add(most); most > 0 && h.node == nil && last.Before(end) {
		end = last
	}
	return end, true
}

// reading is how many times longer a holder waits that has something left to be
// read: what programs printed that have ended.
const reading = 60
