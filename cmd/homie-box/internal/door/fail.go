package door

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"homie/wire"
)

// fail answers when the gateway does not: a page for a browser that loads one,
// the protocol's error for a program.
func (d *Door) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client is gone
	}
	d.conf.Log.Info("gateway did not answer", "door", d.conf.Name, "err", err)
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, failPage)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusBadGateway)
	_ = json.NewEncoder(w).Encode(wire.Message{
		JSONRPC: wire.Version, ID: json.RawMessage("null"),
		Error: wire.Errorf(wire.Unavailable, "Homie's gateway does not answer just now. Try again in a moment."),
	})
}

// failPage tries again by itself.
const failPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
	`<meta http-equiv="refresh" content="1"><title>Homie</title>` +
	`<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>` +
	`<h1>Homie is starting</h1><p>The gateway does not answer just now. This page tries again by itself.</p></html>
`
