package frontdoor

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"strings"

	"homie/wire"
)

// refusal is why a request does not get in, for people and for programs.
type refusal struct {
	name   string // for the log
	status int
	reason wire.Reason
	text   string // what happened, and what to do
}

// The refusals there are. None names the gateway's address: whoever asks by
// another name may be a page that wants to know it.
var (
	errNotTLS      = &refusal{"no TLS", http.StatusForbidden, wire.Forbidden, "Homie is reached over HTTPS only. Open it by its https:// address."}
	errOtherHost   = &refusal{"other host", http.StatusMisdirectedRequest, wire.Forbidden, "Homie does not answer to this name. Open it by its own full name on your tailnet, as \"homie gateway\" prints it when it starts."}
	errFunnel      = &refusal{"funnel", http.StatusForbidden, wire.Unauthenticated, "Homie does not serve the public internet. Open it from a device of your tailnet."}
	errNoTailnet   = &refusal{"no tailnet", http.StatusServiceUnavailable, wire.Unavailable, "Homie can't ask the tailnet who you are right now. Try again in a moment."}
	errUnknown     = &refusal{"unknown caller", http.StatusForbidden, wire.Unauthenticated, "Homie can't tell who you are: your device itself must run Tailscale. Install Tailscale on it, sign in, and open this page again."}
	errShared      = &refusal{"shared in", http.StatusForbidden, wire.Unauthenticated, "You come from another tailnet, and nobody has let you in here yet. The person who runs this home can do that with a grant for you in the tailnet policy file."}
	errSelf        = &refusal{"own device", http.StatusForbidden, wire.Unauthenticated, "This is the device that Homie itself runs as, which has no rights over the tailnet. Use the homie command on that machine instead."}
	errForeignPage = &refusal{"foreign page", http.StatusForbidden, wire.Forbidden, "Another web page tried to use Homie in your name, so it was stopped. If this was you, open Homie by its own address."}
	errNoOrigin    = &refusal{"no origin", http.StatusForbidden, wire.Forbidden, "Your browser did not say which page this comes from, so it was stopped. Reload Homie; if that does not help, try without browser extensions."}
	errNoProgram   = &refusal{"no program header", http.StatusForbidden, wire.Forbidden, "A program that talks to Homie sends the header Sec-Homie: 1. If you see this in a browser, it is too old for Homie: use one from 2023 or later."}
	errNotJSON     = &refusal{"not JSON", http.StatusUnsupportedMediaType, wire.InvalidRequest, "Homie takes JSON only: send Content-Type: application/json."}
	errMethod      = &refusal{"method", http.StatusMethodNotAllowed, wire.InvalidRequest, "Homie answers GET, HEAD and POST only."}
)

// saying returns the refusal with other words.
func (no refusal) saying(text string) *refusal {
	no.text = text
	return &no
}

// answer gives a page to a person, and an error to a program.
func answer(w http.ResponseWriter, r *http.Request, no *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	switch no.status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "GET, HEAD, POST")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	if isSafe(r.Method) && strings.Contains(r.Header.Get("Accept"), "text/html") {
		page(w, no.status, no.text)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(no.status)
	e := wire.Errorf(no.reason, "%s", no.text)
	// A write error means that the other side is gone.
	_ = json.NewEncoder(w).Encode(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("null"), Error: e})
}

// page is a page of one paragraph, for people whom nothing else can be shown.
func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	writeString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`+
		`<title>Homie</title><style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>`+
		`<h1>Homie</h1><p>`+html.EscapeString(text)+"</p></html>\n")
}

// writeString writes what may be lost: an error means the other side is gone.
func writeString(w http.ResponseWriter, s string) { _, _ = io.WriteString(w, s) }
