package door

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// gatewayHost is a name that httptest's certificate has.
const gatewayHost = "example.com"

// anybody admits every peer.
func anybody(netip.AddrPort, netip.AddrPort) bool { return true }

// open serves a door in front of gateway and returns the port. A nil gateway is
// one that is down.
func open(t *testing.T, gateway http.Handler, adjust func(*Config)) (*Door, string) {
	t.Helper()
	conf := Config{Name: "owner", Gateway: gatewayHost, Peers: anybody}
	conf.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
	if gateway != nil {
		backend := httptest.NewTLSServer(gateway)
		t.Cleanup(backend.Close)
		conf.Roots = backend.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		conf.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, backend.Listener.Addr().String())
		}
	}
	if adjust != nil {
		adjust(&conf)
	}
	ln := listen(t)
	d := New(conf, ln)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving the door: %v", err)
		}
	})
	return d, port(ln)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func port(ln net.Listener) string {
	_, p, _ := net.SplitHostPort(ln.Addr().String())
	return p
}

// ask sends one request to the door under a Host.
func ask(t *testing.T, port, method, host string, header map[string]string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:"+port+"/some/path?q=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

func TestCheck(t *testing.T) {
	_, port := open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	const ok, foreign, misdirected = http.StatusOK, http.StatusForbidden, http.StatusMisdirectedRequest
	named, numbered := "owner.localhost:"+port, "127.0.0.1:"+port
	navigation := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
	tests := []struct {
		name, method, host string
		header             map[string]string
		want               int
	}{
		{"program by name", "POST", named, nil, ok},
		{"program by number", "POST", numbered, nil, ok},
		{"plain localhost", "GET", "localhost:" + port, nil, misdirected},
		{"another door's name", "GET", "member.localhost:" + port, nil, misdirected},
		{"no port", "GET", "owner.localhost", nil, misdirected},
		{"another port", "GET", "owner.localhost:1", nil, misdirected},
		{"rebinding name", "GET", "evil.example:" + port, nil, misdirected},
		{"capitals", "GET", "OWNER.localhost:" + port, nil, misdirected},
		{"trailing dot", "GET", "owner.localhost.:" + port, nil, misdirected},
		{"IPv6", "GET", "[::1]:" + port, nil, misdirected},
		{"own page", "POST", named, map[string]string{"Origin": "http://" + named, "Sec-Fetch-Site": "same-origin"}, ok},
		{"own page by number", "POST", numbered, map[string]string{"Origin": "http://" + numbered, "Sec-Fetch-Site": "same-origin"}, ok},
		{"typed address", "GET", named, map[string]string{"Sec-Fetch-Site": "none"}, ok},
		{"origin of the other name", "POST", named, map[string]string{"Origin": "http://" + numbered}, foreign},
		{"origin with https", "POST", named, map[string]string{"Origin": "https://" + named}, foreign},
		{"origin of the gateway", "POST", named, map[string]string{"Origin": "https://" + gatewayHost}, foreign},
		{"null origin", "POST", named, map[string]string{"Origin": "null"}, foreign},
		{"foreign origin", "GET", named, map[string]string{"Origin": "http://evil.example"}, foreign},
		{"same-site page", "GET", named, map[string]string{"Sec-Fetch-Site": "same-site"}, foreign},
		{"cross-site subresource", "GET", named, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, foreign},
		{"cross-site frame", "GET", named, map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, foreign},
		{"link from elsewhere", "GET", named, navigation, ok},
		{"form from elsewhere", "POST", named, navigation, foreign},
		{"unknown site", "GET", named, map[string]string{"Sec-Fetch-Site": "nonsense"}, foreign},
		{"cross-site upgrade", "GET", named, map[string]string{
			"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
			"Connection": "Upgrade", "Upgrade": "websocket",
		}, foreign},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _, body := ask(t, port, tt.method, tt.host, tt.header); got != tt.want {
				t.Errorf("%s %s %v = %d %s, want %d", tt.method, tt.host, tt.header, got, body, tt.want)
			}
		})
	}
}

