// Package gateway is the household's hub: a device named homie on the tailnet
// that knows who calls, holds the state, authorizes every call and serves the
// web app.
//
//	tailnet :443 ── TLS ──> front door ── Caller ──> rpc registry ──> services
//	                                        │                           │
//	                                        └──> web app     store, links to nodes
//	unix socket, 0600 ── the gateway's own OS account ──> rpc registry
//
// services.go is the list of what it offers. The gateway listens on its tailnet
// device only; no port is open on the host. Losing the tailnet, a certificate
// or a service's data does not end it: it says what is wrong and goes on.
package gateway

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/gateway/health"
	"homie/gateway/stepup"
	"homie/gateway/terminal"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/tsidentity/up"
	"homie/wire"
)

//go:embed openrpc.json
var document []byte

// Config is what a gateway is made of.
type Config struct {
	// Tailnet is the gateway's own device, joined already.
	Tailnet *up.Device
	// StateDir holds the store and the local socket.
	StateDir string
	// Owner is the login of the owner of a gateway whose device is tagged.
	Owner string
	// CertFile and KeyFile replace the MagicDNS certificate; both or none.
	CertFile, KeyFile string
	// PlainHTTP serves without certificates: anybody who can read the tailnet's
	// traffic on this host could read it, and browsers withhold features.
	PlainHTTP bool
	// StepUp is how long a person's confirmation of a sensitive act holds.
	StepUp stepup.Rule
	// NotifyHosts are hosts with their ports, in private networks, that people may have
	// notices sent to.
	NotifyHosts []string
	// Limits replace the defaults of what one caller may call; see rpc.ParseRates.
	Limits  Limits
	Version string
	Log     *slog.Logger
	// Out is where a person at the machine reads what to do next.
	Out io.Writer
}

// Limits bound what one caller calls: all methods, and those of a class. What is
// not set has rpc's default.
type Limits struct {
	All     rpc.Rate
	Classes map[rpc.Class]rpc.Rate
	// Share is how much of one machine's terminals is for one person.
	Share terminal.Share
}

// Gateway is the household's hub.
type Gateway struct {
	conf     Config
	db       *store.Store
	registry *rpc.Registry
	resolver *tsidentity.Resolver
	services household
	home     atomic.Pointer[string] // see address
	cert     atomic.Pointer[up.Certificate]
}

// Open opens the state of a gateway. A second gateway on the same directory is
// refused here.
func Open(conf Config) (*Gateway, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Out == nil {
		conf.Out = io.Discard
	}
	// Nobody takes the write sets yet: the option of store for that is free.
	db, err := store.Open(filepath.Join(conf.StateDir, "homie.db"), store.Options{Log: conf.Log, Migrations: migrations()})
	if err != nil {
		return nil, err
	}
	g := &Gateway{conf: conf, db: db}
	if err := g.assemble(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return g, nil
}

// assemble builds the services and the registry over the store.
func (g *Gateway) assemble() error {
	lc := g.conf.Tailnet.Local()
	g.services = services(world{
		db: g.db, log: g.conf.Log, self: g.self, home: g.address, paths: paths{lc}, caller: g.callerAt, peers: g.peers, how: g.how(),
		rule: g.conf.StepUp, share: g.conf.Limits.Share, tell: g.conf.NotifyHosts,
	})
	if err := g.services.pairing.Load(); err != nil {
		return fmt.Errorf("reading pairings: %w", err)
	}
	g.resolver = tsidentity.NewResolver(tsidentity.ResolverConfig{
		Tailnet: lc, IsNode: g.services.pairing.IsNode, Given: g.services.pairing.Given,
		Owner: g.conf.Owner, Pin: ownerPin{g.db}, Log: g.conf.Log,
	})
	var err error
	g.registry, err = rpc.NewRegistry(rpc.Options{
		Log:      g.conf.Log,
		Audit:    g.services.audit.Record,
		Confirm:  g.services.stepup.Confirm,
		Describe: g.services.identity.Describe,
		Explain:  explain,
		Server:   wire.ServerInfo{Name: "homie", Version: g.conf.Version},
		Document: document,
		Rate:     g.conf.Limits.All,
		Rates:    g.conf.Limits.Classes,
	}, g.services.entries()...)
	return err
}

// explain has words for what can go wrong in every service.
func explain(err error) *wire.Error {
	if errors.Is(err, store.ErrFull) {
		return wire.Errorf(wire.Unavailable, "The disk of Homie's gateway is full, so nothing was changed. Free some space on the machine that it runs on, and try again.")
	}
	return nil
}

// self is the gateway's own device.
func (g *Gateway) self() tsidentity.Device {
	st := g.conf.Tailnet.State()
	d := tsidentity.Device{ID: st.ID, Name: st.Name, Tags: st.Tags}
	if len(st.Addrs) > 0 {
		d.Addr = st.Addrs[0].String()
	}
	return d
}

// address is what people open, "" as long as it is not served.
func (g *Gateway) address() string {
	if home := g.home.Load(); home != nil {
		return *home
	}
	return ""
}

// callerAt is who is at a tailnet address now.
func (g *Gateway) callerAt(ctx context.Context, addr string) (tsidentity.Caller, error) {
	return g.resolver.Resolve(ctx, addr)
}

// how is what health says how it is.
func (g *Gateway) how() health.Gateway {
	return health.Gateway{
		Tailnet: g.conf.Tailnet.State, Renamed: g.conf.Tailnet.Renamed, Plain: g.conf.PlainHTTP,
		Degraded: g.db.Degraded, Version: g.conf.Version,
		Certificate: func() *up.CertStatus {
			c := g.cert.Load()
			if c == nil {
				return nil
			}
			s := c.Status()
			return &s
		},
	}
}

// Close releases the state. Call it after Run has returned.
func (g *Gateway) Close() error { return g.db.Close() }

// Run serves until ctx ends, and returns when everything has ended.
func (g *Gateway) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range g.services.all {
		group.Go(func() error { return s.Run(ctx) })
	}
	group.Go(func() error { return g.serveLocal(ctx) })
	group.Go(func() error { return g.serveTailnet(ctx) })
	err := group.Wait()
	g.registry.Wait()
	// The goodbyes of the connections are still in the tailnet device, which
	// drops them if it is closed at once: those who hear one need not wait for
	// a silence.
	time.Sleep(goodbye) //nolint:forbidigo // bounded, and nothing else is left to wait for
	return err
}

// serveLocal serves programs of the gateway's own OS account.
func (g *Gateway) serveLocal(ctx context.Context) error {
	ln, err := listenLocal(ctx, g.conf.StateDir)
	if err != nil {
		return err
	}
	return g.serve(ctx, ln, localHandler(g.registry), withPeer)
}

// goodbye is how long the last packets have to leave.
const goodbye = 100 * time.Millisecond

// shutdownGrace is how long requests may take to end; their contexts have.
const shutdownGrace = time.Second

// serve carries one listener until ctx ends.
func (g *Gateway) serve(ctx context.Context, ln net.Listener, h http.Handler, connContext func(context.Context, net.Conn) context.Context) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		// The front door answers OPTIONS * like everything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(g.conf.Log.Handler(), slog.LevelDebug),
		BaseContext:                  func(net.Listener) context.Context { return ctx },
		ConnContext:                  connContext,
	}
	down := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(down)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			srv.Close()
		}
	})
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serving %s: %w", ln.Addr(), err)
	}
	<-down // Serve returns when the shutdown begins
	return nil
}
