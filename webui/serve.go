package webui

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Serve serves an app that was built into files. The whole of it is read at
// the first request for each file and kept, so files must not change.
func Serve(files fs.FS) http.Handler { return &server{files: files} }

type server struct {
	files fs.FS
	kept  kept
}

// types are the content types of what a build contains. The platform's own
// table is not asked: it differs from machine to machine.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

const (
	index = "index.html"

	cacheForever = "public, max-age=31536000, immutable"
	cacheAsk     = "no-cache"
)

// notBuilt is served while there is no index.html.
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Homie</title>
<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}</style>
<h1>The web app is not built yet</h1>
<p>Homie itself runs. To build the web app into it, run <code>make build</code> in its source folder and start it again.</p>
</html>
`

// ServeHTTP answers GET and HEAD. A path without a file extension is a place in
// the app and gets its document; a missing file is a 404.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if !public(name) {
		http.NotFound(w, r)
		return
	}
	if path.Ext(name) == "" {
		name = index
	}
	f, err := s.file(name)
	switch {
	case err == nil:
		f.serve(w, r)
	case errors.Is(err, fs.ErrNotExist) && name == index:
		w.Header().Set("Content-Type", types[".html"])
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(notBuilt)) // the client is gone otherwise
		}
	default:
		http.NotFound(w, r)
	}
}

// public reports whether name may be asked for: no hidden file, and no
// compressed form by its own name.
func public(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	ext := path.Ext(name)
	return ext != ".br" && ext != ".gz"
}

// file is one file of the app in every form there is of it.
type file struct {
	plain, br, gz []byte // br and gz are nil where there is none
	contentType   string
	cache         string
	tag           string // without quotes
}

func (s *server) file(name string) (*file, error) {
	return s.kept.get(name, func() (*file, error) {
		plain, err := fs.ReadFile(s.files, name)
		if err != nil {
			return nil, err
		}
		contentType, known := types[path.Ext(name)]
		if !known {
			contentType = "application/octet-stream"
		}
		sum := sha256.Sum256(plain)
		f := &file{
			plain:       plain,
			contentType: contentType,
			cache:       cacheAsk,
			tag:         base64.RawURLEncoding.EncodeToString(sum[:12]),
		}
		if strings.HasPrefix(name, "assets/") {
			f.cache = cacheForever
		}
		// A file without a compressed form is served as it is.
		f.br, _ = fs.ReadFile(s.files, name+".br")
		f.gz, _ = fs.ReadFile(s.files, name+".gz")
		return f, nil
	})
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, encoding := f.choose(r.Header.Get("Accept-Encoding"))
	tag := f.tag
	if encoding != "" {
		tag += "-" + encoding // each form of a file is another representation
	}
	tag = strconv.Quote(tag)
	h := w.Header()
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", tag)
	if f.br != nil || f.gz != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client is gone otherwise
	}
}

// choose returns the smallest form that the client takes.
func (f *file) choose(accept string) (body []byte, encoding string) {
	switch {
	case f.br != nil && accepts(accept, "br"):
		return f.br, "br"
	case f.gz != nil && accepts(accept, "gzip"):
		return f.gz, "gzip"
	default:
		return f.plain, ""
	}
}

// accepts reports whether an Accept-Encoding header allows a coding.
func accepts(header, coding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, given := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !given {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// matches reports whether an If-None-Match header names tag.
func matches(header, tag string) bool {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
		if item == tag || item == "*" {
			return true
		}
	}
	return false
}