// TestRewrite looks at a request from the gateway's side.
func TestRewrite(t *testing.T) {
	seen := make(chan *http.Request, 1)
	_, port := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.Header().Set("Location", "https://"+gatewayHost+"/there?x")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}), nil)

	host := "owner.localhost:" + port
	_, header, _ := ask(t, port, "POST", host, map[string]string{
		"Origin": "http://" + host, "Sec-Fetch-Site": "same-origin", "Sec-Homie": "1", "Tailscale-User-Login": "max@example.com",
	})
	if got, want := header.Get("Location"), "/there?x"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	r := <-seen
	got := []string{
		r.Host, r.URL.String(), r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Homie"),
		r.Header.Get("Tailscale-User-Login"), r.Header.Get("X-Forwarded-For"),
	}
	want := []string{gatewayHost, "/some/path?q=1", "https://" + gatewayHost, "same-origin", "1", "max@example.com", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the gateway sees (-want +got):\n%s", diff)
	}

	ask(t, port, "POST", host, nil)
	if r := <-seen; r.Header["Origin"] != nil {
		t.Errorf("the door made an Origin up: %q", r.Header["Origin"])
	}
}

func TestUpgrade(t *testing.T) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"homie.v1"}}
	_, port := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil) // which compares Origin and Host
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, message, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, message) != nil {
				return
			}
		}
	}), nil)
	dialer := websocket.Dialer{Subprotocols: []string{"homie.v1"}}
	c, res, err := dialer.DialContext(t.Context(), "ws://127.0.0.1:"+port+"/rpc", http.Header{"Origin": {"http://127.0.0.1:" + port}})
	if err != nil {
		t.Fatal(err, res)
	}
	defer c.Close()
	for _, text := range []string{"one", "two", strings.Repeat("x", 1<<20)} {
		if err := c.WriteMessage(websocket.BinaryMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.ReadMessage(); err != nil || string(got) != text {
			t.Fatalf("echo of %d bytes = %d bytes, %v", len(text), len(got), err)
		}
	}
}

func TestGatewayDown(t *testing.T) {
	_, port := open(t, nil, nil)
	status, header, body := ask(t, port, "GET", "127.0.0.1:"+port, map[string]string{"Accept": "text/html"})
	if status != http.StatusBadGateway || !strings.Contains(header.Get("Content-Type"), "text/html") || !strings.Contains(body, "tries again by itself") {
		t.Errorf("page = %d %s, want a kind 502", status, body)
	}
	status, _, body = ask(t, port, "POST", "127.0.0.1:"+port, nil)
	var message struct {
		Error struct {
			Data struct {
				Reason    string
				Retryable bool
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusBadGateway || message.Error.Data.Reason != "unavailable" || !message.Error.Data.Retryable {
		t.Errorf("answer = %d %s, want a 502 that may be tried again", status, body)
	}
}

func TestRaw(t *testing.T) {
	backend := listen(t)
	defer backend.Close()
	go func() {
		for {
			c, err := backend.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	run := func(peers Peers) string {
		ln := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- Raw(ctx, ln, Config{Gateway: gatewayHost, Peers: peers, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != gatewayHost+":443" {
					t.Errorf("dialed %s", address)
				}
				return new(net.Dialer).DialContext(ctx, network, backend.Addr().String())
			}})
		}()
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, "GET / HTTP/1.1")
		_ = c.(*net.TCPConn).CloseWrite()
		got, _ := io.ReadAll(c)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Raw = %v", err)
		}
		return string(got)
	}
	if got := run(anybody); got != "GET / HTTP/1.1" {
		t.Errorf("what came back = %q, want every byte as it was", got)
	}
	if got := run(func(netip.AddrPort, netip.AddrPort) bool { return false }); got != "" {
		t.Errorf("a foreign peer got %q, want nothing", got)
	}
}
