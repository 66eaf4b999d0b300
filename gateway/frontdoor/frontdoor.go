// Package frontdoor is what every request to the gateway passes before any
// handler, WebSocket upgrades included.
//
// A tailnet address is an ambient identity: whatever page runs in a family
// member's browser carries it. So the checks come in this order:
//
//  1. TLS only; port 80 redirects (Redirect).
//  2. The Host is the canonical name, to the letter; else 421. A rebinding name
//     and an address are no names of ours.
//  3. WhoIs on the connection, and on nothing else: headers that claim an
//     identity are dropped first.
//  4. Fetch-Metadata: same-origin or none. ts.net is a public suffix, so that
//     every other device of the tailnet is same-site: that is as foreign as
//     cross-site. A top-level navigation may load the app's document, which
//     does nothing before a click.
//  5. The exact Origin on unsafe methods and upgrades.
//  6. JSON bodies only, which a cross-site form can't send; no CORS.
//  7. A request with neither Origin nor Sec-Fetch-* is a program and carries
//     Sec-Homie: 1, which no web page can set.
//
// The order is the design's; the rule for a refusal is that it says why and
// what to do. /healthz needs none of this and tells nothing.
package frontdoor

import (
	"context"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"homie/tsidentity"
)

// ProgramHeader is what programs send: a header that no web page can set, as
// its name starts with Sec- (Fetch standard, forbidden request-headers).
const ProgramHeader = "Sec-Homie"

// healthPath needs no check and tells nothing but that the process serves.
const healthPath = "/healthz"

// Handler serves a request whose caller is known.
type Handler func(w http.ResponseWriter, r *http.Request, who tsidentity.Caller)

// Config is what a front door needs to know.
type Config struct {
	// Host returns the canonical host, such as homie.tailnet.ts.net.
	Host func() string
	// Plain is set when the gateway serves plain HTTP for want of certificates.
	Plain bool
	// Resolve says who is at a remote address.
	Resolve func(ctx context.Context, remoteAddr string) (tsidentity.Caller, error)
	Log     *slog.Logger
}

// Door is the checks in front of a handler.
type Door struct {
	conf Config
	next Handler
}

// New returns a door in front of next.
func New(conf Config, next Handler) *Door {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	return &Door{conf: conf, next: next}
}

// ServeHTTP checks a request and hands it on with its caller.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header(), d.conf.Plain)
	if r.URL.Path == healthPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		healthz(w)
		return
	}
	if no := d.checkHost(r); no != nil {
		d.refuse(w, r, no)
		return
	}
	stripIdentity(r.Header)
	who, err := d.conf.Resolve(r.Context(), r.RemoteAddr)
	if err != nil {
		d.conf.Log.Error("asking the tailnet who calls", "err", err)
		d.refuse(w, r, errNoTailnet)
		return
	}
	if no := d.check(r, who); no != nil {
		d.conf.Log.Info("request refused", "reason", no.reason, "caller", who.Name(), "device", who.Device.Name,
			"origin", r.Header.Get("Origin"), "site", r.Header.Get("Sec-Fetch-Site"))
		d.refuse(w, r, no)
		return
	}
	d.next(w, r, who)
}

func (d *Door) scheme() string {
	if d.conf.Plain {
		return "http"
	}
	return "https"
}

func (d *Door) origin() string { return d.scheme() + "://" + d.conf.Host() }

// checkHost wants the canonical name and nothing else. net/http refuses two
// Host headers by itself; an absolute form shows in the URL.
func (d *Door) checkHost(r *http.Request) *refusal {
	if !d.conf.Plain && r.TLS == nil {
		return errNotTLS
	}
	if r.URL.Host != "" || r.Host != d.conf.Host() {
		return errOtherHost
	}
	return nil
}

// check goes through what is known of the caller and the page behind a request.
func (d *Door) check(r *http.Request, who tsidentity.Caller) *refusal {
	switch who.Class {
	case tsidentity.ClassUnknown, tsidentity.ClassSelf:
		return errUnknown
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "" && origin == "" {
		if r.Header.Get(ProgramHeader) != "1" {
			return errNoProgram
		}
	} else if !d.sameSite(r, site) {
		return errForeignPage
	}
	unsafe := r.Method != http.MethodGet && r.Method != http.MethodHead
	if isPage := site != "" || origin != ""; isPage && (unsafe || upgrades(r)) && origin != d.origin() {
		return errForeignPage
	}
	if origin != "" && origin != d.origin() {
		return errForeignPage
	}
	if unsafe && !isJSON(r.Header.Get("Content-Type")) {
		return errNotJSON
	}
	return nil
}

// sameSite is the Fetch-Metadata rule. An old browser without the headers is
// judged by its Origin alone.
func (d *Door) sameSite(r *http.Request, site string) bool {
	switch site {
	case "same-origin", "none", "":
		return true
	}
	return r.Method == http.MethodGet && !upgrades(r) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

func upgrades(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

// stripIdentity drops headers by which a request could claim to be somebody.
func stripIdentity(h http.Header) {
	for name := range h {
		if strings.HasPrefix(name, "Tailscale-") || strings.HasPrefix(name, "X-Forwarded-") ||
			name == "Forwarded" || name == "X-Real-Ip" || name == "Authorization" || name == "Cookie" {
			delete(h, name)
		}
	}
}
