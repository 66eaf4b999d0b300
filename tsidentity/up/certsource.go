package up

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// tailnetSource gets certificates with the tailnet's help.
type tailnetSource struct{ d *Device }

// domain returns the device's name, or which switch is off.
func (s tailnetSource) domain(ctx context.Context) (string, error) {
	st, err := s.d.refresh(ctx)
	if err != nil {
		return "", err
	}
	if !st.Running {
		return "", off("The device is not on the tailnet, and so gets no HTTPS certificate.")
	}
	if !st.MagicDNS {
		return "", off("MagicDNS is off in this tailnet, and HTTPS needs it. Turn on MagicDNS on the DNS page of the admin console (https://login.tailscale.com/admin/dns).")
	}
	if slices.Contains(st.CertDomains, st.FQDN) {
		return st.FQDN, nil
	}
	if len(st.CertDomains) == 0 && s.d.conf.ControlURL != "" {
		return "", off("The control server %s gives no HTTPS certificates (Headscale never does). Set HOMIE_TLS_CERT and HOMIE_TLS_KEY to a certificate of your own, or HOMIE_HTTP=1 to do without.", s.d.conf.ControlURL)
	}
	return "", off("HTTPS is off in this tailnet. Turn on HTTPS Certificates on the DNS page of the admin console (https://login.tailscale.com/admin/dns); Homie notices by itself. Or start it with HOMIE_HTTP=1 to do without.")
}

func off(format string, args ...any) error { return &offError{fmt.Sprintf(format, args...)} }

// fetch returns the certificate that the device has or gets.
func (s tailnetSource) fetch(ctx context.Context, domain string) (*tls.Certificate, error) {
	cert, key, err := s.d.local.CertPair(ctx, domain)
	if err != nil {
		return nil, err
	}
	return parsePair(cert, key)
}

// fileSource reads a certificate from files, again each time.
type fileSource struct{ cert, key, name string }

// OwnCertificate returns a certificate that is kept in files by whoever put it
// there, and the canonical host: fqdn, the device's own name, if the certificate
// covers it, else the first name it is for. The files are read at once, so that
// unusable ones are found at the start, and again every hour while it runs.
func OwnCertificate(certFile, keyFile, fqdn string, log *slog.Logger) (*Certificate, string, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := fileSource{cert: certFile, key: keyFile, name: fqdn}
	pair, err := s.fetch(context.Background(), "")
	if err != nil {
		return nil, "", err
	}
	if pair.Leaf.VerifyHostname(fqdn) != nil {
		i := slices.IndexFunc(pair.Leaf.DNSNames, func(name string) bool { return !strings.HasPrefix(name, "*") })
		if i < 0 {
			return nil, "", fmt.Errorf("the certificate in %s is for no host: neither for %s nor for any other full name", certFile, fqdn)
		}
		s.name = strings.ToLower(pair.Leaf.DNSNames[i])
	}
	c := newCertificate(s, log)
	c.ready(s.name, pair)
	return c, s.name, nil
}

// domain returns the name that was settled at the start.
func (s fileSource) domain(context.Context) (string, error) { return s.name, nil }

func (s fileSource) fetch(context.Context, string) (*tls.Certificate, error) {
	cert, err := os.ReadFile(s.cert)
	if err != nil {
		return nil, fmt.Errorf("reading HOMIE_TLS_CERT: %w", err)
	}
	key, err := os.ReadFile(s.key)
	if err != nil {
		return nil, fmt.Errorf("reading HOMIE_TLS_KEY: %w", err)
	}
	pair, err := parsePair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the files of HOMIE_TLS_CERT and HOMIE_TLS_KEY: %w", err)
	}
	return pair, nil
}
