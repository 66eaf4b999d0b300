package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"homie/gateway"
	"homie/gateway/frontdoor"
	"homie/tsidentity"
)

// The space of requests that the front door is asked in: every place that the
// gateway serves, with every host, origin, kind of page and method. What it has
// to answer is said by a model that shares no code with it.

const (
	ownName  = "homie.box.ts.net"
	ownAddr  = "100.64.0.9"
	somebody = "100.64.0.1:1234"
)

// place is a path, the route that serves it, and what may be asked there.
type place struct {
	path, route              string
	calls, sockets, document bool
}

// places has each route's, and what lies near them.
var places = []place{
	{"/rpc", "/rpc", true, true, false},
	{"/files/nas/s1?path=x", "/files/", false, false, false},
	{"/files/", "/files/", false, false, false},
	{"/", "/", false, false, true},
	{"/machines/nas", "/", false, false, true},
	{"/rpc/", "/", false, false, true},
	{"/rpc/x", "/", false, false, true},
	{"/files", "/", false, false, true},
	{"/assets/app.js", "/", false, false, false},
	{"/healthz/", "/", false, false, true},
}

// A value of "" means that the header is absent, except for hosts.
var (
	hostNames = []string{
		ownName, "evil.example", ownAddr, "[fd7a:115c:a1e0::9]", "homie", ownName + ":443", ownName + ":8443", "HOMIE.box.ts.net",
		ownName + ".", "evil-" + ownName, ownName + ".evil.example", "localhost", "127.0.0.1", "", absoluteForm, absoluteForm + " evil",
	}
	originsSent = []string{"", "OWN", "null", "OTHER SCHEME", "https://nas.box.ts.net", "https://evil.example", "OWN:443", "OWN:8443", "OWN/", "TWO", "https://" + ownAddr}
	pages       = []struct{ name, site, mode, dest string }{
		{"no page", "", "", ""},
		{"own page", "same-origin", "cors", "empty"},
		{"own socket", "same-origin", "websocket", "empty"},
		{"typed address", "none", "navigate", "document"},
		{"neighbor's fetch", "same-site", "no-cors", "empty"},
		{"neighbor's link", "same-site", "navigate", "document"},
		{"neighbor's form", "same-site", "navigate", "document"},
		{"foreign fetch", "cross-site", "cors", "empty"},
		{"foreign image", "cross-site", "no-cors", "image"},
		{"foreign link", "cross-site", "navigate", "document"},
		{"foreign frame", "cross-site", "navigate", "iframe"},
		{"foreign object", "cross-site", "navigate", "object"},
		{"foreign socket", "cross-site", "websocket", "empty"},
		{"foreign worker", "cross-site", "no-cors", "serviceworker"},
		{"unheard of", "galactic", "navigate", "document-ish"},
		{"site left out", "", "cors", "empty"},
	}
	ways = []struct {
		name, method, content string
		upgrade               bool
	}{
		{"get", "GET", "", false},
		{"head", "HEAD", "", false},
		{"call", "POST", "application/json", false},
		{"call in utf-8", "POST", "application/json; charset=UTF-8", false},
		{"form", "POST", "application/x-www-form-urlencoded", false},
		{"json as text", "POST", "text/plain", false},
		{"no type", "POST", "", false},
		{"odd json", "POST", "application/json; charset=utf-7", false},
		{"upgrade", "GET", "", true},
		{"upgrade by post", "POST", "application/json", true},
		{"preflight", "OPTIONS", "", false},
		{"put", "PUT", "application/json", false},
		{"delete", "DELETE", "", false},
		{"method in small letters", "get", "", false},
	}
	programMarks = []string{"", "1", "2", "1, 1"}
)

// absoluteForm stands for a request line with a whole URL, of our own host or of
// another, under the right Host.
const absoluteForm = "absolute form"

// answerTo is the front door in other words.
func answerTo(p place, host, origin, page, way, mark string, plain bool) int {
	const served, refused = http.StatusOK, http.StatusForbidden
	if host != ownName {
		return http.StatusMisdirectedRequest
	}
	switch way {
	case "preflight", "put", "delete", "method in small letters":
		return http.StatusMethodNotAllowed
	}
	reads := way == "get" || way == "head"
	fromABrowser := origin != "" || page != "no page"
	switch page {
	case "no page", "own page", "own socket", "typed address", "site left out":
	case "neighbor's link", "neighbor's form", "foreign link":
		if way != "get" || !p.document {
			return refused
		}
	default:
		return refused
	}
	if origin != "" && origin != "OWN" {
		return refused
	}
	if fromABrowser && !reads && origin != "OWN" {
		return refused
	}
	switch way {
	case "form", "json as text", "no type", "odd json":
		return http.StatusUnsupportedMediaType
	}
	if !fromABrowser && mark != "1" && (!plain || !reads) {
		return refused
	}
	switch {
	case (way == "call" || way == "call in utf-8") && !p.calls, way == "upgrade by post":
		return http.StatusMethodNotAllowed
	case way == "upgrade" && !p.sockets:
		return http.StatusBadRequest
	}
	return served
}

