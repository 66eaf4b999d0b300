// Package up joins a tailnet: it starts a tsnet device, leads a person through
// the login, and keeps watch over what would end silently later.
//
//	Start ── locks the state directory, logs in, waits ──> Device, running
//	Device.Run         expiry, a second login, a changed name
//	Certificate.Run    the HTTPS certificate, fetched before anybody waits for it
//
// What tsnet leaves to its user is here: two processes on one state directory
// are refused, a login that expires while the device runs asks for a new one,
// an auth key of the wrong kind is named as such, and a device that is joined
// already does not look at its auth key again (which may have expired since).
// Devices are never ephemeral: one that comes back is the same one.
//
// Package up does not decide who may do what; that is package tsidentity.
package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/envknob"
	"tailscale.com/tsnet"
)

// Config is what a device is started with.
type Config struct {
	Hostname string // asked of the tailnet, e.g. "homie"
	Dir      string // state directory, of this device alone
	// ControlURL is another control server than Tailscale's; "" for that.
	ControlURL string
	// AuthKey is an auth key or an OAuth client secret; "" means that a person
	// logs in. It is not looked at once the device has joined.
	AuthKey string
	Tags    []string // asked for, "tag:homie"
	// UploadLogs lets the device send its Tailscale logs to Tailscale, as
	// their support asks for.
	UploadLogs bool

	Log *slog.Logger // nil discards
	// Out gets what a person has to read to log in; nil discards.
	Out io.Writer
}

// Device is a running tailnet device. Its methods may be called by several
// goroutines.
type Device struct {
	conf   Config
	server *tsnet.Server
	local  *local.Client
	asking *http.Transport // below local
	lock   *lock
	log    *slog.Logger

	mu    sync.Mutex
	state State
}

// Start brings a device up and returns when it is running. Until then it tells
// a person on conf.Out what to do; ctx ends the wait. The caller then runs Run,
// and in the end calls Close, after Run has returned.
//
// The error is ErrInUse if another process holds the state directory, and is
// written for the person who started the program.
func Start(ctx context.Context, conf Config) (*Device, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Out == nil {
		conf.Out = io.Discard
	}
	if err := conf.check(); err != nil {
		return nil, err
	}
	if err := prepareDir(conf.Dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(conf.Dir)
	if err != nil {
		return nil, err
	}
	joined, err := hasJoined(conf.Dir)
	if err != nil {
		lock.release()
		return nil, err
	}
	d := &Device{conf: conf, lock: lock, log: conf.Log}
	if joined {
		err = d.rejoin(ctx)
	} else {
		err = d.bringUp(ctx, conf.AuthKey)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// rejoin brings a device up that has a state already. Its auth key is used only
// if the tailnet does not know the device any more: a new key costs something,
// and an old one may be refused.
func (d *Device) rejoin(ctx context.Context) error {
	err := d.bringUp(ctx, "")
	if !errors.Is(err, errLoginNeeded) {
		return err
	}
	d.closeServer()
	d.log.Warn("the tailnet does not know this device any more; joining again with the auth key")
	return d.bringUp(ctx, d.conf.AuthKey)
}

// bringUp starts a server and waits until it runs. With no key, and one in the
// configuration, it gives up with errLoginNeeded instead of asking a person.
func (d *Device) bringUp(ctx context.Context, key string) error {
	if !d.conf.UploadLogs {
		envknob.SetNoLogsNoSupport()
	}
	forgetKeys()
	askAnew()
	stayOnLoopback(d.conf.ControlURL)
	s := &tsnet.Server{
		Dir:           d.conf.Dir,
		Hostname:      d.conf.Hostname,
		ControlURL:    d.conf.ControlURL,
		AdvertiseTags: d.conf.Tags,
		UserLogf:      d.tsnetLog,
	}
	if isClientSecret(key) {
		s.ClientSecret = lasting(key)
	} else {
		s.AuthKey = key
	}
	if err := d.startServer(ctx, s); err != nil {
		return err
	}
	client, err := s.LocalClient()
	if err != nil {
		return fmt.Errorf("starting the tailnet device: %w", err)
	}
	d.asking = &http.Transport{DialContext: client.Dial}
	client.Transport = d.asking
	d.local = client
	l := login{device: d, ask: key != "" || d.conf.AuthKey == ""}
	if err := l.wait(ctx); err != nil {
		return err
	}
	// Up returns at once for a device that runs, and clears what an earlier
	// program may have left to be served.
	if _, err := s.Up(ctx); err != nil {
		return fmt.Errorf("starting the tailnet device: %w", err)
	}
	d.settle(ctx)
	_, err = d.refresh(ctx)
	return err
}

// startServer calls Start without waiting beyond ctx: with an OAuth client
// secret it asks the internet for a key.
func (d *Device) startServer(ctx context.Context, s *tsnet.Server) error {
	started := make(chan error, 1)
	go func() { started <- s.Start() }()
	select {
	case err := <-started:
		if err != nil {
			// Close panics after a Start that failed, and has nothing to do.
			return fmt.Errorf("starting the tailnet device: %w", err)
		}
		d.server = s
		return nil
	case <-ctx.Done():
		// The goroutine ends by itself, and the lock stays until it does.
		lock := d.lock
		d.lock = nil
		go func() {
			if err := <-started; err == nil {
				s.Close()
			}
			lock.release()
		}()
		return ctx.Err()
	}
}

// Close takes the device off the tailnet and lets go of the state directory.
func (d *Device) Close() {
	d.closeServer()
	if d.lock != nil {
		d.lock.release()
		d.lock = nil
	}
}

func (d *Device) closeServer() {
	if d.asking != nil {
		// The other end waits up to five seconds for the first request on a
		// connection that was opened in vain, as some are when many ask at once.
		d.asking.CloseIdleConnections()
		d.asking = nil
	}
	if d.server != nil {
		d.server.Close()
		d.server = nil
	}
}

// Server returns the tsnet device below, for what Device has no method for.
func (d *Device) Server() *tsnet.Server { return d.server }

// Local returns the client for questions about the tailnet.
func (d *Device) Local() *local.Client { return d.local }

// Dial connects to a device of the tailnet.
func (d *Device) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.server.Dial(ctx, network, addr)
}

// askTimeout bounds questions about the own device.
const askTimeout = 5 * time.Second

// tsnetLog takes what tsnet says to its user. Login addresses are left out:
// they are shown to a person, and do not belong into a log.
func (d *Device) tsnetLog(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !mentionsLogin(line) {
		d.log.Debug("tsnet", "line", line)
	}
}
