package tailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"tailscale.com/types/key"
)

const (
	loginPath = "/login/"
	maxLogins = 1000 // pending at once
)

// login is a device's wait for a person to let it in.
type login struct {
	node key.NodePublic
	done chan struct{} // closed by CompleteLogin
}

// newLoginLocked returns an address that lets the device with this key in, once
// CompleteLogin is called with it.
func (t *Tailnet) newLoginLocked(node key.NodePublic) (string, error) {
	if len(t.logins) >= maxLogins {
		return "", errors.New("too many logins are pending")
	}
	path := loginPath + rand.Text()
	t.logins[path] = &login{node: node, done: make(chan struct{})}
	return t.URL() + path, nil
}

// CompleteLogin does what a person does at a login address: it lets the device
// that was given this address in.
func (t *Tailnet) CompleteLogin(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("completing a login: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.logins[u.Path]
	if l == nil {
		return fmt.Errorf("completing a login: no device waits at %s", address)
	}
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

// awaitLogin blocks until the login at address is complete and reports whether
// it was one of the device with this key. The address is then used up.
func (t *Tailnet) awaitLogin(ctx context.Context, address string, node key.NodePublic) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	t.mu.Lock()
	l := t.logins[u.Path]
	t.mu.Unlock()
	if l == nil || l.node != node {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-l.done:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.logins, u.Path)
	return true
}

// serveLogin is what a browser sees at a login address.
func (t *Tailnet) serveLogin(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "This is the login address of a device on a tailnet in a box.\n"+
		"The program that runs the box lets the device in.")
}
