// Package audit keeps the head of the gateway's audit log on a machine: its
// number and its hash, and nothing of what the log says.
//
// It only moves forward. Who cuts the end off the log, or writes it anew, can't
// make the machines forget how far it had been: a head that is older, or that
// has the number of another one, is refused, and the first such is remembered.
// Beside the newest head there are earlier ones, an hour apart by the machine's
// own clock, for a log that was cut and has grown again since.
//
// What is kept is bounded, in a file of mode 0600 in the node's state directory.
// Who may ask is up to the registry: the gateway's class alone has the right.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tailscale.com/atomicfile"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireaudit "homie/wire/audit"
)

const (
	maxHeads = 168 // a week of them
	apart    = time.Hour
)

// Keeper keeps heads.
type Keeper struct {
	path   string
	paired func() string // the StableID of the machine's gateway, "" before there is one

	mu   sync.Mutex
	kept saved
}

// saved is the file. Heads of another gateway's log say nothing of this one's.
type saved struct {
	Gateway string `json:"gateway"` // StableID
	wireaudit.Kept
}

// New returns what keeps heads in a file of dir, and reads it. A file that is
// damaged is an error: it is evidence, and not for a program to throw away.
func New(dir string, paired func() string) (*Keeper, error) {
	k := &Keeper{path: filepath.Join(dir, "audit-head.json"), paired: paired}
	b, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the head of the audit log: %w", err)
	}
	if err := json.Unmarshal(b, &k.kept); err != nil {
		return nil, fmt.Errorf("%s is damaged (%v): keep it for whoever looks into that, and move it away to start again", k.path, err)
	}
	return k, nil
}

// API returns what the machine offers to its gateway.
func (k *Keeper) API() []rpc.Entry {
	return []rpc.Entry{
		rpc.Serve(wireaudit.Keep, k.keep),
		rpc.Serve(wireaudit.Recall, k.recall),
	}
}

// keep remembers the head of the log.
func (k *Keeper) keep(_ context.Context, who tsidentity.Caller, p wireaudit.Head) (wireaudit.Kept, error) {
	if err := k.check(who); err != nil {
		return wireaudit.Kept{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	next := k.ofLocked(who.Device.ID)
	newest := next.Newest()
	if p == newest.Head() {
		return next.Kept, nil
	}
	saw := wireaudit.Sighting{Seq: p.Seq, Hash: p.Hash, At: time.Now().UTC().Truncate(time.Second)}
	if p.Seq <= newest.Seq {
		if next.Refused == nil {
			next.Refused = &saw
			if err := k.saveLocked(next); err != nil {
				return wireaudit.Kept{}, err
			}
		}
		return wireaudit.Kept{}, wire.Errorf(wire.Conflict, "this machine has seen entry %d of the audit log already", newest.Seq)
	}
	next.Heads = add(next.Heads, saw)
	if err := k.saveLocked(next); err != nil {
		return wireaudit.Kept{}, err
	}
	return k.ofLocked(who.Device.ID).Kept, nil
}

// add appends a head in place of the newest, unless that one is to stay.
func add(heads []wireaudit.Sighting, saw wireaudit.Sighting) []wireaudit.Sighting {
	n := len(heads)
	if n > 1 && heads[n-1].At.Sub(heads[n-2].At) < apart {
		heads = heads[:n-1]
	}
	heads = append(heads, saw)
	return heads[max(0, len(heads)-maxHeads):]
}

// recall returns what the machine remembers.
func (k *Keeper) recall(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (wireaudit.Kept, error) {
	if err := k.check(who); err != nil {
		return wireaudit.Kept{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ofLocked(who.Device.ID).Kept, nil
}

// check lets the gateway through that the machine is paired with.
func (k *Keeper) check(who tsidentity.Caller) error {
	if p := k.paired(); p == "" || p != who.Device.ID {
		return wire.Errorf(wire.Forbidden, "this machine is not paired with you")
	}
	return nil
}

// saveLocked replaces the file. The lock is held over it, so that what is on the
// disk never goes back either; nobody else waits for it.
func (k *Keeper) saveLocked(next saved) error {
	b, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(k.path, b, 0o600); err != nil {
		return fmt.Errorf("remembering the head of the audit log: %w", err)
	}
	k.kept = next
	return nil
}

// ofLocked is what is kept of a gateway's log, to be changed at will.
func (k *Keeper) ofLocked(gateway string) saved {
	if k.kept.Gateway != gateway {
		return saved{Gateway: gateway, Kept: wireaudit.Kept{Heads: []wireaudit.Sighting{}}}
	}
	next := k.kept
	next.Heads = append([]wireaudit.Sighting{}, k.kept.Heads...)
	return next
}
