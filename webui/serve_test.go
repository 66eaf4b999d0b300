package webui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func app() fstest.MapFS {
	files := fstest.MapFS{}
	for name, body := range map[string]string{
		".gitkeep":               "",
		"index.html":             "<!doctype html>the app",
		"index.html.br":          "br of index",
		"index.html.gz":          "gz of index",
		"icon.svg":               "<svg/>",
		"theme.js":               "theme()",
		"manifest.webmanifest":   "{}",
		"assets/main-Abc.js":     "main()",
		"assets/main-Abc.js.br":  "br of main",
		"assets/main-Abc.js.gz":  "gz of main",
		"assets/main-Abc.css":    "body{}",
		"assets/strange-A.thing": "?",
	} {
		files[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return files
}

func ask(t *testing.T, h http.Handler, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

func TestPathsAndTypes(t *testing.T) {
	h := Serve(app())
	for _, c := range []struct {
		path, body, contentType, cache string
		status                         int
	}{
		{"/", "<!doctype html>the app", "text/html; charset=utf-8", cacheAsk, 200},
		{"/index.html", "<!doctype html>the app", "text/html; charset=utf-8", cacheAsk, 200},
		{"/machines/den", "<!doctype html>the app", "text/html; charset=utf-8", cacheAsk, 200},
		{"/terminal/den/s1", "<!doctype html>the app", "text/html; charset=utf-8", cacheAsk, 200},
		{"/icon.svg", "<svg/>", "image/svg+xml", cacheAsk, 200},
		{"/theme.js", "theme()", "text/javascript; charset=utf-8", cacheAsk, 200},
		{"/manifest.webmanifest", "{}", "application/manifest+json", cacheAsk, 200},
		{"/assets/main-Abc.js", "main()", "text/javascript; charset=utf-8", cacheForever, 200},
		{"/assets/main-Abc.css", "body{}", "text/css; charset=utf-8", cacheForever, 200},
		{"/assets/strange-A.thing", "?", "application/octet-stream", cacheForever, 200},
		{"/assets/gone-Xyz.js", "", "", "", 404},
		{"/favicon.ico", "", "", "", 404},
		{"/.gitkeep", "", "", "", 404},
		{"/.git/config", "", "", "", 404},
		{"/index.html.br", "", "", "", 404},
		{"/assets/main-Abc.js.gz", "", "", "", 404},
		{"/../serve.go", "", "", "", 404},
		{"/assets/../index.html", "<!doctype html>the app", "text/html; charset=utf-8", cacheAsk, 200},
	} {
		res, body := ask(t, h, http.MethodGet, c.path)
		if res.StatusCode != c.status {
			t.Errorf("GET %s = %d, want %d", c.path, res.StatusCode, c.status)
			continue
		}
		if c.status != 200 {
			continue
		}
		if got := res.Header.Get("Content-Type"); got != c.contentType || body != c.body {
			t.Errorf("GET %s = %q as %q, want %q as %q", c.path, body, got, c.body, c.contentType)
		}
		if got := res.Header.Get("Cache-Control"); got != c.cache {
			t.Errorf("GET %s: Cache-Control = %q, want %q", c.path, got, c.cache)
		}
	}
}

func TestEncodings(t *testing.T) {
	h := Serve(app())
	for _, c := range []struct{ path, accept, body, encoding string }{
		{"/", "", "<!doctype html>the app", ""},
		{"/", "gzip, deflate, br, zstd", "br of index", "br"},
		{"/", "gzip, deflate", "gz of index", "gzip"},
		{"/", "br;q=0, gzip;q=0.5", "gz of index", "gzip"},
		{"/", "BR", "br of index", "br"},
		{"/", "br;q=nonsense", "<!doctype html>the app", ""},
		{"/", "identity", "<!doctype html>the app", ""},
		{"/icon.svg", "br, gzip", "<svg/>", ""},
		{"/assets/main-Abc.js", "br", "br of main", "br"},
	} {
		res, body := ask(t, h, http.MethodGet, c.path, "Accept-Encoding", c.accept)
		if got := res.Header.Get("Content-Encoding"); got != c.encoding || body != c.body {
			t.Errorf("GET %s accepting %q = %q as %q, want %q as %q", c.path, c.accept, body, got, c.body, c.encoding)
		}
		if wantVary := c.path != "/icon.svg"; (res.Header.Get("Vary") != "") != wantVary {
			t.Errorf("GET %s: Vary = %q, want one: %v", c.path, res.Header.Get("Vary"), wantVary)
		}
	}
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	h := Serve(app())
	first, _ := ask(t, h, http.MethodGet, "/", "Accept-Encoding", "br")
	tag := first.Header.Get("ETag")
	for _, c := range []struct {
		accept, match string
		status        int
	}{
		{"br", tag, 304},
		{"br", `"other", W/` + tag, 304},
		{"br", "*", 304},
		{"gzip", tag, 200},
		{"br", `"other"`, 200},
	} {
		res, body := ask(t, h, http.MethodGet, "/", "Accept-Encoding", c.accept, "If-None-Match", c.match)
		if res.StatusCode != c.status {
			t.Errorf("GET / with If-None-Match %s = %d, want %d", c.match, res.StatusCode, c.status)
		}
		if res.StatusCode == 304 && body != "" {
			t.Errorf("a 304 has the body %q, want none", body)
		}
	}
}

func TestHeadHasNoBody(t *testing.T) {
	res, body := ask(t, Serve(app()), http.MethodHead, "/")
	if res.StatusCode != 200 || body != "" || res.Header.Get("Content-Length") != "22" {
		t.Errorf("HEAD / = %d, %q, length %s; want 200, no body, length 22",
			res.StatusCode, body, res.Header.Get("Content-Length"))
	}
}

func TestOnlyReading(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		res, _ := ask(t, Serve(app()), method, "/")
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s / = %d, Allow %q; want 405, GET, HEAD", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestWithoutABuild(t *testing.T) {
	h := Serve(fstest.MapFS{".gitkeep": &fstest.MapFile{}})
	res, body := ask(t, h, http.MethodGet, "/machines/den")
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
		t.Errorf("GET /machines/den without a build = %d, %q; want 503 and what to run", res.StatusCode, body)
	}
	if res, _ := ask(t, h, http.MethodGet, "/assets/a.js"); res.StatusCode != http.StatusNotFound {
		t.Errorf("GET /assets/a.js without a build = %d, want 404", res.StatusCode)
	}
}

func TestEmbeddedAppAnswers(t *testing.T) {
	res, _ := ask(t, Handler(), http.MethodGet, "/")
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("GET / = %d, want the app or what to run", res.StatusCode)
	}
}
