package acme_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	xacme "tailscale.com/tempfork/acme"

	"homie/internal/tailbox/acme"
)

// start serves an authority below /acme and returns a registered client, the
// one that Tailscale uses.
func start(t *testing.T) (*acme.Server, *acme.Authority, *xacme.Client) {
	t.Helper()
	authority, err := acme.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	s := acme.New(authority, web.URL+"/acme")
	mux.Handle("/acme/", http.StripPrefix("/acme", s))
	return s, authority, client(t, s)
}

func client(t *testing.T, s *acme.Server) *xacme.Client {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &xacme.Client{Key: key, DirectoryURL: s.DirectoryURL()}
	if _, err := c.Register(t.Context(), new(xacme.Account), xacme.AcceptTOS); err != nil {
		t.Fatal(err)
	}
	return c
}

// order asks for name and returns the order with its one challenge.
func order(t *testing.T, c *xacme.Client, name string) (*xacme.Order, *xacme.Challenge) {
	t.Helper()
	o, err := c.AuthorizeOrder(t.Context(), []xacme.AuthzID{{Type: "dns", Value: name}})
	if err != nil {
		t.Fatal(err)
	}
	az, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0])
	if err != nil {
		t.Fatal(err)
	}
	return o, az.Challenges[0]
}

func request(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestIssue(t *testing.T) {
	s, authority, c := start(t)
	const name = "homie.box.ts.net"
	o, challenge := order(t, c, name)
	value, err := c.DNS01ChallengeRecord(challenge.Token)
	if err != nil {
		t.Fatal(err)
	}
	s.SetTXT("_acme-challenge."+name, value)
	if _, err := c.Accept(t.Context(), challenge); err != nil {
		t.Fatal(err)
	}
	if o, err = c.WaitOrder(t.Context(), o.URI); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, "nas.box.ts.net"), true); err == nil {
		t.Error("a CSR for another name was signed, want a refusal")
	}
	ders, _, err := c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, name), true)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(ders[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: authority.Roots()}); err != nil {
		t.Errorf("verifying the issued certificate: %v", err)
	}
}

// TestRefuse holds the cases in which nothing may be issued.
func TestRefuse(t *testing.T) {
	s, _, c := start(t)
	const name = "homie.box.ts.net"
	o, challenge := order(t, c, name)

	accept := func(c *xacme.Client) string {
		_, err := c.Accept(context.Background(), challenge)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	if got := accept(c); !strings.Contains(got, "TXT record") {
		t.Errorf("accepting without a TXT record = %q, want a dns problem", got)
	}
	s.SetTXT("_acme-challenge."+name, "somebody else's")
	if got := accept(c); !strings.Contains(got, "TXT record") {
		t.Errorf("accepting with a wrong TXT record = %q, want a dns problem", got)
	}
	if _, _, err := c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, name), true); err == nil {
		t.Error("an unproven order was finalized, want a refusal")
	}
	other := client(t, s)
	if got := accept(other); !strings.Contains(got, "no such order") {
		t.Errorf("another account's challenge = %q, want no such order", got)
	}
	if _, err := other.AuthorizeOrder(t.Context(), []xacme.AuthzID{{Type: "dns", Value: "*.box.ts.net"}}); err == nil {
		t.Error("a wildcard order was taken, want a refusal")
	}
	// A stranger's key under a known account's id.
	forged := client(t, s)
	forged.Key = other.Key
	if _, err := forged.AuthorizeOrder(t.Context(), []xacme.AuthzID{{Type: "dns", Value: name}}); err == nil {
		t.Error("a request signed with another key was taken, want a refusal")
	}
}

func TestAuthorityRoundTrip(t *testing.T) {
	a, err := acme.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	b, err := acme.ParseAuthority(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.RootPEM()) != string(b.RootPEM()) {
		t.Error("the root changed on its way through a file")
	}
	for _, bad := range []string{"", "no pem", string(a.RootPEM())} {
		if _, err := acme.ParseAuthority([]byte(bad)); err == nil {
			t.Errorf("ParseAuthority(%q) worked, want an error", bad)
		}
	}
}
