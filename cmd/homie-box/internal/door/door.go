// Package door opens a tailnet device of one person to the browser of whoever
// runs the box.
//
// A door listens on loopback. What comes in is checked, and then goes through
// the person's own device to the gateway, over HTTPS and under the gateway's
// canonical name, so that the gateway sees what it would see of that person.
//
//	browser ──http──▶ door ──HTTPS over the person's tailnet device──▶ gateway
//
// Whoever gets through a door is that person. So the checks, in this order:
//
//  1. The local peer of the connection runs under the account of the box
//     (Linux), or has opened the door's one-time link (elsewhere).
//  2. Host is <name>.localhost:PORT or 127.0.0.1:PORT, to the letter; else 421.
//  3. Sec-Fetch-Site is absent, same-origin or none; a top-level navigation may
//     come from anywhere.
//  4. Origin, if there is one, is that of the Host.
//
// A door rewrites Host and Origin and nothing else that a client sends, so the
// gateway judges the rest itself: Sec-Fetch-* and Sec-Homie pass unchanged.
package door

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
)

// Bounds of a door.
const (
	readHeaderTimeout = 10 * time.Second
	dialTimeout       = 5 * time.Second // a gateway that is gone does not refuse, it is silent
	idleTimeout       = 30 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Dial connects through a person's device.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Config is what a door needs.
type Config struct {
	Name    string         // "owner" for owner.localhost
	Gateway string         // the gateway's canonical name, "homie.box.ts.net"
	Dial    Dial           // through the person's device
	Roots   *x509.CertPool // what the gateway's certificate is verified against
	Log     *slog.Logger   // nil logs nothing

	// Peers says who may connect; nil where that can't be known and a one-time
	// link decides. NewLink is then called with the next link whenever one has
	// been used.
	Peers   Peers
	NewLink func(link string)
}

// Door is one person's door.
type Door struct {
	conf      Config
	ln        net.Listener
	port      string
	transport *http.Transport
	proxy     *httputil.ReverseProxy
	tickets   *tickets // nil where Peers checks the account
}

// New returns a door on ln, which listens on 127.0.0.1. Serve opens it.
func New(conf Config, ln net.Listener) *Door {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	d := &Door{conf: conf, ln: ln, port: strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)}
	if conf.Peers == nil {
		d.tickets = newTickets("homie_box_" + conf.Name)
	}
	d.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, dialTimeout)
			defer cancel()
			return conf.Dial(ctx, network, address)
		},
		TLSClientConfig:     &tls.Config{RootCAs: conf.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true, // what the gateway compressed passes as it is
	}
	d.proxy = &httputil.ReverseProxy{
		Rewrite:        d.rewrite,
		Transport:      d.transport,
		FlushInterval:  -1, // at once
		ModifyResponse: d.localize,
		ErrorHandler:   d.fail,
		ErrorLog:       slog.NewLogLogger(conf.Log.Handler(), slog.LevelDebug),
	}
	return d
}

// Serve answers until ctx ends; it closes the listener, the connections, and
// the way to the gateway.
func (d *Door) Serve(ctx context.Context) error {
	web := &http.Server{
		Handler:           d,
		ReadHeaderTimeout: readHeaderTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       d.withPeer,
		ErrorLog:          slog.NewLogLogger(d.conf.Log.Handler(), slog.LevelDebug),
	}
	defer context.AfterFunc(ctx, func() { _ = web.Close() })()
	defer d.transport.CloseIdleConnections()
	if err := web.Serve(d.ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Forget drops idle connections to a gateway that has ended.
func (d *Door) Forget() { d.transport.CloseIdleConnections() }

// Client speaks to the gateway through the person's device, past the checks,
// for the program that runs the door.
func (d *Door) Client() *http.Client { return &http.Client{Transport: d.transport} }

// Link returns a link that opens the door to one browser, "" where the door
// knows its callers by their account.
func (d *Door) Link() string {
	if d.tickets == nil {
		return ""
	}
	return "http://" + d.hosts()[0] + "/?" + ticketParam + "=" + d.tickets.link()
}

// hosts are the names that the door answers for.
func (d *Door) hosts() [2]string {
	return [2]string{d.conf.Name + ".localhost:" + d.port, "127.0.0.1:" + d.port}
}

func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if no := d.check(r); no != nil {
		d.conf.Log.Info("door refused a request", "door", d.conf.Name, "reason", no.reason)
		no.write(w)
		return
	}
	if d.tickets != nil {
		admitted, used := d.tickets.admit(w, r)
		if used && d.conf.NewLink != nil {
			d.conf.NewLink(d.Link())
		}
		if !admitted {
			return
		}
	}
	d.proxy.ServeHTTP(w, r)
}

// rewrite sends a request on under the gateway's name.
func (d *Door) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme = "https"
	r.Out.URL.Host = d.conf.Gateway
	r.Out.Host = d.conf.Gateway
	if r.In.Header.Get("Origin") != "" {
		r.Out.Header.Set("Origin", "https://"+d.conf.Gateway)
	}
	if d.tickets != nil {
		d.tickets.strip(r.Out.Header)
	}
}

// localize makes a redirect within the gateway one within the door.
func (d *Door) localize(res *http.Response) error {
	there := "https://" + d.conf.Gateway + "/"
	if path, ok := strings.CutPrefix(res.Header.Get("Location"), there); ok {
		res.Header.Set("Location", "/"+path)
	}
	return nil
}
