package frontdoor

import (
	"mime"
	"net/http"
	"strings"

	"homie/tsidentity"
)

// checkConnection judges what is known before anybody is asked: steps 1 and 2.
// That there are not two Host headers is net/http's doing, and an absolute form
// shows in the URL.
func (d *Door) checkConnection(r *http.Request, host string) *refusal {
	switch {
	case !d.conf.Plain && r.TLS == nil:
		return errNotTLS
	case host == "":
		return errNoTailnet
	case r.Host != host || r.URL.Host != "" || !strings.HasPrefix(r.RequestURI, "/"):
		return errOtherHost
	case r.Header.Values("Tailscale-Funnel-Request") != nil:
		return errFunnel
	}
	return nil
}

// checkCaller refuses who may not even ask who they are: step 3.
func checkCaller(who tsidentity.Caller) *refusal {
	if who.Can(tsidentity.CapSelf) {
		return nil
	}
	switch who.Class {
	case tsidentity.ClassShared:
		return errShared
	case tsidentity.ClassSelf:
		return errSelf
	case tsidentity.ClassPerson, tsidentity.ClassTagged, tsidentity.ClassNode, tsidentity.ClassGateway,
		tsidentity.ClassLocal, tsidentity.ClassUnknown:
	}
	return errUnknown
}

// checkPage judges the page or program behind a request, and what it asks of a
// place: steps 4 to 8.
func (d *Door) checkPage(r *http.Request, at Route, self string) *refusal {
	changes := !isSafe(r.Method) || upgrades(r)
	origin, hasOrigin := only(r.Header, "Origin")
	switch {
	case !isSafe(r.Method) && r.Method != http.MethodPost:
		return errMethod
	case !near(r, at):
		return errForeignPage
	case hasOrigin && origin != self:
		return errForeignPage
	case !hasOrigin && hasFetchMetadata(r.Header) && changes:
		return errNoOrigin
	case !isSafe(r.Method) && !isJSON(r.Header):
		return errNotJSON
	case !hasOrigin && !hasFetchMetadata(r.Header) && (changes || !d.conf.Plain) && !isProgram(r.Header):
		return errNoProgram
	}
	return at.takes(r)
}

// takes refuses what is not to be had at a place.
func (r Route) takes(req *http.Request) *refusal {
	switch {
	case r.Serve == nil:
		return errNothing
	case req.Method == http.MethodPost && (!r.Calls || upgrades(req)):
		return errNoCalls
	case upgrades(req) && (!r.Sockets || req.Method != http.MethodGet):
		return errNoSocket
	}
	return nil
}

// near is the rule for Fetch-Metadata. Without any of it, the Origin decides.
func near(r *http.Request, at Route) bool {
	site, ok := only(r.Header, "Sec-Fetch-Site")
	if !ok {
		return true
	}
	if site == "same-origin" || site == "none" {
		return true
	}
	mode, _ := only(r.Header, "Sec-Fetch-Mode")
	dest, _ := only(r.Header, "Sec-Fetch-Dest")
	return r.Method == http.MethodGet && !upgrades(r) && mode == "navigate" && dest == "document" &&
		at.document(r.URL.Path)
}

// only returns the value of a header, and whether it is there at all. One that
// is there twice has a value that nothing equals.
func only(h http.Header, name string) (value string, there bool) {
	switch v := h.Values(name); len(v) {
	case 0:
		return "", false
	case 1:
		return v[0], true
	}
	return "\x00", true
}

// hasFetchMetadata reports whether a browser sent the request.
func hasFetchMetadata(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

func isProgram(h http.Header) bool {
	v, _ := only(h, ProgramHeader)
	return v == "1"
}

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func upgrades(r *http.Request) bool { return r.Header.Values("Upgrade") != nil }

// isJSON wants a body of JSON in the one encoding that it has.
func isJSON(h http.Header) bool {
	v, _ := only(h, "Content-Type")
	t, params, err := mime.ParseMediaType(v)
	if err != nil || t != "application/json" {
		return false
	}
	for k, p := range params {
		if k != "charset" || !strings.EqualFold(p, "utf-8") {
			return false
		}
	}
	return true
}

// stripIdentity drops headers by which a request could claim to be somebody.
// Cookies are among them: Homie sets none, and a neighbor on ts.net could.
func stripIdentity(h http.Header) {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "Tailscale-"), strings.HasPrefix(name, "X-Forwarded"), strings.HasPrefix(name, "X-Webauth-"),
			strings.HasPrefix(name, "Remote-"), strings.HasPrefix(name, "X-Remote-"), strings.HasPrefix(name, "X-Auth-"):
			delete(h, name)
		}
	}
	for _, name := range []string{
		"Forwarded", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip",
		"Cf-Connecting-Ip", "Authorization", "Proxy-Authorization", "Cookie",
	} {
		delete(h, name)
	}
}
