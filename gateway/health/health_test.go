package health

import (
	"errors"
	"strings"
	"testing"
	"time"

	"homie/tsidentity"
	"homie/tsidentity/up"
	"homie/wire"
)

// well is a gateway without a fault.
func well(now time.Time) Gateway {
	return Gateway{
		Tailnet: func() up.State {
			return up.State{Running: true, Backend: "Running", Name: "homie", FQDN: "homie.box.ts.net", Tags: []string{"tag:homie"}}
		},
		Renamed: func() string { return "" },
		Certificate: func() *up.CertStatus {
			return &up.CertStatus{State: up.CertReady, Domain: "homie.box.ts.net", NotAfter: now.Add(60 * 24 * time.Hour)}
		},
		Degraded: func() error { return nil },
		Version:  "1",
	}
}

func TestFindings(t *testing.T) {
	now := time.Now()
	tailnet := func(change func(*up.State)) func(*Gateway) {
		return func(g *Gateway) {
			st := g.Tailnet()
			change(&st)
			g.Tailnet = func() up.State { return st }
		}
	}
	cert := func(c *up.CertStatus) func(*Gateway) {
		return func(g *Gateway) { g.Certificate = func() *up.CertStatus { return c } }
	}
	days := func(n int) func(*Gateway) {
		return tailnet(func(st *up.State) {
			st.Tags = nil
			st.Expiry = now.Add(time.Duration(n)*24*time.Hour + time.Hour)
		})
	}
	for what, tt := range map[string]struct {
		spoil func(*Gateway)
		name  string
		state State
		words string
		told  bool // to owners
	}{
		"well":              {func(*Gateway) {}, "https", OK, "homie.box.ts.net", false},
		"logged out":        {tailnet(func(st *up.State) { st.Running, st.LoginURL = false, "https://login.example/a" }), "tailnet", Fail, "https://login.example/a", false},
		"not approved":      {tailnet(func(st *up.State) { st.Running, st.Backend = false, "NeedsMachineAuth" }), "tailnet", Fail, "admin/machines", false},
		"off the tailnet":   {tailnet(func(st *up.State) { st.Running, st.Backend = false, "Starting" }), "tailnet", Fail, "off the tailnet", false},
		"renamed":           {func(g *Gateway) { g.Renamed = func() string { return "homie" } }, "name", Warn, "rename this one to homie", false},
		"lasts":             {days(90), "login", OK, "lasts until", false},
		"ends":              {days(20), "login", Warn, "in 20 days", true},
		"ends soon":         {days(1), "login", Fail, "in 25 hours", true},
		"has ended":         {days(-1), "login", Fail, "nobody reaches it", false},
		"plain":             {func(g *Gateway) { g.Plain = true }, "https", Warn, "withhold", false},
		"just started":      {cert(nil), "https", Warn, "a moment", false},
		"being issued":      {cert(&up.CertStatus{State: up.CertWaiting}), "https", Warn, "half a minute", false},
		"rate-limited":      {cert(&up.CertStatus{State: up.CertFailed, Message: "The certificate authority limits how many"}), "https", Fail, "limits how many", false},
		"HTTPS is off":      {cert(&up.CertStatus{State: up.CertOff, Message: "HTTPS is off in this tailnet. Turn on HTTPS Certificates"}), "https", Fail, "Turn on HTTPS Certificates", false},
		"can't be renewed":  {cert(&up.CertStatus{State: up.CertReady, NotAfter: now.Add(time.Hour), Message: "MagicDNS is off"}), "https", Warn, "MagicDNS is off", true},
		"renewal has time":  {cert(&up.CertStatus{State: up.CertReady, NotAfter: now.Add(80 * 24 * time.Hour), Message: "MagicDNS is off"}), "https", Warn, "MagicDNS is off", false},
		"older than itself": {func(g *Gateway) { g.Degraded = func() error { return errors.New("x") } }, "state", Warn, "migration failed", false},
	} {
		g := well(now)
		tt.spoil(&g)
		s := New(g)
		report, err := s.check(t.Context(), tsidentity.Caller{}, wire.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for _, f := range report.Findings {
			if (f.State == OK) != (f.Next == "") {
				t.Errorf("%s: %s is %s, and what to do is %q", what, f.Name, f.State, f.Next)
			}
			if f.Name != tt.name {
				if f.State != OK {
					t.Errorf("%s: %s is %s too: %s", what, f.Name, f.State, f.Text)
				}
				continue
			}
			seen = true
			if f.State != tt.state || !strings.Contains(f.Text+" "+f.Next, tt.words) {
				t.Errorf("%s: %+v, want %s with %q", what, f, tt.state, tt.words)
			}
		}
		if told := s.Warning(tsidentity.Caller{}) != ""; !seen || told != tt.told {
			t.Errorf("%s: seen %v, and owners are told %q", what, seen, s.Warning(tsidentity.Caller{}))
		}
	}
}
