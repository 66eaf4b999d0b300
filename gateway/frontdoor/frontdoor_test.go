package frontdoor

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

const (
	canonical = "homie.box.ts.net"
	person    = "100.64.0.1:1234"
)

var member = tsidentity.Caller{
	Class:  tsidentity.ClassPerson,
	Person: tsidentity.Person{ID: "102", Login: "max@example.com"},
	Rights: tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleMember}}},
}

// callers are who is at which address.
var callers = map[string]tsidentity.Caller{
	person:           member,
	"100.64.0.2:1":   {Class: tsidentity.ClassPerson, Person: tsidentity.Person{ID: "103"}}, // a visitor
	"100.64.0.3:1":   {Class: tsidentity.ClassUnknown},
	"100.64.0.4:1":   {Class: tsidentity.ClassSelf},
	"100.64.0.5:1":   {Class: tsidentity.ClassShared, Person: tsidentity.Person{ID: "555"}},
	"100.64.0.6:1":   {Class: tsidentity.ClassTagged, Device: tsidentity.Device{ID: "n6", Tags: []string{"tag:x"}}},
	"100.64.0.7:1":   {Class: tsidentity.ClassNode, Device: tsidentity.Device{ID: "n7"}},
	"192.168.1.20:1": {Class: tsidentity.ClassUnknown},
}

func newDoor(plain bool, next Handler) *Door {
	return New(Config{
		Host:  func() string { return canonical },
		Plain: plain,
		Resolve: func(_ context.Context, addr string) (tsidentity.Caller, error) {
			who, ok := callers[addr]
			if !ok {
				return tsidentity.Caller{}, errors.New("the backend is down")
			}
			return who, nil
		},
	}, Route{Path: "/rpc", Calls: true, Sockets: true, Serve: next}, Route{Path: "/", Documents: true, Serve: next})
}

