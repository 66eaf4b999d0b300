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
	status int
	reason wire.Reason
	text   string // what happened, and what to do
}

// The refusals there are.
var (
	errNotTLS      = &refusal{http.StatusForbidden, wire.Forbidden, "Homie is reached over HTTPS only. Open it by its https:// address."}
	errOtherHost   = &refusal{http.StatusMisdirectedRequest, wire.Forbidden, "Homie does not answer to this name. Open it by its own address on your tailnet."}
	errNoTailnet   = &refusal{http.StatusServiceUnavailable, wire.Unavailable, "Homie can't ask the tailnet who you are right now. Try again in a moment."}
	errUnknown     = &refusal{http.StatusForbidden, wire.Unauthenticated, "Homie can't tell who you are, because this device does not run Tailscale itself. Install Tailscale on it and sign in, then open this page again."}
	errForeignPage = &refusal{http.StatusForbidden, wire.Forbidden, "Another web page tried to use Homie in your name, so it was stopped. If this was you, open Homie by its own address."}
	errNoProgram   = &refusal{http.StatusForbidden, wire.Forbidden, "A program that talks to Homie sends the header Sec-Homie: 1."}
	errNotJSON     = &refusal{http.StatusUnsupportedMediaType, wire.InvalidRequest, "Homie takes JSON only: send Content-Type: application/json."}
)

// refuse answers a page with a page, and a program with JSON.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, no *refusal) {
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		page(w, no.status, no.text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(no.status)
	e := wire.Errorf(no.reason, "%s", no.text)
	// A write error means that the other side is gone.
	_ = json.NewEncoder(w).Encode(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("null"), Error: e})
}

// page is a page of one paragraph, for people whom nothing else can be shown.
func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`+
		`<title>Homie</title><style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>`+
		`<h1>Homie</h1><p>`+html.EscapeString(text)+"</p></html>\n")
}

func healthz(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok\n")
}