// theDoor is the front door with the gateway's own routes, which note what
// reached them instead of serving it.
func theDoor(t *testing.T, plain bool, reached *string) http.Handler {
	t.Helper()
	routes := gateway.Routes()
	for i, r := range routes {
		if !slices.ContainsFunc(places, func(p place) bool { return p.route == r.Path }) {
			t.Errorf("what may be asked at %s? Say so in places.", r.Path)
		}
		routes[i].Serve = func(_ http.ResponseWriter, _ *http.Request, who tsidentity.Caller) {
			*reached = r.Path + " by " + who.Person.ID
		}
	}
	return frontdoor.New(frontdoor.Config{
		Host: func() string { return ownName }, Plain: plain,
		Resolve: func(_ context.Context, addr string) (tsidentity.Caller, error) {
			if addr != somebody {
				t.Errorf("%s is asked for, want the address of the connection", addr)
			}
			return tsidentity.Caller{Class: tsidentity.ClassPerson, Person: tsidentity.Person{ID: "102"}}, nil
		},
	}, routes...)
}

// header sets what a request of that kind carries.
func setHeaders(h http.Header, origin, mark string, page, way int, plain bool) {
	own, other := "https://"+ownName, "http://"+ownName
	if plain {
		own, other = other, own
	}
	switch {
	case origin == "TWO":
		h["Origin"] = []string{own, own}
	case origin == "OTHER SCHEME":
		h.Set("Origin", other)
	case origin != "":
		h.Set("Origin", strings.Replace(origin, "OWN", own, 1))
	}
	for name, value := range map[string]string{
		"Sec-Fetch-Site": pages[page].site, "Sec-Fetch-Mode": pages[page].mode, "Sec-Fetch-Dest": pages[page].dest,
		"Content-Type": ways[way].content, frontdoor.ProgramHeader: mark,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if ways[way].upgrade {
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", "websocket")
	}
}

func TestFrontDoorMatrix(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain=%v", plain), func(t *testing.T) {
			m := &doorMatrix{plain: plain}
			m.door = theDoor(t, plain, &m.reached)
			for _, p := range places {
				for _, host := range hostNames {
					if plain && isRedirected(host) {
						continue // frontdoor's TestPlainRedirects
					}
					for _, origin := range originsSent {
						m.rest(t, p, host, origin)
					}
				}
			}
			t.Logf("%d requests were served, %d refused", m.served, m.refused)
			if m.served == 0 || m.refused == 0 {
				t.Error("the matrix tests nothing")
			}
		})
	}
}

// isRedirected reports whether a host means us on port 80, where browsers are
// sent on to the whole name.
func isRedirected(host string) bool {
	return host != ownName && (host == "homie" || strings.EqualFold(strings.TrimSuffix(host, "."), ownName))
}

// doorMatrix goes through it and counts.
type doorMatrix struct {
	plain           bool
	door            http.Handler
	reached         string
	served, refused int
}

// rest goes through what pages, ways and marks there are.
func (m *doorMatrix) rest(t *testing.T, p place, host, origin string) {
	t.Helper()
	for page := range pages {
		for way := range ways {
			for _, mark := range programMarks {
				if host != ownName && (mark != "1" || !slices.Contains([]string{"get", "call", "form", "upgrade"}, ways[way].name)) {
					continue // it gets no further than its host
				}
				m.ask(t, p, host, origin, mark, page, way)
			}
		}
	}
}

