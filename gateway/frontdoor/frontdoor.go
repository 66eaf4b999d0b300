// Package frontdoor is what every request to the gateway passes before any
// handler, WebSocket upgrades included.
//
// A tailnet address is an ambient identity: whatever page runs in a family
// member's browser carries it. So the checks come in this order:
//
//  1. TLS only; port 80 redirects (Redirect).
//  2. The Host is the canonical name to the letter, else 421: no port, no dot
//     at the end, no capitals (browsers send none of these), and no absolute
//     form. A rebinding name and an address are no names of ours.
//  3. WhoIs on the connection, and on nothing else: headers that claim an
//     identity are dropped first, and what came over Funnel is refused. Who may
//     not even ask who they are gets no further.
//  4. Fetch-Metadata: same-origin or none. ts.net is a public suffix, so that
//     every other device of the tailnet is same-site: that is as foreign as
//     cross-site. A top-level navigation may load the app's document, which
//     does nothing before a click.
//  5. The Origin, exactly, on unsafe methods and upgrades; and wherever there
//     is one, no other.
//  6. JSON bodies only, which a cross-site form can't send. No CORS: a
//     preflight is an OPTIONS request, and those are refused.
//  7. A request with neither Origin nor any Sec-Fetch-* is a program and
//     carries Sec-Homie: 1, which no web page can set.
//  8. What is asked is what the place takes: calls and upgrades only where a
//     Route says so.
//
// Over plain HTTP (Config.Plain) browsers leave Sec-Fetch-* out. There the
// Origin and the Host alone keep foreign pages away from what changes anything,
// and a GET that is no upgrade needs no header: it has no side effects.
//
// A refusal says why and what to do, as a page or as JSON. /healthz needs none
// of this and tells nothing but that the process serves.
//
// frontdoor does not know what its callers may do beyond that: it hands them to
// its handler, visitors included.
package frontdoor

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"homie/rpc"
	"homie/tsidentity"
)

// ProgramHeader is what programs send: a header that no web page can set, as
// its name starts with Sec- (Fetch standard, forbidden request-headers).
const ProgramHeader = "Sec-Homie"

// healthPath needs no check and tells nothing but that the process serves.
const healthPath = "/healthz"

// Config is what a front door needs to know.
type Config struct {
	// Host returns the canonical host, such as homie.tailnet.ts.net; "" while
	// there is none, which refuses everything.
	Host func() string
	// Plain is set when the gateway serves plain HTTP for want of certificates.
	Plain bool
	// Resolve says who is at a remote address.
	Resolve func(ctx context.Context, remoteAddr string) (tsidentity.Caller, error)
	// Rate bounds what one device asks, whoever uses it; zero is no bound.
	Rate rpc.Rate
	// Refused makes a device wait whose requests are refused again and again;
	// what is not refused goes on meanwhile. Zero is no wait.
	Refused rpc.BackoffConfig
	Log     *slog.Logger
}

// The bounds of a gateway. A page of the app is some thirty requests, all of
// them at once.
var (
	DefaultRate    = rpc.Rate{PerSecond: 200, Burst: 1000}
	DefaultRefused = rpc.BackoffConfig{Free: 100, First: time.Second, Most: time.Minute}
)

// Door is the checks in front of routes.
type Door struct {
	conf   Config
	routes routes
	spare  rate.Sometimes // a page may be refused a thousand times a second

	requests *rpc.Limiter // by device, nil for no bound
	refusals *rpc.Backoff
}

// New returns a door in front of routes.
func New(conf Config, served ...Route) *Door {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	d := &Door{conf: conf, routes: served, spare: rate.Sometimes{First: 20, Interval: time.Second}}
	if conf.Rate != (rpc.Rate{}) {
		d.requests = rpc.NewLimiter(conf.Rate)
	}
	if conf.Refused != (rpc.BackoffConfig{}) {
		d.refusals = rpc.NewBackoff(conf.Refused)
	}
	return d
}

// ServeHTTP checks a request and hands it on with its caller.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header(), d.conf.Plain)
	if isHealthCheck(r) {
		healthz(w)
		return
	}
	host := d.conf.Host()
	if d.conf.Plain && host != "" && r.Host != host && isOwnName(r, host) {
		redirect(w, r, "http://"+host)
		return
	}
	device := deviceOf(r.RemoteAddr)
	if no := d.checkConnection(r, host); no != nil {
		d.refuse(w, r, device, no)
		return
	}
	stripIdentity(r.Header)
	who, err := d.conf.Resolve(r.Context(), r.RemoteAddr)
	if err != nil {
		d.spare.Do(func() { d.conf.Log.Error("the tailnet can't be asked who calls", "err", err) })
		answer(w, r, errNoTailnet)
		return
	}
	route := d.routes.at(r.URL.Path)
	no := checkCaller(who)
	if no == nil {
		no = d.checkPage(r, route, d.scheme()+host)
	}
	if no != nil {
		d.spare.Do(func() {
			d.conf.Log.Info("request refused", "why", no.name, "caller", who.Name(), "device", who.Device.Name,
				"origin", clip(r.Header.Get("Origin")), "site", clip(r.Header.Get("Sec-Fetch-Site")))
		})
		d.refuse(w, r, device, no)
		return
	}
	if d.requests != nil {
		if wait, ok := d.requests.Allow(device); !ok {
			answer(w, r, errTooMany.after(wait))
			return
		}
	}
	if route.document(r.URL.Path) {
		w.Header().Set("Content-Security-Policy", documentPolicy)
	}
	route.Serve(w, r, who)
}

// refuse answers a request that does not get in. A device of which too many come
// is hung up on, and told how long that lasts.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, device string, no *refusal) {
	if d.refusals != nil {
		wait := d.refusals.Wait(device)
		d.refusals.Failed(device)
		if wait > 0 {
			w.Header().Set("Connection", "close")
			no = errRefusedAgain.saying(errRefusedAgain.text + " " + no.text).after(wait)
		}
	}
	answer(w, r, no)
}

// deviceOf is the address of a device without the port.
func deviceOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}

func (d *Door) scheme() string {
	if d.conf.Plain {
		return "http://"
	}
	return "https://"
}

// isHealthCheck reports whether r asks no more than whether the process serves.
func isHealthCheck(r *http.Request) bool {
	return r.URL.Path == healthPath && isSafe(r.Method)
}

func healthz(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	writeString(w, "ok\n")
}

// clip shortens what a stranger sent before it goes into a log.
func clip(s string) string { return s[:min(len(s), 100)] }
