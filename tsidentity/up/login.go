package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/ipn"
	"tailscale.com/util/qrcodes"
)

const (
	// loginGrace is how long a device may need a login without an address for
	// it. A starting device is in that state for a moment, and one whose key
	// has expired stays in it for ever and says nothing.
	loginGrace = 2 * time.Second
	// patience is the time after which a person is told what a device still
	// waits for.
	patience = 8 * time.Second
)

// errLoginNeeded means that the device has to log in and nobody was to be asked.
var errLoginNeeded = errors.New("the device has to log in")

// login leads a device into the tailnet, or back into it.
type login struct {
	device *Device
	ask    bool // a person may be asked

	shown    string // the login address shown last
	approval bool   // "waiting for approval" was shown
	state    ipn.State
}

// wait returns when the device is running.
func (l *login) wait(ctx context.Context) error {
	var running bool
	err := l.watch(ctx, patience, l.reassure, func(n *ipn.Notify) (done bool, err error) {
		running, err = l.note(n)
		return running, err
	})
	if err == nil && !running {
		err = errors.New("the tailnet device stopped while it was starting")
	}
	return err
}

// watch calls f for each notification until f is done, fails, or ctx ends, and
// tick at intervals. In between it looks after a device that needs a login and
// does not ask for one.
func (l *login) watch(ctx context.Context, every time.Duration, tick func(), f func(*ipn.Notify) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	bus, err := l.device.local.WatchIPNBus(ctx, ipn.NotifyInitialState)
	if err != nil {
		cancel()
		return fmt.Errorf("watching the tailnet device: %w", err)
	}
	notes := pump(bus)
	defer func() {
		cancel()
		bus.Close()
		for range notes { // until the pump has ended
		}
	}()
	stuck := time.NewTimer(loginGrace)
	defer stuck.Stop()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case n, ok := <-notes:
			if !ok {
				return ctx.Err()
			}
			if n.State != nil {
				stuck.Reset(loginGrace)
			}
			if done, err := f(n); done || err != nil {
				return err
			}
		case <-stuck.C:
			stuck.Reset(patience)
			if err := l.unstick(ctx); err != nil {
				return err
			}
		case <-ticker.C:
			tick()
		}
	}
}

// pump moves notifications into a channel, which it closes when the bus ends.
func pump(bus *local.IPNBusWatcher) <-chan *ipn.Notify {
	notes := make(chan *ipn.Notify)
	go func() {
		defer close(notes)
		for {
			n, err := bus.Next()
			if err != nil {
				return
			}
			notes <- &n
		}
	}()
	return notes
}

// note takes one notification in and reports whether the device is running.
func (l *login) note(n *ipn.Notify) (running bool, err error) {
	if n.ErrMessage != nil && !l.ask {
		return false, fmt.Errorf("%w: %s", errLoginNeeded, *n.ErrMessage)
	}
	if n.ErrMessage != nil {
		return false, refused(*n.ErrMessage)
	}
	if n.State != nil {
		l.state = *n.State
	}
	if n.BrowseToURL != nil && *n.BrowseToURL != "" {
		if !l.ask {
			return false, errLoginNeeded
		}
		l.show(*n.BrowseToURL)
	}
	if n.State == nil {
		return false, nil
	}
	if *n.State == ipn.NeedsMachineAuth && !l.approval {
		l.approval = true
		fmt.Fprintf(l.device.conf.Out, "\nWaiting for approval: someone who runs the tailnet has to approve %q at %s\n", l.device.conf.Hostname, l.console("machines"))
	}
	if *n.State == ipn.Running {
		l.shown, l.approval = "", false // another time is another address
	}
	l.device.setBackend(*n.State, l.shown)
	return *n.State == ipn.Running, nil
}

// unstick asks for a login address if the device needs one and got none.
func (l *login) unstick(ctx context.Context) error {
	if l.state != ipn.NeedsLogin || l.shown != "" {
		return nil
	}
	if !l.ask {
		return errLoginNeeded
	}
	if err := l.device.local.StartLoginInteractive(ctx); err != nil {
		return fmt.Errorf("asking the tailnet for a login: %w", err)
	}
	return nil
}

// show tells a person where to log in, once for each address.
func (l *login) show(address string) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || address == l.shown {
		return
	}
	l.shown = address
	l.device.setBackend(ipn.NeedsLogin, address)
	var out strings.Builder // written in one piece, so that nothing gets between
	fmt.Fprintf(&out, "\nTo add %q to your tailnet, log in at this address, on this or any other device:\n\n    %s\n\n", l.device.conf.Hostname, u)
	if _, err := qrcodes.Fprintln(&out, qrcodes.FormatSmall, u.String()); err != nil {
		l.device.log.Debug("no QR code", "err", err)
	}
	io.WriteString(l.device.conf.Out, out.String())
}

// reassure says what a long wait is about. A device that has never joined is
// said to need a login all along, also while nobody answers it.
func (l *login) reassure() {
	waiting := l.state == ipn.NoState || l.state == ipn.Starting || l.state == ipn.NeedsLogin && l.shown == ""
	if waiting {
		fmt.Fprintf(l.device.conf.Out, "Still connecting to the tailnet: no answer yet from %s.\n"+
			"Check that this machine is online, that a firewall or proxy lets it reach that address, and that the address is right (--control-url).\n", l.control())
	}
}

// control names the control server for people.
func (l *login) control() string {
	if l.device.conf.ControlURL != "" {
		return l.device.conf.ControlURL
	}
	return "https://controlplane.tailscale.com"
}

// console is where the settings of the tailnet are.
func (l *login) console(page string) string {
	if l.device.conf.ControlURL != "" {
		return "the control server " + l.device.conf.ControlURL
	}
	return "https://login.tailscale.com/admin/" + page
}

// refused turns what the tailnet says to a device into what a person can do.
func refused(message string) error {
	hint := ""
	if m := strings.ToLower(message); strings.Contains(m, "authkey") || strings.Contains(m, "auth key") || strings.Contains(m, "invalid key") {
		hint = "; make a new auth key in the admin console under Settings, Keys, and set HOMIE_AUTHKEY to it"
	}
	return fmt.Errorf("the tailnet refused this device: %s%s", message, hint)
}
