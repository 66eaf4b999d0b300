package up

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tailscale.com/client/local"
)

const (
	// lookAgain is how often it is looked whether the device's name changed,
	// or whether a tailnet without certificates has them now, so that turning
	// them on needs no restart.
	lookAgain = 5 * time.Second
	// certCheck is how often a certificate in hand is asked for again, which
	// makes the tailnet device renew it in time.
	certCheck = time.Hour
	// issueTime bounds one attempt. A certificate authority that limits its
	// rate makes the attempt hang instead of failing it.
	issueTime = 2 * time.Minute
	// slowIssue is when an attempt is called slow, and people are told why.
	slowIssue = 20 * time.Second
	// handshakeWait is how long a handshake waits for the first certificate.
	handshakeWait      = 3 * time.Second
	minRetry, maxRetry = 5 * time.Second, 15 * time.Minute
)

// CertState is where an HTTPS certificate stands.
type CertState string

// The states of a certificate.
const (
	CertWaiting CertState = "waiting" // being asked for
	CertReady   CertState = "ready"   // in hand
	CertOff     CertState = "off"     // this tailnet gives none
	CertFailed  CertState = "failed"  // asked for in vain; it is tried again
)

// CertStatus is what is known of an HTTPS certificate, for people.
type CertStatus struct {
	State    CertState
	Domain   string
	NotAfter time.Time // of the one in hand
	// Message says in words what is the matter and what to do, "" if all is
	// well. One in hand may have a message too, if it can't be renewed.
	Message string
	Retry   time.Time // when it is tried again, zero if not at a set time
}

// Certificate is the HTTPS certificate of a device. Handshakes are served from
// one in hand and never wait for a certificate authority.
type Certificate struct {
	source source
	log    *slog.Logger

	first chan struct{} // closed when the first one is in hand

	mu      sync.Mutex
	pair    *tls.Certificate
	fetched time.Time
	had     bool // first is closed
	status  CertStatus
}

// source is where a certificate comes from.
type source interface {
	// domain returns the name to get a certificate for. It fails with an
	// *offError if there is none to be had.
	domain(ctx context.Context) (string, error)
	fetch(ctx context.Context, domain string) (*tls.Certificate, error)
}

// offError is a tailnet that gives no certificates. Its text is for people and
// says what to switch on.
type offError struct{ why string }

// Error returns the reason.
func (e *offError) Error() string { return e.why }

// NewCertificate returns the certificate for the device's MagicDNS name, which
// the tailnet helps to get. Nothing happens before Run.
func NewCertificate(d *Device) *Certificate {
	return newCertificate(tailnetSource{d}, d.log)
}

func newCertificate(s source, log *slog.Logger) *Certificate {
	return &Certificate{
		source: s,
		log:    log,
		status: CertStatus{State: CertWaiting},
		first:  make(chan struct{}),
	}
}

// Run gets the certificate and keeps it fresh until ctx ends.
func (c *Certificate) Run(ctx context.Context) error {
	retry := minRetry
	for ctx.Err() == nil {
		wait := lookAgain
		err := c.update(ctx)
		if off, ok := errors.AsType[*offError](err); ok {
			c.off(off)
		} else if err != nil && ctx.Err() == nil {
			wait, retry = retry, min(2*retry, maxRetry)
			if after, limited := local.RateLimitRetryAfter(err); limited {
				wait = max(wait, after)
			}
			c.failed(err, time.Now().Add(wait))
		} else {
			retry = minRetry
		}
		pause(ctx, wait)
	}
	return nil
}

// update asks for the certificate if there is none for the device's name, or if
// the one there was not looked after for a while.
func (c *Certificate) update(ctx context.Context) error {
	domain, err := c.source.domain(ctx)
	if err != nil {
		return err
	}
	if c.current(domain) {
		return nil
	}
	slow := time.AfterFunc(slowIssue, func() { c.slow(domain) })
	defer slow.Stop()
	ctx, cancel := context.WithTimeout(ctx, issueTime)
	defer cancel()
	pair, err := c.source.fetch(ctx, domain)
	if err != nil {
		return fmt.Errorf("getting a certificate for %s: %w", domain, err)
	}
	c.ready(domain, pair)
	return nil
}