// ask is a request by a program, or a page's if the headers say so.
func ask(method, path string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	r.Host, r.RemoteAddr, r.TLS = canonical, person, &tls.ConnectionState{}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// call is a call by a program.
func call() *http.Request {
	return ask("POST", "/rpc", ProgramHeader, "1", "Content-Type", "application/json")
}

func TestCallers(t *testing.T) {
	for addr, tc := range map[string]struct {
		status int
		reason wire.Reason
		word   string
	}{
		person:           {200, "", ""},
		"100.64.0.2:1":   {200, "", ""},
		"100.64.0.3:1":   {403, wire.Unauthenticated, "your device itself must run Tailscale"},
		"100.64.0.4:1":   {403, wire.Unauthenticated, "the device that Homie itself runs as"},
		"100.64.0.5:1":   {403, wire.Unauthenticated, "from another tailnet"},
		"100.64.0.6:1":   {200, "", ""},
		"100.64.0.7:1":   {200, "", ""},
		"192.168.1.20:1": {403, wire.Unauthenticated, "your device itself must run Tailscale"},
		"100.64.9.9:1":   {503, wire.Unavailable, "Try again"},
	} {
		var who *tsidentity.Caller
		door := newDoor(false, func(_ http.ResponseWriter, _ *http.Request, c tsidentity.Caller) { who = &c })
		r := call()
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != tc.status || (who != nil) != (tc.status == 200) {
			t.Errorf("%s: status %d, served %v; want %d", addr, w.Code, who != nil, tc.status)
		}
		if tc.status == 200 {
			continue
		}
		var m wire.Message
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.Error == nil || m.Error.Data.Reason != tc.reason || !strings.Contains(m.Error.Message, tc.word) {
			t.Errorf("%s: answer %s (%v), want %s with %q", addr, w.Body, err, tc.reason, tc.word)
		}
		// A person gets a page with the same words.
		r = ask("GET", "/", "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
		r.RemoteAddr = addr
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		w = httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(strings.ReplaceAll(w.Body.String(), "&#39;", "'"), tc.word) {
			t.Errorf("%s: page %s %s", addr, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestClaimsOfIdentityAreDropped(t *testing.T) {
	claims := map[string]string{
		"Tailscale-User-Login": "olivia@example.com", "Tailscale-App-Capabilities": "{}", "X-Forwarded-For": "100.64.0.1",
		"X-Forwarded-User": "olivia", "Forwarded": "for=100.64.0.1", "X-Real-Ip": "100.64.0.1", "X-Webauth-User": "olivia",
		"Remote-User": "olivia", "X-Remote-User": "olivia", "Cookie": "who=olivia", "Authorization": "Bearer x", "X-Auth-Request-Email": "olivia",
	}
	served := false
	door := newDoor(false, func(_ http.ResponseWriter, r *http.Request, who tsidentity.Caller) {
		served = true
		for name := range claims {
			if v := r.Header.Get(name); v != "" {
				t.Errorf("%s: %s reached the handler", name, v)
			}
		}
		if who.Person.ID != member.Person.ID {
			t.Errorf("the caller became %+v", who)
		}
	})
	r := call()
	for name, v := range claims {
		r.Header.Set(name, v)
	}
	door.ServeHTTP(httptest.NewRecorder(), r)
	if !served {
		t.Error("the request was refused")
	}
	r.Header.Set("Tailscale-Funnel-Request", "?1")
	w := httptest.NewRecorder()
	if door.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("a request over Funnel: status %d", w.Code)
	}
}

func TestHealthNeedsNothing(t *testing.T) {
	door := New(Config{Host: func() string { return "" }})
	for _, host := range []string{canonical, "evil.example", "100.64.0.9", "homie", ""} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host = host
		door.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.String() != "ok\n" {
			t.Errorf("%s: %d %q", host, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	if door.ServeHTTP(w, httptest.NewRequest("POST", "/healthz", nil)); w.Code == 200 {
		t.Error("POST /healthz passed")
	}
}

func TestWithoutTLSOrANameNothingIsServed(t *testing.T) {
	door := newDoor(false, func(http.ResponseWriter, *http.Request, tsidentity.Caller) { t.Error("served") })
	r := call()
	r.TLS = nil
	w := httptest.NewRecorder()
	if door.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("plain HTTP on a TLS door: %d", w.Code)
	}
	door.conf.Host = func() string { return "" }
	r = call()
	r.Host = ""
	w = httptest.NewRecorder()
	if door.ServeHTTP(w, r); w.Code != http.StatusServiceUnavailable {
		t.Errorf("no canonical name yet: %d", w.Code)
	}
}

// TestForeignPagesAreLoggedButDoNotFloodTheLog counts lines.
func TestForeignPagesAreLoggedButDoNotFloodTheLog(t *testing.T) {
	var log strings.Builder
	door := newDoor(false, nil)
	door.conf.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 1000 {
		door.ServeHTTP(httptest.NewRecorder(), ask("POST", "/rpc", "Content-Type", "application/json", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
	}
	if n := strings.Count(log.String(), "foreign page"); n < 1 || n > 25 {
		t.Errorf("a thousand refusals are %d lines", n)
	}
}

// A device that asks without end waits, and so does one that is refused without
// end; the latter goes on with what it may.
func TestOneDeviceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := newDoor(false, func(http.ResponseWriter, *http.Request, tsidentity.Caller) {})
		conf := door.conf
		conf.Rate, conf.Refused = rpc.Rate{PerSecond: 10, Burst: 20}, rpc.BackoffConfig{Free: 3, First: time.Second, Most: 4 * time.Second}
		door = New(conf, door.routes...)
		send := func(r *http.Request) (status int, retry string, m wire.Message) {
			w := httptest.NewRecorder()
			door.ServeHTTP(w, r)
			if w.Code == http.StatusTooManyRequests {
				if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.Error == nil || m.Error.Data.RetryAfterMs < 1 {
					t.Errorf("%s (%v), want retryAfterMs in it", w.Body, err)
				}
			}
			return w.Code, w.Header().Get("Retry-After"), m
		}
		foreign := func() *http.Request {
			return ask("POST", "/rpc", "Content-Type", "application/json", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
		}
		for range 4 {
			if status, _, _ := send(foreign()); status != http.StatusForbidden {
				t.Errorf("one of the first refusals is %d", status)
			}
		}
		for _, want := range []string{"1", "2", "4", "4", "4"} { // each one more doubles the wait
			status, retry, m := send(foreign())
			if status != http.StatusTooManyRequests || retry != want || !strings.Contains(m.Error.Message, "Another web page") {
				t.Errorf("a refusal more is %d with Retry-After %s, want 429 with %s; it says %v", status, retry, want, m.Error)
			}
		}
		for range 20 {
			if status, _, _ := send(call()); status != http.StatusOK {
				t.Errorf("what may be asked is answered with %d meanwhile", status)
			}
		}
		status, retry, m := send(call())
		if status != http.StatusTooManyRequests || retry != "1" || m.Error.Data.Reason != wire.RateLimited {
			t.Errorf("beyond the rate: %d with Retry-After %s and %v", status, retry, m.Error)
		}
		other := call()
		other.RemoteAddr = "100.64.0.2:1"
		if status, _, _ := send(other); status != http.StatusOK {
			t.Errorf("another device: %d", status)
		}
		time.Sleep(4 * time.Second)
		if status, _, _ := send(call()); status != http.StatusOK {
			t.Errorf("after a while: %d", status)
		}
		if status, _, _ := send(foreign()); status != http.StatusForbidden {
			t.Errorf("a refusal after the wait: %d, want its own words", status)
		}
	})
}

// raw sends bytes over a real connection and returns the status of the answer.
func raw(t *testing.T, addr, request string) (int, http.Header) {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, ServerName: canonical})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header
}

func TestRequestsOnTheWire(t *testing.T) {
	door := newDoor(false, func(http.ResponseWriter, *http.Request, tsidentity.Caller) {})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = person
		door.ServeHTTP(w, r)
	}))
	srv.Config.DisableGeneralOptionsHandler = true
	srv.StartTLS()
	defer srv.Close()
	addr := srv.Listener.Addr().String()
	mark := "Sec-Homie: 1\r\nConnection: close\r\n\r\n"
	for name, tc := range map[string]struct {
		request string
		want    int
	}{
		"ordinary":             {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\n" + mark, 200},
		"two hosts":            {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nHost: evil.example\r\n" + mark, 400},
		"the same host twice":  {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nHost: " + canonical + "\r\n" + mark, 400},
		"no host":              {"GET / HTTP/1.1\r\n" + mark, 400},
		"empty host":           {"GET / HTTP/1.1\r\nHost:\r\n" + mark, 421},
		"HTTP/1.0 without one": {"GET / HTTP/1.0\r\n" + mark, 421},
		"absolute form":        {"GET https://" + canonical + "/ HTTP/1.1\r\nHost: " + canonical + "\r\n" + mark, 421},
		"absolute form, evil":  {"GET https://evil.example/ HTTP/1.1\r\nHost: " + canonical + "\r\n" + mark, 421},
		"a host with spaces":   {"GET / HTTP/1.1\r\nHost: " + canonical + " evil\r\n" + mark, 400},
		"a host with a user":   {"GET / HTTP/1.1\r\nHost: x@" + canonical + "\r\n" + mark, 400},
		"CONNECT":              {"CONNECT " + canonical + ":443 HTTP/1.1\r\nHost: " + canonical + "\r\n" + mark, 421},
		"asterisk form":        {"OPTIONS * HTTP/1.1\r\nHost: " + canonical + "\r\n" + mark, 421},
		"lower-case marks":     {"GET / HTTP/1.1\r\nhost: " + canonical + "\r\nsec-homie: 1\r\nConnection: close\r\n\r\n", 200},
		"two marks":            {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nSec-Homie: 1\r\n" + mark, 403},
		"two origins":          {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nOrigin: https://" + canonical + "\r\nOrigin: https://evil.example\r\n" + mark, 403},
		"two sites":            {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n" + mark, 403},
		"an empty origin":      {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nOrigin:\r\n" + mark, 403},
		"an empty upgrade":     {"GET / HTTP/1.1\r\nHost: " + canonical + "\r\nUpgrade:\r\nSec-Fetch-Site: none\r\n" + mark, 403},
	} {
		status, h := raw(t, addr, tc.request)
		if status != tc.want {
			t.Errorf("%s: %d, want %d", name, status, tc.want)
		}
		if status == 200 && (h.Get("Strict-Transport-Security") != "max-age=31536000" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Resource-Policy") != "same-origin") {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

func TestRedirect(t *testing.T) {
	trouble, host := "", canonical
	h := Redirect(func() string { return host }, func() string { return trouble }, func() string { return "den.other.ts.net" })
	ask := func(asked, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", target, nil)
		r.Host = asked
		r.Header.Set("Accept", "text/html")
		ctx := context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP("100.64.0.9"), Port: 80}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(ctx))
		return w
	}
	for asked, status := range map[string]int{
		canonical: 308, "homie": 308, "HOMIE": 308, "homie:80": 308, canonical + ".": 308, "100.64.0.9": 308, "100.64.0.9:80": 308,
		"den.other.ts.net": 308, "den": 308,
		"evil.example": 421, "": 421, "100.64.0.10": 421, "homie.evil.example": 421, canonical + ":8080": 421,
	} {
		w := ask(asked, "/machines/nas?tab=2")
		if w.Code != status {
			t.Errorf("%s: %d, want %d", asked, w.Code, status)
		}
		if to := w.Header().Get("Location"); status == 308 && to != "https://"+canonical+"/machines/nas?tab=2" {
			t.Errorf("%s: redirected to %s", asked, to)
		}
	}
	for _, target := range []string{"//evil.example/", "http://evil.example/x", "/\\evil.example", "/%0d%0aSet-Cookie:x"} {
		if to := ask("homie", target).Header().Get("Location"); !strings.HasPrefix(to, "https://"+canonical+"/") || strings.ContainsAny(to, "\r\n") {
			t.Errorf("%s: redirected to %q", target, to)
		}
	}
	// "https://homie…" + "@evil.example" is an address at evil.example.
	for _, target := range []string{"x:@evil.example/", "*"} {
		if w := ask("homie", target); w.Code != 421 || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d, redirected to %q", target, w.Code, w.Header().Get("Location"))
		}
	}
	trouble = "HTTPS is off in this tailnet. <Turn it on>"
	if w := ask("homie", "/"); w.Code != 503 || !strings.Contains(w.Body.String(), "HTTPS is off in this tailnet. &lt;Turn it on&gt;") || !strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
		t.Errorf("without a certificate: %d %s", w.Code, w.Body)
	}
	if w := ask("evil.example", "/"); strings.Contains(w.Body.String(), "HTTPS is off") {
		t.Error("a foreign name learns about the tailnet")
	}
	if w := ask("evil.example", "/healthz"); w.Code != 200 {
		t.Errorf("/healthz: %d", w.Code)
	}
	host = ""
	if w := ask("homie", "/"); w.Code != 503 {
		t.Errorf("without a name: %d", w.Code)
	}
}

func TestPlainRedirects(t *testing.T) {
	door := newDoor(true, func(http.ResponseWriter, *http.Request, tsidentity.Caller) { t.Error("served") })
	w := httptest.NewRecorder()
	r := ask("GET", "/machines/nas")
	r.Host, r.TLS = "homie", nil
	door.ServeHTTP(w, r)
	if to := w.Header().Get("Location"); w.Code != 308 || to != "http://"+canonical+"/machines/nas" {
		t.Errorf("%d to %q", w.Code, to)
	}
	if w.Header().Get("Strict-Transport-Security") != "" {
		t.Error("plain HTTP promises TLS")
	}
}

func TestPermissionsPolicy(t *testing.T) {
	w := httptest.NewRecorder()
	newDoor(false, func(http.ResponseWriter, *http.Request, tsidentity.Caller) {}).ServeHTTP(w, call())
	policy := w.Header().Get("Permissions-Policy")
	for _, power := range []string{"camera", "geolocation", "microphone", "usb"} {
		if !strings.Contains(policy, power+"=()") {
			t.Errorf("Permissions-Policy = %q, want it without %s", policy, power)
		}
	}
	// Chromium knows no policy of that name, and warns of it at every load.
	if strings.Contains(policy, "bluetooth") {
		t.Errorf("Permissions-Policy = %q, want no bluetooth in it", policy)
	}
}
