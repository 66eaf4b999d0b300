package holder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"homie/node/pty/multiplexer"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

// An agent is this program once more, as the account of a session that is not
// the holder's: whatever is opened for that account, the kernel judges. It is
// one end of a pair of sockets, of which the holder has the other:
//
//	node ── unix socket ──> holder (root) ── pair ──> agent (media)
//
// What it serves could be done by typing into a shell of the account. It asks
// nothing of the holder, which takes what it says for what any program of that
// account could say. It ends with its socket.

// AgentFlag makes a program an agent: homie holder --agent 3.
const AgentFlag = "--agent"

// ServeAgent is the whole life of an agent on a descriptor.
func ServeAgent(ctx context.Context, fd int, version string) error {
	f := os.NewFile(uintptr(fd), "holder")
	conn, err := net.FileConn(f)
	f.Close() // FileConn has one of its own
	if err != nil {
		return fmt.Errorf("taking the socket: %w", err)
	}
	defer conn.Close()
	return serveAgent(ctx, conn, version)
}

func serveAgent(ctx context.Context, conn net.Conn, version string) error {
	environ := os.Environ()
	own := ownAccount(environ)
	files := newFiles(func(_ wire.SessionID, _, path string) (standing, error) {
		if !filepath.IsAbs(path) {
			return standing{}, wire.Errorf(wire.InvalidParams, "%.80q is no absolute path", path)
		}
		return standing{account: own, path: filepath.Clean(path)}, nil
	}, nil)
	registry, err := rpc.NewRegistry(rpc.Options{
		Log: slog.New(slog.DiscardHandler), TrustMeta: true, Rate: nodeRate,
		Server: wire.ServerInfo{Name: "homie agent", Version: version},
	},
		rpc.Serve(holder.Resolve, func(_ context.Context, _ tsidentity.Caller, p holder.ResolveParams) (holder.Resolved, error) {
			return resolveFor(p, own, environ)
		}),
		rpc.Serve(terminal.Multiplexers, func(ctx context.Context, _ tsidentity.Caller, _ terminal.MultiplexerParams) (terminal.MultiplexerList, error) {
			return terminal.MultiplexerList{Sessions: multiplexer.Finder{Environ: environ}.List(ctx)}, nil
		}),
		rpc.Serve(terminal.ListFiles, files.list),
		rpc.ServeStream(terminal.ReadFile, files.read),
		rpc.ServeStream(terminal.WriteFile, files.write),
	)
	if err != nil {
		return err
	}
	who := tsidentity.Caller{
		Class: tsidentity.ClassLocal, LocalUID: os.Getuid(),
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{Allow: []string{"*:*"}}}},
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			defer end()
			registry.ServeSocket(w, req, who, func(context.Context) (tsidentity.Caller, error) { return who, nil })
		}),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed { // before it became the protocol's
				end()
			}
		},
	}
	defer registry.Wait()
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(&single{conn: conn, closed: make(chan struct{})}); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the holder: %w", err)
	}
	return nil
}

// single is a listener with one connection.
type single struct {
	conn   net.Conn
	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	given bool
}

// Accept returns the connection, and afterwards waits for Close.
func (s *single) Accept() (net.Conn, error) {
	s.mu.Lock()
	given := s.given
	s.given = true
	s.mu.Unlock()
	if !given {
		return s.conn, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}

// Close ends Accept.
func (s *single) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// Addr names the other end.
func (s *single) Addr() net.Addr { return s.conn.LocalAddr() }

// resolveFor finds where a session of another account starts, and its program,
// as that account sees them.
func resolveFor(p holder.ResolveParams, own account, environ []string) (holder.Resolved, error) {
	own.home, own.shell = p.Home, p.Shell
	dir, err := startDir(p.Dir, p.Base, own.home)
	if err != nil && p.Dir == "" { // nobody asked for it: as login does
		for _, other := range []string{own.home, noHome} {
			if dir, err = startDir(other, "", own.home); err == nil {
				break
			}
		}
	}
	if err != nil {
		return holder.Resolved{}, err
	}
	path, _, err := resolve(p.Command, own, append([]string{"PATH=" + p.Path}, environ...), dir)
	return holder.Resolved{Dir: dir, Program: path}, err
}
