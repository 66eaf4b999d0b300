package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"

	"golang.org/x/sync/errgroup"

	"homie/gateway/frontdoor"
)

// serveTailnet serves people and nodes on the gateway's tailnet device: HTTPS
// on 443 and a redirect on 80, or everything on 80 without certificates.
func (g *Gateway) serveTailnet(ctx context.Context) error {
	if g.conf.PlainHTTP {
		g.conf.Log.Warn("serving plain HTTP: browsers withhold the clipboard, notifications and installing, and whoever controls this host's network stack can read along")
		ln, err := g.conf.Tailnet.Listen("tcp", ":80")
		if err != nil {
			return fmt.Errorf("listening on the tailnet: %w", err)
		}
		g.announce("http://" + g.host())
		return g.serve(ctx, ln, g.door(g.conf.Tailnet.FQDN, true), nil)
	}
	conf, host, carry, err := g.certificate()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return carry(ctx) })
	group.Go(func() error {
		ln, err := g.conf.Tailnet.Listen("tcp", ":443")
		if err != nil {
			return fmt.Errorf("listening on the tailnet: %w", err)
		}
		g.announce("https://" + host())
		return g.serve(ctx, tls.NewListener(ln, conf), g.door(host, false), nil)
	})
	group.Go(func() error {
		ln, err := g.conf.Tailnet.Listen("tcp", ":80")
		if err != nil {
			return fmt.Errorf("listening on the tailnet: %w", err)
		}
		return g.serve(ctx, ln, frontdoor.Redirect(host), nil)
	})
	return group.Wait()
}

// door is the front door in front of everything the gateway serves.
func (g *Gateway) door(host func() string, plain bool) *frontdoor.Door {
	return frontdoor.New(frontdoor.Config{
		Host: host, Plain: plain, Resolve: g.resolver.Resolve, Log: g.conf.Log.With("svc", "frontdoor"),
	}, g.handler())
}

func (g *Gateway) host() string { return g.conf.Tailnet.FQDN() }

func (g *Gateway) announce(address string) {
	fmt.Fprintf(g.conf.Out, "Homie is at %s\n", address)
	g.conf.Log.Info("serving", "address", address)
}

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

// certificate returns how to speak TLS, under which name, and what keeps the
// certificate fresh.
func (g *Gateway) certificate() (conf *tls.Config, host func() string, carry func(context.Context) error, err error) {
	if g.conf.CertFile != "" {
		conf, name, err := ownCertificate(g.conf.CertFile, g.conf.KeyFile, g.host())
		if err != nil {
			return nil, nil, nil, err
		}
		return conf, func() string { return name }, func(ctx context.Context) error { <-ctx.Done(); return nil }, nil
	}
	lc := g.conf.Tailnet.Local()
	return &tls.Config{GetCertificate: lc.GetCertificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
		g.host, func(ctx context.Context) error { <-ctx.Done(); return nil }, nil
}
