package tailbox_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
)

func TestHTTPS(t *testing.T) {
	o := people()
	o.HTTPS = true
	o.Policy = `{"grants": [{"src": ["autogroup:member"], "dst": ["tag:homie"], "ip": ["tcp:443"]}]}`
	tn := tailboxtest.Start(t, o)
	if _, err := tailbox.New(o); err == nil || !strings.Contains(err.Error(), "one tailnet with HTTPS at a time") {
		t.Errorf("a second tailnet with HTTPS = %v, want a refusal", err)
	}
	s := tailboxtest.Up(t, tn, "homie", "laptop")
	homie, laptop := s[0], s[1]
	ln, err := homie.ListenTLS("tcp", ":443")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") })}
	go web.Serve(ln)
	t.Cleanup(func() { web.Close() })

	client := &http.Client{Transport: &http.Transport{
		DialContext:     laptop.Dial,
		TLSClientConfig: &tls.Config{RootCAs: tn.Roots()},
	}}
	t.Cleanup(client.CloseIdleConnections)
	res, err := client.Get("https://" + tn.FQDN("homie") + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "home" {
		t.Errorf("body = %q, %v, want home", body, err)
	}

	tn.SetHTTPS(false)
	eventually(t, "the hub has no certificate domain", func() bool { return len(homie.CertDomains()) == 0 })
}

func TestHTTPSOff(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	homie := tailboxtest.Up(t, tn, "homie")[0]
	if _, err := homie.ListenTLS("tcp", ":443"); err == nil || !strings.Contains(err.Error(), "must enable HTTPS") {
		t.Errorf("ListenTLS = %v, want the advice to enable HTTPS", err)
	}
}

// TestEnd looks for goroutines of ours after Run has returned.
func TestEnd(t *testing.T) {
	t.Run("a tailnet and its devices", func(t *testing.T) {
		tn := tailboxtest.Start(t, people())
		tailboxtest.Up(t, tn, "homie", "laptop", "tablet")
	})
	t.Run("a tailnet that never ran", func(t *testing.T) {
		o := people()
		o.Policy = "{"
		if _, err := tailbox.New(o); err == nil {
			t.Error("New accepted a broken policy")
		}
	})
	ours := func() (left []string) {
		buf := make([]byte, 4<<20)
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			for _, mark := range []string{"tailbox.(*", "derpserver.", "controlhttpserver", "tsnet.", "http2.(*serverConn)"} {
				if strings.Contains(g, mark) {
					left = append(left, g)
					break
				}
			}
		}
		return left
	}
	eventually(t, "nothing of ours runs after the end", func() bool { return len(ours()) == 0 })
}

// TestControlRefusesStrangers sends control what no device sends.
func TestControlRefusesStrangers(t *testing.T) {
	tn := tailboxtest.Start(t, people())
	for _, path := range []string{"/", "/machine/map", "/machine/register", "/ts2021", "/c2n/x", "/key/../x"} {
		for _, method := range []string{"GET", "POST"} {
			req, err := http.NewRequestWithContext(within(t), method, tn.URL()+path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode < 400 {
				t.Errorf("%s %s = %s, want a refusal", method, path, res.Status)
			}
		}
	}
}
