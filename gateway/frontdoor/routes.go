package frontdoor

import (
	"net/http"
	"path"
	"strings"

	"homie/tsidentity"
)

// Handler serves a request whose caller is known.
type Handler func(w http.ResponseWriter, r *http.Request, who tsidentity.Caller)

// Route is a place that is served, and what may be asked of it. What no route
// allows, the door refuses: a new one begins with GET and HEAD of things that no
// page elsewhere may use.
type Route struct {
	// Path is taken to the letter. One that ends in a slash is everything below
	// it that no longer one has.
	Path string
	// Calls takes POSTs of JSON.
	Calls bool
	// Sockets takes upgrades.
	Sockets bool
	// Documents has places in the app, to which a link elsewhere may lead: every
	// path whose last part has no dot.
	Documents bool
	Serve     Handler
}

// routes finds the route of a path. The zero Route, which is that of a path that
// nothing is at, serves nothing.
type routes []Route

func (rs routes) at(p string) Route {
	var best Route
	for _, r := range rs {
		if p == r.Path || (strings.HasSuffix(r.Path, "/") && strings.HasPrefix(p, r.Path) && len(r.Path) > len(best.Path)) {
			best = r
			if p == r.Path {
				return r
			}
		}
	}
	return best
}

// document reports whether a path is a place in the app.
func (r Route) document(p string) bool {
	return r.Documents && !strings.Contains(path.Base(p), ".")
}
