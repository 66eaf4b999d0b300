// Package holder is the process that owns a node's PTYs, so that shells live on
// when the node program restarts, is upgraded or crashes.
//
//	node ── unix socket, rpc ──> Holder ──> Manager
//	                                           │ one Session each
//	program ── PTY ── reader ──> Ring ──> viewer ──> stream   (one each)
//	             ^                        viewer ──> stream
//	             └───────── typing ─────────┘
//
// A Manager owns the sessions. A Session has one reader, which moves what the
// program prints into the session's Ring: the latest bytes, numbered from the
// session's first one. A viewer is a cursor into the ring, never a queue, so
// that a slow one costs no memory; one that falls behind the ring is moved
// forward and its stream shows the gap. The PTY is drained whether anybody
// looks or not, with one exception: the viewer who typed last may hold it, so
// that a person who looks at what they started misses nothing (see hold).
//
// What a viewer types goes to the PTY from the viewer's own goroutine, in
// order. A program that does not read its input holds up those who type into
// it and nobody else: their streams stop granting credit.
//
// A Holder serves the methods of wire/terminal, and two of its own, on a socket
// in the node's state directory that only the node's account can open. There is
// one for each state directory, which a lock sees to. It lives while a node is
// connected or programs run; see life.go. When the node's program has changed,
// the holder executes it in its own place: same process, same children, same
// descriptors, and the sessions' state in a file that both understand; see
// replace.go.
//
// Invariants: a session ends only with its program; everything the program
// printed is in the ring before the session counts as ended; a session in which
// nothing happens holds one parked goroutine and no operating-system thread; a
// panic in what one session does costs no other session anything.
//
// A holder that is root runs sessions as other accounts (account.go), and touches
// nothing in a file system for them: a process of the account does, an agent
// (agent.go). What the kernel refuses to the account, Homie refuses.
//
// The package does not decide who may do what; the gateway does, and the node
// trusts its own gateway. It knows no network.
package holder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homie/internal/accounts"
	"homie/internal/localsock"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

// Options are what a Holder is made of.
type Options struct {
	// StateDir is the node's; the socket and the lock are in it.
	StateDir string
	Version  string
	// Args is the command line that makes a program this holder, its name first.
	// ResumeFlag or CheckFlag and a number are added.
	Args []string
	// Resume is the descriptor that ResumeFlag gave, 0 for none.
	Resume int
	// Idle is how long a holder without programs waits for a node. Default: 10 s.
	Idle time.Duration
	// Settings hold until a node says its own.
	Settings holder.AdoptParams
	// Accounts and SharedDir are those of Config.
	Accounts  accounts.Database
	SharedDir string
	Log       *slog.Logger
}

// How a program is a holder: homie holder --state-dir DIR, and one of the flags.
// Programs of other versions call it so, too.
const (
	Command    = "holder"
	ResumeFlag = "--resume" // go on with the state in this descriptor
	CheckFlag  = "--check"  // say whether the state in it can be understood
)

// idleTime is the default of Options.Idle.
const idleTime = 10 * time.Second

// Holder is the process's one.
type Holder struct {
	conf     Options
	program  string // see identify
	lock     *os.File
	listener net.Listener
	socket   string // path
	manager  *Manager
	files    *files
	registry *rpc.Registry
	changed  *rpc.Topic[terminal.Session]
	stir     chan struct{} // capacity 1; what life depends on has changed

	replacing sync.Mutex // held while another program is put in place

	mu       sync.Mutex
	settings holder.AdoptParams
	node     *rpc.Conn // that adopted the holder last, nil if it has gone
	outdated bool      // the node has another program, which waits for the sessions' end
	since    time.Time // when it went
	quiet    time.Time // since when nobody needs the holder, zero if somebody does
}

// Run is a holder's whole life: it takes the state directory, serves its node,
// and returns when nobody needs it any more or when ctx ends, which ends its
// sessions.
func Run(ctx context.Context, conf Options) error {
	h, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer h.close()
	return h.run(ctx)
}

func prepare(conf Options) (*Holder, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Idle == 0 {
		conf.Idle = idleTime
	}
	program, err := Identify()
	if err != nil {
		return nil, err
	}
	h := &Holder{
		conf: conf, program: program, settings: conf.Settings, since: time.Now(),
		changed: rpc.Events(terminal.Changed), stir: make(chan struct{}, 1),
	}
	h.manager = NewManager(Config{
		Dir: conf.Settings.Dir, StateDir: conf.StateDir, Environ: conf.Settings.Environ, Changed: h.sessionChanged, Log: conf.Log,
		Accounts: conf.Accounts, SharedDir: conf.SharedDir, Version: conf.Version,
	})
	h.files = newFiles(h.manager.standing, h.manager.use)
	h.registry, err = rpc.NewRegistry(rpc.Options{
		Log: conf.Log, TrustMeta: true, Rate: nodeRate,
		Server: wire.ServerInfo{Name: "homie holder", Version: conf.Version},
	}, h.api()...)
	return h, err
}

// nodeRate is no bound: the gateway and the node have theirs.
var nodeRate = rpc.Rate{PerSecond: 1e6, Burst: 1e6}

func (h *Holder) sessionChanged(s terminal.Session) {
	h.changed.Publish(s)
	wake(h.stir)
}

// run serves until the holder is not needed.
func (h *Holder) run(ctx context.Context) error {
	h.conf.Log.Info("holding terminals", "version", h.conf.Version, "pid", os.Getpid(), "sessions", h.manager.Running())
	server := &http.Server{
		Handler:           h.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ConnContext:       withPeer,
		ErrorLog:          slog.NewLogLogger(h.conf.Log.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	ctx, end := context.WithCancel(ctx)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	server.BaseContext = func(net.Listener) context.Context { return serving }
	group.Go(func() error {
		defer end()
		h.live(ctx)
		return nil
	})
	group.Go(func() error {
		defer h.registry.Wait()
		defer stop()
		if err := server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the node: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		err := h.manager.Run(ctx) // while the node is still there to hear of the ends
		return errors.Join(err, server.Close())
	})
	err := group.Wait()
	h.conf.Log.Info("holding no terminals any more", "pid", os.Getpid())
	return err
}

// handler serves the protocol to the holder's own account.
func (h *Holder) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.Path, func(w http.ResponseWriter, req *http.Request) {
		uid, ok := req.Context().Value(peerKey{}).(int)
		if !ok || !localsock.MayUse(uid, localsock.Own()) {
			h.conf.Log.Warn("another account is refused", "uid", uid)
			http.Error(w, "this socket serves the account that Homie's node runs as", http.StatusForbidden)
			return
		}
		who := tsidentity.Caller{
			Class: tsidentity.ClassLocal, LocalUID: uid,
			Rights: tsidentity.Rights{Values: []tsidentity.Value{{Allow: []string{"*:*"}}}},
		}
		h.registry.ServeSocket(w, req, who, func(context.Context) (tsidentity.Caller, error) { return who, nil })
	})
	return mux
}

type peerKey struct{}

// withPeer notes which OS user is at the other end of a connection.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, localsock.Peer(c))
}
