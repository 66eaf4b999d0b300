package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"homie/gateway/frontdoor"
	"homie/gateway/health"
	"homie/rpc"
	"homie/tsidentity/up"
)

// serveTailnet serves people and nodes on the gateway's tailnet device: HTTPS
// on 443 and a redirect on 80, or everything on 80 without certificates.
func (g *Gateway) serveTailnet(ctx context.Context) error {
	if g.conf.PlainHTTP {
		g.conf.Log.Warn("serving plain HTTP: browsers withhold the clipboard, notifications and installing, and whoever controls this host's network stack can read along")
		return g.listen(ctx, ":80", nil, g.door(g.host, true), "http://"+g.host())
	}
	cert, host, err := g.certificate()
	if err != nil {
		return err
	}
	g.cert.Store(cert)
	trouble := func() string { return certTrouble(cert.Status()) }
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return cert.Run(ctx) })
	group.Go(func() error {
		return g.listen(ctx, ":443", cert.TLSConfig(), g.door(host, false), "https://"+host())
	})
	group.Go(func() error {
		return g.listen(ctx, ":80", nil, frontdoor.Redirect(host, trouble, g.host), "")
	})
	return group.Wait()
}

// certTrouble is why nobody can open the gateway by HTTPS, "" if they can.
func certTrouble(s up.CertStatus) string {
	switch {
	case s.State == up.CertReady:
		return ""
	case s.Message == "":
		return health.Issuing + " This page looks again by itself."
	}
	return s.Message
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
		g.home.Store(&address)
		fmt.Fprintf(g.conf.Out, "Homie is at %s\n", address)
		g.conf.Log.Info("serving", "address", address)
	}
	return g.serve(ctx, ln, h, nil)
}

// door is the front door in front of everything the gateway serves.
func (g *Gateway) door(host func() string, plain bool) *frontdoor.Door {
	return frontdoor.New(frontdoor.Config{
		Host: host, Plain: plain, Resolve: g.resolver.Resolve, Rate: g.doorRate(), Refused: frontdoor.DefaultRefused, Log: g.conf.Log.With("svc", "frontdoor"),
	}, g.routes()...)
}

// doorRate is never less than what the protocol lets one caller do by POST.
func (g *Gateway) doorRate() rpc.Rate {
	r, all := frontdoor.DefaultRate, g.conf.Limits.All
	return rpc.Rate{PerSecond: max(r.PerSecond, 2*all.PerSecond), Burst: max(r.Burst, 2*all.Burst)}
}

func (g *Gateway) host() string { return g.conf.Tailnet.FQDN() }

// certificate returns the certificate given, or the MagicDNS one, and the name
// that people open: the device's own unless the given one is for another.
func (g *Gateway) certificate() (cert *up.Certificate, host func() string, err error) {
	if g.conf.CertFile == "" {
		return up.NewCertificate(g.conf.Tailnet), g.host, nil
	}
	cert, name, err := up.OwnCertificate(g.conf.CertFile, g.conf.KeyFile, g.host(), g.conf.Log.With("svc", "tailnet"))
	return cert, func() string { return name }, err
}