func (m *doorMatrix) ask(t *testing.T, p place, host, origin, mark string, page, way int) {
	t.Helper()
	target := p.path
	r := httptest.NewRequestWithContext(t.Context(), ways[way].method, target, strings.NewReader("{}"))
	switch host {
	case absoluteForm:
		r = httptest.NewRequestWithContext(t.Context(), ways[way].method, "https://"+ownName+target, strings.NewReader("{}"))
	case absoluteForm + " evil":
		r = httptest.NewRequestWithContext(t.Context(), ways[way].method, "https://evil.example"+target, strings.NewReader("{}"))
		r.Host = ownName
	default:
		r.Host = host
	}
	r.RemoteAddr, r.TLS = somebody, nil
	if !m.plain {
		r.TLS = &tls.ConnectionState{}
	}
	setHeaders(r.Header, origin, mark, page, way, m.plain)
	m.reached = ""
	w := httptest.NewRecorder()
	m.door.ServeHTTP(w, r)
	want := answerTo(p, host, origin, pages[page].name, ways[way].name, mark, m.plain)
	reached := ""
	if want == http.StatusOK {
		reached = p.route + " by 102"
		m.served++
	} else {
		m.refused++
	}
	if w.Code != want || m.reached != reached {
		t.Fatalf("%s, host %q, origin %q, %s, %s, Sec-Homie %q: %d and %q was reached, want %d and %q",
			p.path, host, origin, pages[page].name, ways[way].name, mark, w.Code, m.reached, want, reached)
	}
	m.bounded(t, w.Header(), p, want == http.StatusOK)
}

// bounded looks at the headers that every answer has.
func (m *doorMatrix) bounded(t *testing.T, h http.Header, p place, served bool) {
	t.Helper()
	for name, want := range map[string]string{
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Origin-Agent-Cluster": "?1",
	} {
		if h.Get(name) != want {
			t.Fatalf("%s: %s is %q, want %q", p.path, name, h.Get(name), want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "img-src 'self' data: blob:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !slices.Contains(strings.Split(csp, "; "), want) {
			t.Fatalf("%s: the policy %q lacks %s", p.path, csp, want)
		}
	}
	if relaxed := strings.Contains(csp, "'unsafe-inline'"); relaxed != (served && p.document) {
		t.Fatalf("%s: styles relaxed: %v, want that for the app's document alone", p.path, relaxed)
	}
	if (h.Get("Strict-Transport-Security") == "max-age=31536000") == m.plain {
		t.Fatalf("%s: HSTS is %q with plain = %v", p.path, h.Get("Strict-Transport-Security"), m.plain)
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" {
			t.Fatalf("%s: there is a header %s", p.path, name)
		}
	}
}

// TestFrontDoorMatrixOnTheWire has what net/http's own requests can't say: two
// hosts, none, and a host with something behind it.
func TestFrontDoorMatrixOnTheWire(t *testing.T) {
	reached := ""
	door := theDoor(t, false, &reached)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr, r.TLS = somebody, &tls.ConnectionState{}
		door.ServeHTTP(w, r)
	}))
	srv.Config.DisableGeneralOptionsHandler = true
	srv.Start()
	defer srv.Close()
	for _, p := range places {
		for _, lines := range []struct {
			target, hosts string
			want          []int
		}{
			{p.path, "Host: " + ownName + "\r\nHost: evil.example", []int{400}},
			{p.path, "Host: evil.example\r\nHost: " + ownName, []int{400}},
			{p.path, "Host: " + ownName + "\r\nHost: " + ownName, []int{400}},
			{p.path, "X-Host: " + ownName, []int{400}},
			{p.path, "Host: " + ownName + ", evil.example", []int{400, 421}},
			{p.path, "Host: " + ownName + "\t", []int{200, 405, 400, 415, 403}}, // white space around a value is none of it
			{p.path, "Host: \r\n " + ownName, []int{200, 405, 400, 415, 403}},   // nor is a line break that goes on
			{"http://" + ownName + p.path, "Host: " + ownName, []int{421}},
			{"https://evil.example" + p.path, "Host: " + ownName, []int{421}},
		} {
			for _, page := range []int{0, 1, 7} {
				for _, way := range []int{0, 2, 8} {
					h := http.Header{}
					setHeaders(h, "OWN", "1", page, way, false)
					reached = ""
					got := overTheWire(t, srv.Listener.Addr().String(), ways[way].method+" "+lines.target+" HTTP/1.1\r\n"+lines.hosts+"\r\n", h)
					if !slices.Contains(lines.want, got) || (len(lines.want) < 3 && reached != "") {
						t.Fatalf("%s %s with %q by %s: %d and %q was reached, want one of %d", ways[way].name, lines.target, lines.hosts, pages[page].name, got, reached, lines.want)
					}
				}
			}
		}
	}
}

// overTheWire sends the beginning of a request with more headers, and returns
// the status of the answer.
func overTheWire(t *testing.T, addr, begin string, h http.Header) int {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var b strings.Builder
	b.WriteString(begin)
	h.Write(&b)
	b.WriteString("Content-Length: 2\r\n\r\n{}")
	if _, err := io.WriteString(conn, b.String()); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", b.String(), err)
	}
	res.Body.Close()
	return res.StatusCode
}
