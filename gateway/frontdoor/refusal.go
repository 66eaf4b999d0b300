package frontdoor

import (
	"encoding/json"
	"html"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"homie/wire"
)

// refusal is why a request does not get in, for people and for programs.
type refusal struct {
	name   string // for the log
	status int
	reason wire.Reason
	text   string        // what happened, and what to do
	wait   time.Duration // before another try makes sense, 0 if not known
}

// The refusals there are. None names the gateway's address: whoever asks by
// another name may be a page that wants to know it.
var (
	errNotTLS       = &refusal{name: "no TLS", status: http.StatusForbidden, reason: wire.Forbidden, text: "Homie is reached over HTTPS only. Open it by its https:// address."}
	errOtherHost    = &refusal{name: "other host", status: http.StatusMisdirectedRequest, reason: wire.Forbidden, text: "Homie does not answer to this name. Open it by its own full name on your tailnet, as \"homie gateway\" prints it when it starts."}
	errFunnel       = &refusal{name: "funnel", status: http.StatusForbidden, reason: wire.Unauthenticated, text: "Homie does not serve the public internet. Open it from a device of your tailnet."}
	errNoTailnet    = &refusal{name: "no tailnet", status: http.StatusServiceUnavailable, reason: wire.Unavailable, text: "Homie can't ask the tailnet who you are right now. Try again in a moment."}
	errUnknown      = &refusal{name: "unknown caller", status: http.StatusForbidden, reason: wire.Unauthenticated, text: "Homie can't tell who you are: your device itself must run Tailscale. Install Tailscale on it, sign in, and open this page again."}
	errShared       = &refusal{name: "shared in", status: http.StatusForbidden, reason: wire.Unauthenticated, text: "You come from another tailnet, and nobody has let you in here yet. The person who runs this home can do that with a grant for you in the tailnet policy file."}
	errSelf         = &refusal{name: "own device", status: http.StatusForbidden, reason: wire.Unauthenticated, text: "This is the device that Homie itself runs as, which has no rights over the tailnet. Use the homie command on that machine instead."}
	errForeignPage  = &refusal{name: "foreign page", status: http.StatusForbidden, reason: wire.Forbidden, text: "Another web page tried to use Homie in your name, so it was stopped. If this was you, open Homie by its own address."}
	errNoOrigin     = &refusal{name: "no origin", status: http.StatusForbidden, reason: wire.Forbidden, text: "Your browser did not say which page this comes from, so it was stopped. Reload Homie; if that does not help, try without browser extensions."}
	errNoProgram    = &refusal{name: "no program header", status: http.StatusForbidden, reason: wire.Forbidden, text: "A program that talks to Homie sends the header Sec-Homie: 1. If you see this in a browser, it is too old for Homie: use one from 2023 or later."}
	errNotJSON      = &refusal{name: "not JSON", status: http.StatusUnsupportedMediaType, reason: wire.InvalidRequest, text: "Homie takes JSON only: send Content-Type: application/json."}
	errMethod       = &refusal{name: "method", status: http.StatusMethodNotAllowed, reason: wire.InvalidRequest, text: "Homie answers GET, HEAD and POST only."}
	errTooMany      = &refusal{name: "too many", status: http.StatusTooManyRequests, reason: wire.RateLimited, text: "These are too many requests from one device."}
	errRefusedAgain = &refusal{name: "refused again", status: http.StatusTooManyRequests, reason: wire.RateLimited, text: "Too much from this device was refused."}
	errNothing      = &refusal{name: "nothing there", status: http.StatusNotFound, reason: wire.NotFound, text: "There is nothing at this address. Start from Homie's own first page."}
	errNoCalls      = &refusal{name: "no calls there", status: http.StatusMethodNotAllowed, reason: wire.InvalidRequest, text: "Nothing can be sent to this address. Calls are sent to " + wire.Path + "."}
	errNoSocket     = &refusal{name: "no socket there", status: http.StatusBadRequest, reason: wire.InvalidRequest, text: "This address takes no such connection. A WebSocket is opened at " + wire.Path + "."}
)

// allow is what may be sent instead of a method that may not.
func (no *refusal) allow() string {
	if no.name == errNoCalls.name {
		return "GET, HEAD"
	}
	return "GET, HEAD, POST"
}

// after returns the refusal with the time to wait.
func (no *refusal) after(d time.Duration) *refusal {
	again := *no
	again.wait = d
	again.text += " Try again in a moment."
	return &again
}

// saying returns the refusal with other words.
func (no *refusal) saying(text string) *refusal {
	other := *no
	other.text = text
	return &other
}

// answer gives a page to a person, and an error to a program.
func answer(w http.ResponseWriter, r *http.Request, no *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	switch no.status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", no.allow())
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	e := wire.Errorf(no.reason, "%s", no.text)
	if no.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(no.wait.Seconds()))))
		e = e.After(no.wait)
	}
	if isSafe(r.Method) && strings.Contains(r.Header.Get("Accept"), "text/html") {
		page(w, no.status, no.text)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(no.status)
	// A write error means that the other side is gone.
	_ = json.NewEncoder(w).Encode(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("null"), Error: e})
}

// page is a page of one paragraph, for people whom nothing else can be shown.
func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	again := ""
	if status == http.StatusServiceUnavailable { // it passes, and nobody should have to look
		again = `<meta http-equiv="refresh" content="5">`
	}
	writeString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`+again+
		`<title>Homie</title><style>`+pageStyle+`</style>`+
		`<h1>Homie</h1><p>`+html.EscapeString(text)+"</p></html>\n")
}

// writeString writes what may be lost: an error means the other side is gone.
func writeString(w http.ResponseWriter, s string) { _, _ = io.WriteString(w, s) }
