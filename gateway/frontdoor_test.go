package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
)

// whoami is the call by which a script asks who it is.
const whoami = `{"jsonrpc":"2.0","id":1,"method":"identity.whoami"}`

// answer is what came back over HTTP.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes one request.
func send(t *testing.T, c *http.Client, method, url, body string, header map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// program are the headers of a script.
func program(more ...string) map[string]string {
	h := map[string]string{"Content-Type": "application/json", "Sec-Homie": "1"}
	for i := 0; i < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// TestFrontDoor knocks from real devices.
func TestFrontDoor(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.Connect(tailbox.OliviaLaptop) // the gateway is up
	t.Run("names the caller", func(t *testing.T) { namesTheCaller(t, h.In(t)) })
	t.Run("keeps strangers out", func(t *testing.T) { keepsStrangersOut(t, h.In(t)) })
	t.Run("visitor", func(t *testing.T) { visitorAsks(t, h.In(t)) })
	t.Run("forged headers", func(t *testing.T) { ignoresForgedHeaders(t, h.In(t)) })
	t.Run("programs", func(t *testing.T) { wantsProgramsToSaySo(t, h.In(t)) })
	t.Run("hosts", func(t *testing.T) { answersToOneName(t, h.In(t)) })
	t.Run("pages", func(t *testing.T) { stopsForeignPages(t, h.In(t)) })
	t.Run("port 80", func(t *testing.T) { redirectsFromPlainHTTP(t, h.In(t)) })
	t.Run("health", func(t *testing.T) { answersHealthChecks(t, h.In(t)) })
}

func namesTheCaller(t *testing.T, h *homietest.House) {
	for _, tt := range []struct{ device, class, name, login, roles string }{
		{tailbox.OliviaLaptop, "person", "Olivia", tailbox.Olivia, "owner"},
		{tailbox.OliviaPhone, "person", "Olivia", tailbox.Olivia, "owner"},
		{tailbox.MaxTablet, "person", "Max", tailbox.Max, "member"},
		{tailbox.VeraLaptop, "person", "Vera", tailbox.Vera, ""},
		{homietest.WallTablet, "tagged", "wall-tablet", "", "kiosk"},
		{homietest.Printer, "tagged", "printer", "", ""},
	} {
		got := send(t, h.Client(tt.device), "POST", h.Address()+"/rpc", whoami, program())
		var m struct {
			Result wire.Whoami `json:"result"`
		}
		if err := json.Unmarshal([]byte(got.body), &m); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", tt.device, got.status, got.body)
		}
		who := m.Result
		login := ""
		if who.Person != nil {
			login = who.Person.Login
		}
		if who.Class != tt.class || who.Name != tt.name || login != tt.login || strings.Join(who.Roles, " ") != tt.roles ||
			who.Device == nil || who.Device.Name != tt.device {
			t.Errorf("%s is %s, want %s %q (%s) with the roles %q", tt.device, got.body, tt.class, tt.name, tt.login, tt.roles)
		}
		if (who.AskFor == "") != (tt.roles != "") {
			t.Errorf("%s with the roles %q should ask for %q", tt.device, tt.roles, who.AskFor)
		}
	}
}

func keepsStrangersOut(t *testing.T, h *homietest.House) {
	for _, device := range []string{homietest.Nobody, homietest.FredPhone} {
		got := send(t, h.Client(device), "POST", h.Address()+"/rpc", whoami, program())
		if got.status != http.StatusForbidden || !strings.Contains(got.body, `"unauthenticated"`) {
			t.Errorf("%s: %d %s, want 403 unauthenticated", device, got.status, got.body)
		}
		_, err := rpc.Dialer{URL: h.Address(), NetDial: h.Person(device).Dial, TLS: h.TLS()}.Dial(t.Context())
		wantReason(t, device+" opens a socket", err, wire.Unauthenticated)
	}
}

// A visitor learns who they are and what to ask for, and nothing else.
func visitorAsks(t *testing.T, h *homietest.House) {
	c, hello := h.Connect(tailbox.VeraLaptop)
	who := hello.Caller
	if who.Person == nil || who.Person.Login != tailbox.Vera || len(who.Capabilities)+len(who.Grants)+len(who.Roles) != 0 {
		t.Errorf("the visitor is %+v, want Vera without any right", who)
	}
	if _, err := tailbox.ParsePolicy(`{"grants": [` + who.AskFor + `]}`); err != nil || !strings.Contains(who.AskFor, tailbox.Vera) {
		t.Errorf("the grant to ask for is %q (%v), want one for Vera that a policy file takes", who.AskFor, err)
	}
	for _, m := range offered(t).Methods() {
		want := wire.Forbidden
		if m.Name == "rpc.hello" || m.Name == "identity.whoami" {
			want = ""
		}
		wantReason(t, m.Name, c.Call(t.Context(), m.Name, seed(t, m.Name), nil), want)
	}
	if err := h.SetPolicy(homietest.Policy(h.Policy(), granted(t, who.AskFor))); err != nil {
		t.Fatal(err)
	}
	homietest.Eventually(t, "the grant that was asked for is in force", func() error {
		return c.Call(t.Context(), "presence.list", nil, nil)
	})
}

// granted is a grant as it stands in a policy file.
func granted(t *testing.T, text string) tailbox.Grant {
	t.Helper()
	p, err := tailbox.ParsePolicy(`{"grants": [` + text + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return p.Grants[0]
}

func ignoresForgedHeaders(t *testing.T, h *homietest.House) {
	for _, name := range []string{
		"Tailscale-User-Login", "Tailscale-User-Name", "Tailscale-App-Capabilities", "X-Forwarded-For", "X-Forwarded-User",
		"X-Real-Ip", "Forwarded", "Remote-User", "X-Webauth-User", "Authorization", "Cookie",
	} {
		got := send(t, h.Client(homietest.GusPhone), "POST", h.Address()+"/rpc", whoami, program(name, tailbox.Olivia))
		if got.status != http.StatusOK || !strings.Contains(got.body, homietest.Gus) || strings.Contains(got.body, tailbox.Olivia) {
			t.Errorf("with %s: %d %s, want Gus", name, got.status, got.body)
		}
	}
	got := send(t, h.Client(homietest.Nobody), "POST", h.Address()+"/rpc", whoami, program("Tailscale-User-Login", tailbox.Olivia))
	if got.status != http.StatusForbidden {
		t.Errorf("a stranger with a forged header: %d %s, want 403", got.status, got.body)
	}
}

func wantsProgramsToSaySo(t *testing.T, h *homietest.House) {
	c := h.Client(tailbox.OliviaLaptop)
	for what, tt := range map[string]struct {
		header map[string]string
		status int
	}{
		"a program":               {program(), 200},
		"no Sec-Homie":            {map[string]string{"Content-Type": "application/json"}, 403},
		"another Sec-Homie":       {program("Sec-Homie", "0"), 403},
		"a form":                  {program("Content-Type", "application/x-www-form-urlencoded"), 415},
		"text that is no JSON":    {program("Content-Type", "text/plain"), 415},
		"no content type":         {program("Content-Type", ""), 415},
		"the page itself":         {map[string]string{"Content-Type": "application/json", "Origin": h.Address(), "Sec-Fetch-Site": "same-origin"}, 200},
		"an old browser's page":   {map[string]string{"Content-Type": "application/json", "Origin": h.Address()}, 200},
		"a page without origin":   {map[string]string{"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}, 403},
		"another page, Sec-Homie": {program("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403},
	} {
		if got := send(t, c, "POST", h.Address()+"/rpc", whoami, tt.header); got.status != tt.status {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.body, tt.status)
		}
	}
	if got := send(t, c, "GET", h.Address()+"/", "", nil); got.status != http.StatusForbidden {
		t.Errorf("GET / without saying what asks: %d, want 403", got.status)
	}
}

func answersToOneName(t *testing.T, h *homietest.House) {
	c := h.Client(tailbox.OliviaLaptop)
	for _, host := range []string{
		"homie", "evil.example", "homie.box.ts.net.", "homie.box.ts.net:443", "HOMIE.box.ts.net", "100.64.0.1",
		"homie.box.ts.net.evil.example", "localhost",
	} {
		got := send(t, c, "POST", h.Address()+"/rpc", whoami, program("Host", host))
		if got.status != http.StatusMisdirectedRequest {
			t.Errorf("Host %s: %d %s, want 421", host, got.status, got.body)
		}
	}
}

func stopsForeignPages(t *testing.T, h *homietest.House) {
	c := h.Client(tailbox.OliviaLaptop)
	upgrade := func(more ...string) map[string]string {
		h := map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": wire.Subprotocol,
		}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return h
	}
	for what, header := range map[string]map[string]string{
		"another site's page":         upgrade("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"),
		"another device's page":       upgrade("Origin", "https://nas.box.ts.net", "Sec-Fetch-Site", "same-site"),
		"our page over plain HTTP":    upgrade("Origin", "http://homie.box.ts.net", "Sec-Fetch-Site", "cross-site"),
		"a page without an origin":    upgrade("Origin", "null", "Sec-Fetch-Site", "cross-site"),
		"an old browser, other page":  upgrade("Origin", "https://evil.example"),
		"other page that claims ours": upgrade("Origin", h.Address(), "Sec-Fetch-Site", "cross-site"),
		"a program that does not say": upgrade(),
	} {
		if got := send(t, c, "GET", h.Address()+"/rpc", "", header); got.status != http.StatusForbidden {
			t.Errorf("upgrade by %s: %d %s, want 403", what, got.status, got.body)
		}
	}
	for what, tt := range map[string]struct {
		path, site, mode, dest string
		refused                bool
	}{
		"the address bar":           {"/", "none", "navigate", "document", false},
		"a link elsewhere":          {"/", "cross-site", "navigate", "document", false},
		"a frame elsewhere":         {"/", "cross-site", "navigate", "iframe", true},
		"an image elsewhere":        {"/icon.svg", "cross-site", "no-cors", "image", true},
		"a fetch from our neighbor": {"/", "same-site", "cors", "empty", true},
		"a link to the protocol":    {"/rpc", "cross-site", "navigate", "document", true},
	} {
		got := send(t, c, "GET", h.Address()+tt.path, "", map[string]string{
			"Sec-Fetch-Site": tt.site, "Sec-Fetch-Mode": tt.mode, "Sec-Fetch-Dest": tt.dest,
		})
		if refused := got.status == http.StatusForbidden; refused != tt.refused {
			t.Errorf("%s: %d, want a refusal %v", what, got.status, tt.refused)
		}
		if !strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: no frame-ancestors in %q", what, got.header.Get("Content-Security-Policy"))
		}
		if cors := got.header.Get("Access-Control-Allow-Origin"); cors != "" {
			t.Errorf("%s: CORS is %q, want none", what, cors)
		}
	}
}

func redirectsFromPlainHTTP(t *testing.T, h *homietest.House) {
	c := h.Client(homietest.GusPhone)
	ip4, ip6 := h.Person(tailbox.Gateway).TailscaleIPs()
	for _, host := range []string{"homie", h.FQDN("homie"), ip4.String(), "[" + ip6.String() + "]"} {
		got := send(t, c, "GET", "http://"+host+"/machines?x=1", "", nil)
		if want := h.Address() + "/machines?x=1"; got.status != http.StatusPermanentRedirect || got.header.Get("Location") != want {
			t.Errorf("http://%s: %d to %q, want 308 to %s", host, got.status, got.header.Get("Location"), want)
		}
	}
	if got := send(t, c, "GET", "http://homie/", "", map[string]string{"Host": "evil.example"}); got.status != http.StatusMisdirectedRequest {
		t.Errorf("a rebinding name on port 80: %d, want 421", got.status)
	}
	if got := send(t, c, "POST", "http://homie/rpc", whoami, program()); got.status == http.StatusOK {
		t.Errorf("a call over plain HTTP was served: %s", got.body)
	}
}

func answersHealthChecks(t *testing.T, h *homietest.House) {
	for _, url := range []string{h.Address() + "/healthz", "http://homie/healthz"} {
		if got := send(t, h.Client(homietest.Nobody), "GET", url, "", nil); got.status != http.StatusOK || got.body != "ok\n" {
			t.Errorf("%s: %d %q, want ok", url, got.status, got.body)
		}
	}
}
