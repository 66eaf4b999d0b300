package up

import (
	"context"
	"log/slog"
	"time"

	"tailscale.com/ipn"
)

const (
	refreshEvery = 30 * time.Second
	rewatch      = time.Second // before watching again what stopped
)

// warnings are how long before its end a login is spoken of.
var warnings = []time.Duration{30 * 24 * time.Hour, 14 * 24 * time.Hour, 7 * 24 * time.Hour, 3 * 24 * time.Hour, 24 * time.Hour, time.Hour}

// Run keeps watch over the device until ctx ends: it asks for a new login when
// the one there is expires, warns ahead of that, and follows changes of the
// device's name. It must have returned before Close is called.
func (d *Device) Run(ctx context.Context) error {
	k := keeper{device: d, log: d.log}
	k.look()
	for ctx.Err() == nil {
		if err := k.watch(ctx); err != nil && ctx.Err() == nil {
			k.log.Warn("the watch over the tailnet device was interrupted", "err", err)
		}
		pause(ctx, rewatch)
	}
	return nil
}

// keeper is what Run remembers.
type keeper struct {
	device *Device
	log    *slog.Logger
	away   bool          // the device is off the tailnet, and that was said
	named  string        // the name that was spoken of
	expiry time.Time     // the end of the login that was spoken of
	warned time.Duration // and the last of warnings given about it
}

// watch follows the device until the watch breaks or ctx ends.
func (k *keeper) watch(ctx context.Context) error {
	l := login{device: k.device, ask: true}
	refresh := func() {
		if _, err := k.device.refresh(ctx); err == nil {
			k.look()
		}
	}
	return l.watch(ctx, refreshEvery, refresh, func(n *ipn.Notify) (bool, error) {
		_, err := l.note(n)
		if n.State != nil {
			k.moved(*n.State)
		}
		if n.State != nil || n.SelfChange != nil {
			refresh()
		}
		return false, err
	})
}

// moved logs that the device left the tailnet or came back.
func (k *keeper) moved(s ipn.State) {
	switch s {
	case ipn.Running:
		if k.away {
			k.log.Info("the device is on the tailnet again")
		}
		k.away = false
	case ipn.NeedsLogin:
		if !k.away {
			k.log.Warn("the device's login has expired; someone has to log in again, at the address shown")
		}
		k.away = true
	case ipn.NeedsMachineAuth:
		if !k.away {
			k.log.Warn("the device has to be approved by someone who runs the tailnet")
		}
		k.away = true
	case ipn.NoState, ipn.InUseOtherUser, ipn.Stopped, ipn.Starting:
	}
}

// look says what a person should know of the device's state, once.
func (k *keeper) look() {
	s := k.device.State()
	if asked := k.device.conf.Hostname; s.Name != k.named {
		k.named = s.Name
		if renamed(asked, s.Name) {
			k.log.Warn("another device has the name asked for; delete it in the admin console if it is a former one, and rename this one", "asked", asked, "name", s.Name)
		}
	}
	if !s.Expiry.Equal(k.expiry) {
		k.expiry, k.warned = s.Expiry, 0
	}
	if left, due := warning(s.Expiry, time.Now()); due != 0 && due != k.warned {
		k.warned = due
		k.log.Warn("the device's login expires; log in again, or turn key expiry off for it in the admin console", "at", s.Expiry, "in", left.Round(time.Minute))
	}
}

// warning returns the time left before a login ends and which warning that is
// due for, 0 for none.
func warning(expiry, now time.Time) (left, due time.Duration) {
	left = expiry.Sub(now)
	if expiry.IsZero() || left <= 0 { // its end is a matter of moved
		return left, 0
	}
	for _, w := range warnings {
		if left <= w {
			due = w
		}
	}
	return left, due
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
