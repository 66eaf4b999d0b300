package door

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

func TestTickets(t *testing.T) {
	cookies, links := make(chan string, 1), make(chan string, 1)
	d, port := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cookies <- r.Header.Get("Cookie")
	}), func(c *Config) { c.Peers, c.NewLink = nil, func(link string) { links <- link } })

	visit := func(c *http.Client, address string) (status int, at string) {
		t.Helper()
		res, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode, res.Request.URL.String()
	}
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar}
	}
	home := "http://127.0.0.1:" + port + "/"
	link := strings.Replace(d.Link(), "owner.localhost", "127.0.0.1", 1)

	mine, other := browser(), browser()
	if status, _ := visit(other, home); status != http.StatusForbidden {
		t.Errorf("without a ticket = %d, want a refusal", status)
	}
	if status, at := visit(mine, link); status != http.StatusOK || at != home {
		t.Errorf("with the link = %d at %s, want the app at %s", status, at, home)
	}
	if got := <-cookies; got != "" {
		t.Errorf("the gateway got the door's cookie %q", got)
	}
	if status, _ := visit(other, link); status != http.StatusForbidden {
		t.Errorf("the link a second time = %d, want a refusal", status)
	}
	u, err := url.Parse(home)
	if err != nil {
		t.Fatal(err)
	}
	mine.Jar.SetCookies(u, []*http.Cookie{{Name: "theme", Value: "dark"}})
	if status, _ := visit(mine, home); status != http.StatusOK {
		t.Errorf("with the cookie = %d, want to be let in", status)
	}
	if got := <-cookies; got != "theme=dark" {
		t.Errorf("the gateway got the cookies %q, want the app's own", got)
	}
	next := strings.Replace(<-links, "owner.localhost", "127.0.0.1", 1)
	if next == link {
		t.Error("the next link is the used one")
	}
	if status, _ := visit(other, next); status != http.StatusOK {
		t.Errorf("the next link in another browser = %d, want to be let in", status)
	}
	<-cookies
}
