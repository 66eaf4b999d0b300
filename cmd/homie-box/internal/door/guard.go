package door

import (
	"io"
	"net/http"
)

// refusal is why a door stays closed, in words.
type refusal struct {
	status int
	reason string // for the log
	text   string // for who asked
}

var (
	errForeignPeer = &refusal{
		http.StatusForbidden, "foreign peer",
		"This door of the box opens only to programs of the account that runs it.",
	}
	errOtherHost = &refusal{
		http.StatusMisdirectedRequest, "other host",
		"This door of the box does not answer to that name. Open it by the address that the box printed.",
	}
	errForeignPage = &refusal{
		http.StatusForbidden, "foreign page",
		"Another web page tried to come through this door, so it was stopped. If this was you, open the door by the address that the box printed.",
	}
)

func (no *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	w.WriteHeader(no.status)
	_, _ = io.WriteString(w, no.text+"\n") // who asked may be gone
}

// check is what every request has to pass, nil if it does.
func (d *Door) check(r *http.Request) *refusal {
	if !ownPeer(r.Context()) {
		return errForeignPeer
	}
	if hosts := d.hosts(); r.Host != hosts[0] && r.Host != hosts[1] || r.URL.Host != "" {
		return errOtherHost
	}
	if !ownPage(r) {
		return errForeignPage
	}
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && origins[0] != "http://"+r.Host {
		return errForeignPage
	}
	return nil
}

// ownPage is the Fetch-Metadata rule. An absent header means a program, or a
// browser so old that only its Origin tells.
func ownPage(r *http.Request) bool {
	sites := r.Header.Values("Sec-Fetch-Site")
	if len(sites) > 1 {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Method == http.MethodGet && r.Header.Get("Upgrade") == "" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
