// Package health looks at the gateway itself: whether it is on the tailnet,
// whether people can reach it by HTTPS, how long its login lasts, and whether
// its state is whole. Each finding says what to do next, as 'homie doctor'
// prints it; what is not well is told to owners in the web app too.
//
// It looks when it is asked, at what others know already, and asks nobody
// outside. Machines are not its affair: see presence.
package health

import (
	"context"
	"fmt"
	"strings"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/tsidentity/up"
	"homie/wire"
)

// Gateway is what is known of the gateway.
type Gateway struct {
	// Tailnet is its device, and Renamed the name that it asked for and did not
	// get, "" if it did.
	Tailnet func() up.State
	Renamed func() string
	// Certificate is its HTTPS certificate; nil while there is none to speak of.
	Certificate func() *up.CertStatus
	// Plain is set when it serves plain HTTP.
	Plain bool
	// Degraded is why the state is older than the program, nil if it is not.
	Degraded func() error
	Version  string
}

// Service says how the gateway is.
type Service struct{ gateway Gateway }

// New returns the service.
func New(g Gateway) *Service { return &Service{g} }

// API returns what the service offers.
func (s *Service) API() []rpc.Entry {
	return []rpc.Entry{rpc.Call("health.check", "health:read", s.check)}
}

// Run does nothing until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// check looks at the gateway itself and says what is not well, and what to do.
func (s *Service) check(context.Context, tsidentity.Caller, wire.Nothing) (Report, error) {
	now := time.Now()
	return Report{Version: s.gateway.Version, At: now, Findings: s.findings(now)}, nil
}

// Warning returns what an owner should see to, in words; "" for nothing.
func (s *Service) Warning(tsidentity.Caller) string {
	var out []string
	for _, f := range s.findings(time.Now()) {
		if f.State != OK && f.tell {
			out = append(out, f.Text+" "+f.Next)
		}
	}
	return strings.Join(out, " ")
}

func (s *Service) findings(now time.Time) []Finding {
	st := s.gateway.Tailnet()
	return []Finding{
		tailnet(st), name(st, s.gateway.Renamed()), login(st.Expiry, len(st.Tags) > 0, now), s.https(now), s.state(),
	}
}

// adminDNS is where MagicDNS and HTTPS certificates are turned on.
const adminDNS = "https://login.tailscale.com/admin/dns"

func tailnet(st up.State) Finding {
	switch {
	case st.Running:
		return ok("tailnet", "The gateway is on the tailnet as %s.", st.FQDN)
	case st.LoginURL != "":
		return fail("tailnet", "The gateway is logged out of the tailnet.", "Open "+st.LoginURL+" and log in.")
	case st.Backend == "NeedsMachineAuth":
		return fail("tailnet", "The gateway waits for approval by someone who runs the tailnet.", "Approve it on the Machines page of the admin console (https://login.tailscale.com/admin/machines).")
	}
	return fail("tailnet", "The gateway is off the tailnet.", "See whether its host reaches the internet; its log says more, at svc=tailnet.")
}

func name(st up.State, asked string) Finding {
	if asked == "" {
		return ok("name", "It has the name that it asked for, %s.", st.Name)
	}
	return warn("name", fmt.Sprintf("It is called %s, as another device has the name %s that it asked for.", st.Name, asked),
		"If that is a former gateway, delete it on the Machines page of the admin console, and rename this one to "+asked+".")
}

// Before its end, a login is spoken of.
const (
	loginWarn = 30 * 24 * time.Hour
	loginFail = 3 * 24 * time.Hour
)

func login(expiry time.Time, tagged bool, now time.Time) Finding {
	left := expiry.Sub(now)
	const next = "Turn key expiry off for it on the Machines page of the admin console, or log in anew at the address that it prints when its login ends, or tag it: tagged devices do not expire."
	switch {
	case expiry.IsZero() && tagged:
		return ok("login", "Its login does not end, as it is tagged.")
	case expiry.IsZero():
		return ok("login", "Its login does not end.")
	case left <= 0:
		return fail("login", "Its login ended on "+expiry.Format(time.DateOnly)+": nobody reaches it.", next)
	case left <= loginFail:
		f := fail("login", fmt.Sprintf("Its login ends in %d hours; then nobody reaches it.", int(left.Round(time.Hour).Hours())), next)
		f.tell = true
		return f
	case left <= loginWarn:
		f := warn("login", fmt.Sprintf("Its login ends in %d days; then nobody reaches it.", int(left.Hours()/24)), next)
		f.tell = true
		return f
	}
	return ok("login", "Its login lasts until %s.", expiry.Format(time.DateOnly))
}

func (s *Service) https(now time.Time) Finding {
	if s.gateway.Plain {
		return warn("https", "It serves plain HTTP (--http): browsers withhold the clipboard, notifications, passkeys and installing, and whoever controls the network of either host can read along before WireGuard does.",
			"If this tailnet can give certificates, turn on MagicDNS and HTTPS Certificates ("+adminDNS+") and start it without --http.")
	}
	c := s.gateway.Certificate()
	if c == nil {
		return warn("https", "It has only just started, and has asked for no certificate yet.", "Look again in a moment.")
	}
	switch {
	case c.State == up.CertReady && c.Message != "":
		f := warn("https", fmt.Sprintf("Its HTTPS certificate is good until %s, and can't be renewed. %s", c.NotAfter.Format(time.DateOnly), c.Message), "See to that before then.")
		f.tell = c.NotAfter.Sub(now) < loginWarn
		return f
	case c.State == up.CertReady:
		return ok("https", "Its HTTPS certificate for %s is good until %s.", c.Domain, c.NotAfter.Format(time.DateOnly))
	case c.State == up.CertOff:
		return fail("https", "It has no HTTPS certificate, and so nobody can open it.", c.Message)
	case c.State == up.CertFailed:
		return fail("https", "It has no HTTPS certificate, and so nobody can open it.", c.Message)
	case c.Message != "":
		return fail("https", "It waits for its HTTPS certificate, and nobody can open it meanwhile.", c.Message)
	}
	return warn("https", Issuing, "Look again in a moment.")
}

// Issuing says that a first certificate is on its way.
const Issuing = "The HTTPS certificate is being asked for, which takes up to half a minute the first time."

func (s *Service) state() Finding {
	if s.gateway.Degraded() != nil {
		// Owners are told by whoami.
		return warn("state", "The last update could not bring Homie's data into its new form. Nothing is lost: the data is as it was before.",
			"The gateway's log says why, at \"migration failed\". See to that and restart it, or install the version from before.")
	}
	return ok("state", "Its data is whole.")
}
