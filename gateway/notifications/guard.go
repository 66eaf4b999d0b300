package notifications

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"tailscale.com/net/tsaddr"
)

// guard keeps what people register from making the gateway call into networks
// that it is in and they are not (SSRF). The address is looked at as it is
// dialed, after names were resolved, so that no name can lead elsewhere later;
// redirects are not followed, and no proxy is asked.
type guard struct{ hosts []string } // with their ports; they are let through

func newGuard(hosts []string) guard {
	g := guard{}
	for _, h := range hosts {
		g.hosts = append(g.hosts, strings.ToLower(h))
	}
	return g
}

// trusted reports whether whoever runs the gateway allowed a host.
func (g guard) trusted(hostPort string) bool {
	return slices.Contains(g.hosts, strings.ToLower(hostPort))
}

func (g guard) client() *http.Client {
	return &http.Client{
		Timeout:       pushTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            g.dial,
			TLSHandshakeTimeout:    pushTimeout,
			ResponseHeaderTimeout:  pushTimeout,
			IdleConnTimeout:        time.Minute,
			MaxIdleConnsPerHost:    1,
			MaxConnsPerHost:        2,
			MaxResponseHeaderBytes: 32 << 10,
			ForceAttemptHTTP2:      true,
		},
	}
}

func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: pushTimeout}
	if !g.trusted(address) {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if !public(at.Addr()) {
				return privateError{at.Addr()}
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}

// privateError is an address that the guard does not let dial.
type privateError struct{ addr netip.Addr }

// Error says which.
func (e privateError) Error() string { return fmt.Sprintf("%s is in a private network", e.addr) }

// special are ranges that are no public host's, or that carry another address in
// them (RFC 6890, and the transitions of RFC 3056, 4380 and 6052).
var special = prefixes(
	"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// public reports whether an address is one of the internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || tsaddr.CGNATRange().Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

func isPrivateLiteral(host string) bool {
	a, err := netip.ParseAddr(host)
	return (err == nil && !public(a)) || strings.EqualFold(host, "localhost")
}
