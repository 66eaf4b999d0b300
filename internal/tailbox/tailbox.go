// Package tailbox is a whole tailnet on loopback, inside one process: a
// control server, a relay, STUN, people, tags, and grants that may change
// while it runs. Tests use it, and so does cmd/homie-box; only the control
// server is a stand-in, the devices are real tsnet devices, in this process or
// in others.
//
//	          Policy (HuJSON) ── SetPolicy
//	                │ compiled into packet filters
//	device ──ts2021──▶ control ──ACME──▶ throwaway authority
//	device ◀─WireGuard─▶ device      (relay and STUN beside them)
//
// Invariants:
//   - Everything listens on 127.0.0.1 and on nothing else.
//   - A device joins only with the auth key of this run and only if its
//     hostname is listed; what it is (whose, or which tags) stands in that
//     listing and never in what it says of itself.
//   - A tailnet without grants lets nobody reach anything. Taking a grant away
//     is sent as an explicit empty filter, since an absent one would mean
//     "unchanged" and fail open.
//   - As on a real tailnet, a change of policy closes no connection and
//     announces nothing: only a new WhoIs sees it.
//   - Ids are stable: people's by their order, devices' by hostname and machine
//     key, so that kept state directories fit a later run of the same tailnet.
//
// The control server is written here on Tailscale's own protocol packages and
// not on tstest/integration/testcontrol: that one registers a device before a
// hook can see its hostname, cannot forget a device, and ends the process upon
// a request it does not know, which any local program could send.
//
// It does not do: subnet routes, exit nodes, Services, Funnel, Taildrop,
// tailnet lock, device posture, or several tailnets (a shared-in device is
// listed here with the domain it pretends to come from).
//
// New changes settings of the whole process: no log uploads, no binding of
// sockets to network interfaces, and with HTTPS the ACME directory. So a
// process runs one tailnet with HTTPS at a time.
package tailbox

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"
	"tailscale.com/types/key"

	"homie/internal/tailbox/acme"
)

// Options describes a tailnet. The zero value is one with no people, no
// devices and no grants.
type Options struct {
	Domain  string   // MagicDNS suffix; default "box.ts.net"
	People  []Person // their order gives their ids
	Devices []Device // who may join
	Policy  string   // policy file; "" grants nothing
	HTTPS   bool     // the tailnet has HTTPS certificates turned on

	// Logins lets a device without an auth key ask for a login address, which
	// CompleteLogin answers. Otherwise it is refused.
	Logins bool
	// Approval makes devices wait for Approve after their login.
	Approval bool

	// Dir keeps the authority and the control server's port for a later run
	// with the devices' own kept state; "" keeps nothing.
	Dir string

	Log *slog.Logger // nil logs nothing
}

// Tailnet is one tailnet. Its methods may be called by several goroutines.
type Tailnet struct {
	o         Options
	log       *slog.Logger
	authKey   string
	noise     key.MachinePrivate
	control   net.Listener
	relay     *relay
	authority *acme.Authority
	acme      *acme.Server
	busy      gate

	mu       sync.Mutex
	policy   Policy
	https    bool
	people   []*Person
	devices  map[string]*device // hostname → device
	numbers  map[string]int     // hostname → number, also of removed devices
	streams  map[*stream]bool   // open map streams
	lastID   uint64             // of a stream
	logins   map[string]*login  // path of the login address → login
	approval bool

	restarted chan struct{} // capacity 1: a device has started
}

// New checks o and takes the loopback ports, so that URL is known; it serves
// nothing before Run, and Run must be called to give the ports back.
func New(o Options) (*Tailnet, error) {
	if o.Domain == "" {
		o.Domain = "box.ts.net"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t := &Tailnet{
		o:        o,
		log:      o.Log,
		authKey:  "tskey-auth-box-" + rand.Text(),
		noise:    key.NewMachine(),
		https:    o.HTTPS,
		approval: o.Approval,
		devices:  map[string]*device{},
		numbers:  map[string]int{},
		streams:  map[*stream]bool{},
		logins:   map[string]*login{},

		restarted: make(chan struct{}, 1),
	}
	if err := t.populate(); err != nil {
		return nil, err
	}
	if err := t.open(); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// populate reads people, devices and policy into t.
func (t *Tailnet) populate() error {
	for _, p := range t.o.People {
		if err := t.addPersonLocked(p); err != nil {
			return err
		}
	}
	for _, d := range t.o.Devices {
		if err := t.addDeviceLocked(d); err != nil {
			return err
		}
	}
	if t.o.Policy == "" {
		return nil
	}
	var err error
	t.policy, err = ParsePolicy(t.o.Policy)
	return err
}

// open takes the ports and settles what depends on them.
func (t *Tailnet) open() (err error) {
	k := keeper{dir: t.o.Dir}
	if t.authority, err = k.authority(); err != nil {
		return err
	}
	if t.control, err = k.listen(); err != nil {
		return err
	}
	if t.relay, err = openRelay(t.log); err != nil {
		return err
	}
	t.acme = acme.New(t.authority, t.URL()+"/acme")
	return t.prepareProcess()
}

// close gives back what open took.
func (t *Tailnet) close() error {
	t.restoreProcess()
	var err error
	if t.control != nil {
		err = t.control.Close()
	}
	if t.relay != nil {
		err = errors.Join(err, t.relay.close())
	}
	return err
}

// Run serves the tailnet until ctx ends and returns when everything it started
// has ended. Close devices of this process before ctx ends, or they will wait
// for a control server that is gone.
func (t *Tailnet) Run(ctx context.Context) error {
	defer t.restoreProcess()
	g, ctx := errgroup.WithContext(ctx)
	web := &http.Server{
		Handler:           t.handler(ctx),
		ReadHeaderTimeout: handshakeTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(t.log.Handler(), slog.LevelDebug),
	}
	g.Go(func() error {
		if err := web.Serve(t.control); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving control: %w", err)
		}
		return nil
	})
	g.Go(func() error { return t.relay.run(ctx) })
	g.Go(func() error {
		t.settle(ctx)
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		err := web.Close()
		t.busy.shut()
		return err
	})
	return g.Wait()
}

// URL is the control server's address, for tsnet.Server.ControlURL.
func (t *Tailnet) URL() string { return "http://" + t.control.Addr().String() }

// AuthKey is the key with which a listed device joins. It is another one in
// each run.
func (t *Tailnet) AuthKey() string { return t.authKey }

// Domain is the MagicDNS suffix, without dots at its ends.
func (t *Tailnet) Domain() string { return t.o.Domain }

// FQDN is the MagicDNS name of a host of this tailnet.
func (t *Tailnet) FQDN(hostname string) string { return hostname + "." + t.o.Domain }

// RootPEM is the certificate that those who connect over HTTPS must trust.
func (t *Tailnet) RootPEM() []byte { return t.authority.RootPEM() }

// Roots is a pool with that certificate and no other.
func (t *Tailnet) Roots() *x509.CertPool { return t.authority.Roots() }

// DirectoryURL is the address of the ACME stand-in.
func (t *Tailnet) DirectoryURL() string { return t.acme.DirectoryURL() }
