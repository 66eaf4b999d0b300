package frontdoor_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"tailscale.com/tsnet"

	"homie/gateway/frontdoor"
	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
	"homie/tsidentity"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// serve runs a server until the test ends.
func serve(t *testing.T, ln net.Listener, h http.Handler) {
	t.Helper()
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() {
		srv.Serve(ln)
		close(ended)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-ended
	})
}

// open puts the doors of both ports in front of a device.
func open(t *testing.T, d *tsnet.Server, fqdn string) {
	t.Helper()
	lc, err := d.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	host := func() string { return fqdn }
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	serveAll := func(w http.ResponseWriter, r *http.Request, who tsidentity.Caller) {
		if r.Header.Get("Upgrade") != "" {
			if ws, err := upgrader.Upgrade(w, r, nil); err == nil {
				ws.WriteMessage(websocket.TextMessage, []byte(who.Name()))
				ws.Close()
			}
			return
		}
		fmt.Fprint(w, who.Name())
	}
	door := frontdoor.New(frontdoor.Config{
		Host:    host,
		Resolve: tsidentity.NewResolver(tsidentity.ResolverConfig{Tailnet: lc}).Resolve,
	}, frontdoor.Route{Path: "/rpc", Calls: true, Sockets: true, Serve: serveAll}, frontdoor.Route{Path: "/", Documents: true, Serve: serveAll})
	for port, h := range map[string]http.Handler{
		":443": door,
		":80":  frontdoor.Redirect(host, func() string { return "" }),
	} {
		ln, err := d.Listen("tcp", port)
		if err != nil {
			t.Fatal(err)
		}
		if port == ":443" {
			ln = tls.NewListener(ln, &tls.Config{GetCertificate: lc.GetCertificate, NextProtos: []string{"http/1.1"}})
		}
		serve(t, ln, h)
	}
}

// client speaks to the gateway as a device; every name leads there, as it would
// for a page that rebinds its own.
func client(t *testing.T, from *tsnet.Server, fqdn string, roots *x509.CertPool) *http.Client {
	t.Helper()
	tr := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return from.Dial(ctx, network, net.JoinHostPort(fqdn, port))
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: fqdn},
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func ask(t *testing.T, c *http.Client, url string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if to := res.Header.Get("Location"); to != "" {
		return res.StatusCode, to
	}
	return res.StatusCode, string(body)
}

func TestTheDoorOnARealTailnet(t *testing.T) {
	const grant = `"app": {"homie.internal/cap/homie": [{"role": "member"}]}`
	tn := tailboxtest.Start(t, tailbox.Options{
		HTTPS:  true,
		People: []tailbox.Person{{Login: "max@example.com", Name: "Max"}, {Login: "vera@example.com", Name: "Vera"}, {Login: "sam@elsewhere.example", Name: "Sam"}, {Login: "ghost@example.com"}},
		Devices: []tailbox.Device{
			{Hostname: "homie", Tags: []string{"tag:homie"}},
			{Hostname: "max-tablet", Login: "max@example.com"},
			{Hostname: "vera-laptop", Login: "vera@example.com"},
			{Hostname: "printer", Tags: []string{"tag:iot"}},
			{Hostname: "sam-phone", Login: "sam@elsewhere.example", Shared: "elsewhere.ts.net"},
			{Hostname: "ghost", Login: "ghost@example.com", Anonymous: true},
		},
		Policy: `{"grants": [{"src": ["*"], "dst": ["tag:homie"], "ip": ["tcp:443", "tcp:80"]}, {"src": ["max@example.com"], "dst": ["tag:homie"], ` + grant + `}]}`,
	})
	fqdn := tn.FQDN("homie")
	devices := tailboxtest.Up(t, tn, "max-tablet", "vera-laptop", "printer", "sam-phone", "ghost", "homie")
	d := devices[5]
	open(t, d, fqdn)
	ip, _ := d.TailscaleIPs()
	address := ip.String()
	home := "https://" + fqdn + "/"
	for i, want := range []struct {
		status int
		words  string
	}{
		{200, "Max"},
		{200, "Vera"},
		{200, "printer"},
		{403, "from another tailnet"},
		{403, "your device itself must run Tailscale"},
	} {
		c := client(t, devices[i], fqdn, tn.Roots())
		status, body := ask(t, c, home, "Sec-Homie", "1", "Tailscale-User-Login", "max@example.com", "X-Forwarded-For", "100.64.0.2")
		if status != want.status || !strings.Contains(body, want.words) {
			t.Errorf("%s: %d %s; want %d with %q", devices[i].Hostname, status, body, want.status, want.words)
		}
	}

	max := client(t, devices[0], fqdn, tn.Roots())
	for name, tc := range map[string]struct {
		url     string
		headers []string
		status  int
		body    string
	}{
		"a curl without the header": {home, nil, 403, "Sec-Homie: 1"},
		"a typed address":           {home, []string{"Sec-Fetch-Site", "none"}, 200, "Max"},
		"a rebinding page":          {"https://evil.example/", []string{"Sec-Fetch-Site", "same-origin"}, 421, "does not answer"},
		"an address":                {"https://" + address + "/", []string{"Sec-Homie", "1"}, 421, "does not answer"},
		"the short name":            {"https://homie/", []string{"Sec-Homie", "1"}, 421, "does not answer"},
		"a neighbor's fetch":        {home, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"}, 403, "Another web page"},
		"the short name on 80":      {"http://homie/x?y=1", nil, 308, home + "x?y=1"},
		"the address on 80":         {"http://" + address + "/", nil, 308, home},
		"a foreign name on 80":      {"http://evil.example/", nil, 421, "does not answer"},
		"health":                    {home + "healthz", nil, 200, "ok"},
	} {
		if status, body := ask(t, max, tc.url, tc.headers...); status != tc.status || !strings.Contains(body, tc.body) {
			t.Errorf("%s: %d %s; want %d with %q", name, status, body, tc.status, tc.body)
		}
	}

	dialer := websocket.Dialer{NetDialContext: devices[0].Dial, TLSClientConfig: &tls.Config{RootCAs: tn.Roots()}}
	for name, tc := range map[string]struct {
		header http.Header
		ok     bool
	}{
		"own page":     {http.Header{"Origin": {"https://" + fqdn}}, true},
		"program":      {http.Header{"Sec-Homie": {"1"}}, true},
		"neither":      {http.Header{}, false},
		"neighbor":     {http.Header{"Origin": {"https://nas.box.ts.net"}}, false},
		"evil program": {http.Header{"Origin": {"https://evil.example"}, "Sec-Homie": {"1"}}, false},
		"null":         {http.Header{"Origin": {"null"}}, false},
	} {
		ws, res, err := dialer.DialContext(within(t), "wss://"+fqdn+"/rpc", tc.header)
		if (err == nil) != tc.ok || (err != nil && (res == nil || res.StatusCode != http.StatusForbidden)) {
			t.Errorf("a socket from %s: %v, want ok = %v", name, err, tc.ok)
		}
		if err == nil {
			ws.Close()
		}
	}
}
