// Package webui is the web app, built by Vite and carried inside the binary,
// and the handler that serves it.
//
// The handler knows nothing of callers or hosts: the front door has checked
// them before. Files under assets/ have a hash of their content in their name
// and are cached for ever; everything else is asked for again each time and
// answered with 304 while it is the same. Compressed forms were made by the
// build and lie beside the files.
package webui

import (
	"embed"
	"io/fs"
	"net/http"
)

// dist is what `make build` produced. On a fresh clone it holds a placeholder
// only, and the handler serves a page that says what to run.
//
//go:embed all:dist
var dist embed.FS

// Handler serves the embedded app.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("webui: " + err.Error()) // "dist" is a valid path
	}
	return Serve(files)
}
