package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"homie/gateway/frontdoor"
	"homie/tsidentity/up"
)

// credentials are how the gateway proves itself to those who call: by which
// name, with which certificate, and what is the matter if there is none.
type credentials struct {
	host    func() string
	tls     *tls.Config
	trouble func() string // "" when all is well
	run     func(context.Context) error
}

// serveTailnet serves people and nodes on the gateway's tailnet device: HTTPS
// on 443 and a redirect on 80, or everything on 80 without certificates.
func (g *Gateway) serveTailnet(ctx context.Context) error {
	if g.conf.PlainHTTP {
		g.conf.Log.Warn("serving plain HTTP: browsers withhold the clipboard, notifications and installing, and whoever controls this host's network stack can read along")
		return g.listen(ctx, ":80", nil, g.door(g.host, true), "http://"+g.host())
	}
	cred, err := g.credentials()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return cred.run(ctx) })
	group.Go(func() error {
		return g.listen(ctx, ":443", cred.tls, g.door(cred.host, false), "https://"+cred.host())
	})
	group.Go(func() error {
		return g.listen(ctx, ":80", nil, frontdoor.Redirect(cred.host, cred.trouble), "")
	})
	return group.Wait()
}

// listen serves one port of the tailnet device, and says so if there is an
// address that people open.
func (g *Gateway) listen(ctx context.Context, port string, conf *tls.Config, h http.Handler, address string) error {
	ln, err := g.conf.Tailnet.Listen("tcp", port)
	if err != nil {
		return fmt.Errorf("listening on the tailnet: %w", err)
	}
	if conf != nil {
		ln = tls.NewListener(ln, conf)
	}
	if address != "" {
		fmt.Fprintf(g.conf.Out, "Homie is at %s\n", address)
		g.conf.Log.Info("serving", "address", address)
	}
	return g.serve(ctx, ln, h, nil)
}

// door is the front door in front of everything the gateway serves.
func (g *Gateway) door(host func() string, plain bool) *frontdoor.Door {
	return frontdoor.New(frontdoor.Config{
		Host: host, Plain: plain, Resolve: g.resolver.Resolve, Log: g.conf.Log.With("svc", "frontdoor"),
	}, g.handler())
}

func (g *Gateway) host() string { return g.conf.Tailnet.FQDN() }

// ownCertificate loads the certificate given instead of the MagicDNS one. The
// canonical name is the device's own if the certificate covers it, else the
// first name the certificate has.
func ownCertificate(certFile, keyFile, fqdn string) (*tls.Config, string, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, "", fmt.Errorf("loading the certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, "", fmt.Errorf("reading the certificate: %w", err)
	}
	host := fqdn
	if leaf.VerifyHostname(fqdn) != nil {
		i := slices.IndexFunc(leaf.DNSNames, func(n string) bool { return net.ParseIP(n) == nil && n[0] != '*' })
		if i < 0 {
			return nil, "", errors.New("the certificate names no host")
		}
		host = leaf.DNSNames[i]
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, host, nil
}

// credentials are the certificate given, or the MagicDNS one.
func (g *Gateway) credentials() (credentials, error) {
	if g.conf.CertFile != "" {
		conf, name, err := ownCertificate(g.conf.CertFile, g.conf.KeyFile, g.host())
		return credentials{
			host: func() string { return name }, tls: conf,
			trouble: func() string { return "" },
			run:     func(ctx context.Context) error { <-ctx.Done(); return nil },
		}, err
	}
	cert := up.NewCertificate(g.conf.Tailnet)
	return credentials{
		host: g.host, tls: cert.TLSConfig(), run: cert.Run,
		trouble: func() string {
			if s := cert.Status(); s.State != up.CertReady {
				return s.Message
			}
			return ""
		},
	}, nil
}
