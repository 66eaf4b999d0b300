package up

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
)

// State is what a device knows of itself. It is at most half a minute old, and
// up to date after every change that the tailnet announces.
type State struct {
	Running  bool
	Backend  string // tsnet's word for it: "Running", "NeedsLogin", …
	LoginURL string // where a person has to log in; "" if nobody has to

	ID     string // StableID
	Name   string // short MagicDNS name, which may differ from the one asked
	FQDN   string // without a dot at the end
	Addrs  []netip.Addr
	Tags   []string
	Owner  string    // UserProfile.ID in decimal; "" for a tagged device
	Expiry time.Time // when the login ends; zero for never

	MagicDNS    bool
	CertDomains []string // for which the tailnet helps to get certificates
}

// State returns what the device knows of itself.
func (d *Device) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Renamed returns the name that the device asked for, "" if it has it. The
// tailnet gives another when a device of that name is there already.
func (d *Device) Renamed() string {
	if asked := d.conf.Hostname; renamed(asked, d.State().Name) {
		return asked
	}
	return ""
}

// FQDN returns the device's full MagicDNS name, in lower case and without a dot
// at the end.
func (d *Device) FQDN() string { return d.State().FQDN }

// setBackend records where the device is on its way into the tailnet.
func (d *Device) setBackend(s ipn.State, loginURL string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Running = s == ipn.Running
	d.state.Backend = s.String()
	d.state.LoginURL = loginURL
}

// refresh asks the device about itself.
func (d *Device) refresh(ctx context.Context) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	st, err := d.local.StatusWithoutPeers(ctx)
	if err != nil {
		return State{}, fmt.Errorf("asking the tailnet device about itself: %w", err)
	}
	if st.Self == nil || st.Self.ID == "" || len(st.TailscaleIPs) == 0 {
		return State{}, errors.New("the tailnet device has no address yet")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	url := d.state.LoginURL
	d.state = stateOf(st)
	if !d.state.Running {
		d.state.LoginURL = url
	}
	return d.state, nil
}

func stateOf(st *ipnstate.Status) State {
	s := State{
		Running:     st.BackendState == ipn.Running.String(),
		Backend:     st.BackendState,
		ID:          string(st.Self.ID),
		FQDN:        strings.ToLower(strings.TrimSuffix(st.Self.DNSName, ".")),
		Addrs:       st.TailscaleIPs,
		CertDomains: st.CertDomains,
	}
	s.Name, _, _ = strings.Cut(s.FQDN, ".")
	if st.Self.Tags != nil {
		s.Tags = st.Self.Tags.AsSlice()
	}
	if len(s.Tags) == 0 {
		s.Owner = strconv.FormatInt(int64(st.Self.UserID), 10)
	}
	if st.Self.KeyExpiry != nil {
		s.Expiry = *st.Self.KeyExpiry
	}
	if st.CurrentTailnet != nil {
		s.MagicDNS = st.CurrentTailnet.MagicDNSEnabled
	}
	return s
}

// renamed reports whether the tailnet gave the device the asked name with a
// number behind it, as it does when another device has that name.
func renamed(asked, got string) bool {
	n, ok := strings.CutPrefix(got, asked+"-")
	if !ok {
		return false
	}
	_, err := strconv.Atoi(n)
	return err == nil
}
