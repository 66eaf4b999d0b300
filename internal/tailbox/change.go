package tailbox

import (
	"fmt"
	"time"
)

// SetPolicy replaces the policy file, as saving it in the admin console does.
// Devices get their packet filter and nothing else; a connection that is open
// stays open.
func (t *Tailnet) SetPolicy(text string) error {
	p, err := ParsePolicy(text)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.policy = p
	t.notifyLocked(filters)
	return nil
}

// SetHTTPS turns the tailnet's HTTPS certificates on or off.
func (t *Tailnet) SetHTTPS(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.https = on
	t.notifyLocked(everything)
}

// Rename gives a person another login and keeps the id. The policy is text and
// goes on naming whoever it names.
func (t *Tailnet) Rename(login, to string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.personLocked(login)
	switch {
	case p == nil:
		return fmt.Errorf("renaming %q: no such person", login)
	case t.personLocked(to) != nil:
		return fmt.Errorf("renaming %q: %q is taken", login, to)
	}
	p.Login = to
	for _, d := range t.devices {
		if d.Login == login {
			d.Login = to
		}
	}
	t.notifyLocked(everything)
	return nil
}

// SetTags tags a device, as an admin does in the console. Without tags it is
// again the device of the person in its listing.
func (t *Tailnet) SetTags(hostname string, tags ...string) error {
	return t.change(hostname, func(d *device) error {
		if d.Login == "" && len(tags) == 0 {
			return fmt.Errorf("device %q is nobody's and must have tags", hostname)
		}
		d.Tags = tags
		return nil
	})
}

// Approve lets a device in that waits for approval.
func (t *Tailnet) Approve(hostname string) error {
	return t.change(hostname, func(d *device) error {
		d.approved = true
		return nil
	})
}

// SetExpiry sets when the device's node key expires; the zero time is never.
// With a past time the device is cut off until it logs in again.
func (t *Tailnet) SetExpiry(hostname string, at time.Time) error {
	return t.change(hostname, func(d *device) error {
		d.expiry = at
		return nil
	})
}

// Remove deletes a device and its listing: its peers lose it, and it may not
// come back unless AddDevice lists it again.
func (t *Tailnet) Remove(hostname string) error {
	return t.change(hostname, func(*device) error {
		delete(t.devices, hostname)
		return nil
	})
}

// change applies f to a listed device and tells everybody.
func (t *Tailnet) change(hostname string, f func(*device) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.devices[hostname]
	if d == nil {
		return fmt.Errorf("device %q is not listed", hostname)
	}
	if err := f(d); err != nil {
		return err
	}
	t.notifyLocked(everything)
	return nil
}