// current reports whether the certificate in hand is for the domain and was
// asked for lately.
func (c *Certificate) current(domain string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usableLocked() && c.status.Domain == domain && time.Since(c.fetched) < certCheck
}

// usableLocked reports whether a certificate is in hand and has not run out.
func (c *Certificate) usableLocked() bool {
	return c.pair != nil && time.Now().Before(c.pair.Leaf.NotAfter)
}

// trouble records what keeps a certificate from coming. One that is in hand
// goes on being served.
func (c *Certificate) trouble(s CertStatus) (changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usableLocked() {
		s.State, s.Domain, s.NotAfter = CertReady, c.status.Domain, c.status.NotAfter
	}
	changed = c.status.State != s.State || c.status.Message != s.Message
	c.status = s
	return changed
}

func (c *Certificate) off(err *offError) {
	if c.trouble(CertStatus{State: CertOff, Message: err.why}) {
		c.log.Warn("there is no HTTPS certificate to be had", "why", err.why)
	}
}

func (c *Certificate) slow(domain string) {
	c.trouble(CertStatus{State: CertWaiting, Domain: domain, Message: "The certificate authority takes long to answer. It may be limiting how many certificates this name gets in a week, as happens when state directories are deleted and made again; then waiting is all there is to do."})
}

func (c *Certificate) failed(err error, retry time.Time) {
	s := CertStatus{State: CertFailed, Retry: retry}
	s.Message = fmt.Sprintf("No HTTPS certificate was got: %v. It is tried again at %s.", err, retry.Format(time.TimeOnly))
	if _, limited := local.RateLimitRetryAfter(err); limited {
		s.Message = fmt.Sprintf("The certificate authority limits how many certificates this name gets. It is tried again at %s; keep the state directory, so that the next one lasts.", retry.Format(time.DateTime))
	}
	c.trouble(s)
	c.log.Warn("no certificate was got", "err", err, "retry_at", retry)
}

func (c *Certificate) ready(domain string, pair *tls.Certificate) {
	c.mu.Lock()
	changed := c.pair == nil || !c.pair.Leaf.Equal(pair.Leaf)
	if !c.had {
		c.had = true
		close(c.first)
	}
	c.pair, c.fetched = pair, time.Now()
	c.status = CertStatus{State: CertReady, Domain: domain, NotAfter: pair.Leaf.NotAfter}
	c.mu.Unlock()
	if changed {
		c.log.Info("certificate in hand", "domain", domain, "until", pair.Leaf.NotAfter)
	}
}

// Status returns where the certificate stands.
func (c *Certificate) Status() CertStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// TLSConfig serves handshakes from the certificate in hand. It offers HTTP/1.1
// alone: WebSockets need it, and the app fetches little else.
func (c *Certificate) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: c.get,
	}
}

// get answers one handshake. A client that comes before the first certificate
// waits a moment for it, and no longer.
func (c *Certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if hello.ServerName == "" {
		return nil, errors.New("the client asked for no server name")
	}
	c.awaitFirst(hello)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.usableLocked():
		return nil, fmt.Errorf("no certificate is in hand: %s", c.status.Message)
	case c.pair.Leaf.VerifyHostname(hello.ServerName) != nil:
		return nil, errors.New("the client asked for another server name")
	}
	return c.pair, nil
}

func (c *Certificate) awaitFirst(hello *tls.ClientHelloInfo) {
	select {
	case <-c.first:
		return
	default:
	}
	t := time.NewTimer(handshakeWait)
	defer t.Stop()
	select {
	case <-c.first:
	case <-t.C:
	case <-hello.Context().Done():
	}
}

// parsePair is tls.X509KeyPair with the leaf at hand whatever GODEBUG says.
func parsePair(certPEM, keyPEM []byte) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	return &pair, err
}
