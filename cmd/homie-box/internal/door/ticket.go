package door

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// ticketParam is the query parameter of a one-time link.
const ticketParam = "box"

// maxVisits bounds how many browsers hold a cookie of one door.
const maxVisits = 32

// tickets admits who has opened a one-time link, for systems that can't say
// which account is at the other end of a connection. Opening the link exchanges
// it for a cookie; the door then makes the next one.
type tickets struct {
	cookie string // its name: cookies do not keep to a port

	mu     sync.Mutex
	next   string              // the link's secret
	visits [][sha256.Size]byte // digests of cookies, oldest first
}

func newTickets(cookie string) *tickets { return &tickets{cookie: cookie, next: rand.Text()} }

// link returns the secret of the link that is valid now.
func (t *tickets) link() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// admit reports whether r may pass, or else used the link; if it may not pass,
// it has been answered.
func (t *tickets) admit(w http.ResponseWriter, r *http.Request) (admitted, used bool) {
	if c, err := r.Cookie(t.cookie); err == nil && t.known(c.Value) {
		return true, false
	}
	secret := r.URL.Query().Get(ticketParam)
	if r.Method != http.MethodGet || secret == "" {
		errNoTicket.write(w)
		return false, false
	}
	value, ok := t.exchange(secret)
	if !ok {
		errNoTicket.write(w)
		return false, false
	}
	http.SetCookie(w, &http.Cookie{Name: t.cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, (&url.URL{Path: r.URL.Path}).String(), http.StatusSeeOther)
	return false, true
}

var errNoTicket = &refusal{
	http.StatusForbidden, "no ticket",
	"This door opens by the one-time link that the box printed. It has been used, or the box was started again: take the link that it printed last.",
}

// exchange uses the link up and returns a cookie's value.
func (t *tickets) exchange(secret string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sha256.Sum256([]byte(secret)) != sha256.Sum256([]byte(t.next)) {
		return "", false
	}
	t.next = rand.Text()
	value := rand.Text()
	if len(t.visits) >= maxVisits {
		t.visits = t.visits[1:] // the oldest browser asks for a link again
	}
	t.visits = append(t.visits, sha256.Sum256([]byte(value)))
	return value, true
}

func (t *tickets) known(value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Contains(t.visits, sha256.Sum256([]byte(value)))
}

// strip keeps the door's cookie from the gateway.
func (t *tickets) strip(h http.Header) {
	kept := []string{}
	for _, line := range h.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			if pair = strings.TrimSpace(pair); pair != "" && !strings.HasPrefix(pair, t.cookie+"=") {
				kept = append(kept, pair)
			}
		}
	}
	h.Del("Cookie")
	if len(kept) > 0 {
		h.Set("Cookie", strings.Join(kept, "; "))
	}
}
