package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"homie/tsidentity"
	"homie/wire"
)

// ErrClosed is the cause of every call and stream that ended with its
// connection.
var ErrClosed = errors.New("the connection was closed")

// Identify says who is at the other end now. It is asked for every call, so it
// must be cheap; an error closes the connection.
type Identify func(context.Context) (tsidentity.Caller, error)

// Keepalive is how a connection finds out that its other end is gone.
type Keepalive struct {
	// Ping is the time between pings.
	Ping time.Duration
	// Idle is how long nothing at all may arrive, pongs included.
	Idle time.Duration
}

// The two keepalives in use. Between gateway and node, a dead side is noticed
// within five seconds, as by every program that dialed; the gateway leaves a
// phone's radio to sleep longer.
var (
	LinkKeepalive   = Keepalive{Ping: 1500 * time.Millisecond, Idle: 4500 * time.Millisecond}
	ClientKeepalive = Keepalive{Ping: 15 * time.Second, Idle: 40 * time.Second}
)

const (
	writeTimeout = 20 * time.Second // for one message, before the peer counts as dead
	helloTimeout = 10 * time.Second // from the upgrade to rpc.hello
	recheckEvery = time.Second      // rights of open streams and subscriptions
)

// Conn is one WebSocket of the protocol. Run carries it; everything else may be
// called while it runs, from any goroutine.
type Conn struct {
	ws       *websocket.Conn
	registry *Registry
	identify Identify
	log      *slog.Logger
	accepted bool // the other side dialed, and must say hello

	out      *outbox
	subs     *subscriptions
	done     chan struct{} // closed when Run returns
	failed   chan error    // capacity 1: asks Run to end
	handlers sync.WaitGroup

	keepalive atomic.Pointer[Keepalive]
	born      time.Time
	extended  atomic.Int64 // when the deadline for reading was moved, after born
	trips     roundTrips

	mu        sync.Mutex
	ctx       func() context.Context // of Run, for Go; nil before and after
	onClose   []func()
	greeted   bool
	peer      wire.ClientInfo
	nextID    uint32
	calls     map[uint32]chan<- wire.Message     // ours, waiting for an answer
	serving   map[string]context.CancelCauseFunc // theirs in flight, by id
	busy      int                                // theirs whose answers have not found room yet
	opened    map[wire.StreamID]*Stream          // by our calls
	carried   map[wire.StreamID]*Stream          // by their calls
	listeners map[string]func(wire.Event)        // by topic we subscribed to
	guards    map[*Stream]string                 // stream → its capability
}

func newConn(ws *websocket.Conn, r *Registry, identify Identify, log *slog.Logger, accepted bool) *Conn {
	c := &Conn{
		ws: ws, registry: r, identify: identify, log: log, accepted: accepted,
		out:       newOutbox(),
		born:      time.Now(),
		done:      make(chan struct{}),
		failed:    make(chan error, 1),
		calls:     map[uint32]chan<- wire.Message{},
		serving:   map[string]context.CancelCauseFunc{},
		opened:    map[wire.StreamID]*Stream{},
		carried:   map[wire.StreamID]*Stream{},
		listeners: map[string]func(wire.Event){},
		guards:    map[*Stream]string{},
	}
	c.keepalive.Store(&ClientKeepalive)
	if c.identify == nil {
		c.identify = func(context.Context) (tsidentity.Caller, error) { return tsidentity.Caller{}, nil }
	}
	c.subs = newSubscriptions(c)
	return c
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Peer returns what the other side said of itself in rpc.hello.
func (c *Conn) Peer() wire.ClientInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer
}

// SetKeepalive changes how fast a dead peer is noticed.
func (c *Conn) SetKeepalive(k Keepalive) {
	c.keepalive.Store(&k)
	c.moveDeadline()
	c.out.signal() // the writer takes up the new pace
}

// Close asks a connection that runs to end with the given cause, which must not
// be nil; the other side is told in its close frame. It does not wait; see Done.
func (c *Conn) Close(cause error) { c.failLater(cause) }

func (c *Conn) failLater(err error) {
	select {
	case c.failed <- err:
	default:
	}
}

// Run carries the connection until ctx ends, the peer closes it, or one side
// breaks the protocol. It returns after every handler has returned; the error
// says why, nil after a normal close.
func (c *Conn) Run(ctx context.Context) error {
	ctx = withConn(ctx, c)
	group, ctx := errgroup.WithContext(ctx)
	c.start(ctx)
	group.Go(func() error { return c.readLoop(ctx) })
	group.Go(func() error { return c.writeLoop(ctx) })
	group.Go(func() error { return c.subs.run(ctx) })
	group.Go(func() error { return c.recheck(ctx) })
	group.Go(func() error {
		var cause error
		select {
		case cause = <-c.failed:
		case <-ctx.Done():
			cause = context.Cause(ctx)
		}
		c.shut(cause)
		return cause
	})
	err := group.Wait()
	c.release(err)
	c.handlers.Wait()
	close(c.done)
	for _, f := range c.closers() {
		f()
	}
	return normalClose(err)
}

func (c *Conn) start(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = func() context.Context { return ctx }
}

// Go runs f on a goroutine that belongs to the connection: its ctx ends with
// it, and Run waits for it. It does nothing when the connection is not running.
func (c *Conn) Go(f func(ctx context.Context)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil {
		return
	}
	ctx := c.ctx()
	c.handlers.Go(func() { f(ctx) })
}

// OnClose adds a function that Run calls after everything on the connection has
// ended, at once if it has. It must not block for long.
func (c *Conn) OnClose(f func()) {
	c.mu.Lock()
	select {
	case <-c.done:
		c.mu.Unlock()
		f()
	default:
		c.onClose = append(c.onClose, f)
		c.mu.Unlock()
	}
}

func (c *Conn) closers() []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.onClose
}

// shut says goodbye and closes the socket, which ends the read loop.
func (c *Conn) shut(cause error) {
	code, text := websocket.CloseGoingAway, "bye"
	switch {
	case errors.Is(cause, errViolation):
		code, text = websocket.CloseProtocolError, cause.Error()
	case errors.Is(cause, errTooSlow):
		code, text = websocket.ClosePolicyViolation, cause.Error()
	case wire.ReasonOf(cause) != "" && wire.ReasonOf(cause) != wire.Internal:
		code, text = websocket.ClosePolicyViolation, cause.Error()
	}
	// A close frame holds 123 bytes of valid UTF-8 (RFC 6455, 5.5).
	msg := websocket.FormatCloseMessage(code, strings.ToValidUTF8(text[:min(len(text), 123)], ""))
	// Best effort: the peer may be gone, and the writer may hold the socket.
	_ = c.ws.WriteControl(websocket.CloseMessage, msg, time.Now().Add(200*time.Millisecond))
	c.ws.Close()
}

// release ends everything that hangs on the connection.
func (c *Conn) release(cause error) {
	switch {
	case cause == nil:
		cause = ErrClosed
	case !errors.Is(cause, ErrClosed):
		cause = fmt.Errorf("%w: %w", ErrClosed, cause)
	}
	c.out.fail(cause)
	c.mu.Lock()
	c.ctx = nil
	for id, ch := range c.calls {
		close(ch)
		delete(c.calls, id)
	}
	for _, cancel := range c.serving {
		cancel(ErrClosed)
	}
	var streams []*Stream
	for _, s := range c.opened {
		streams = append(streams, s)
	}
	for _, s := range c.carried {
		streams = append(streams, s)
	}
	c.mu.Unlock()
	for _, s := range streams {
		s.finish(ErrClosed)
	}
}

// forget takes a stream off the connection, once.
func (c *Conn) forget(s *Stream, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	close(s.done)
	if s.cancel != nil {
		s.cancel(cause)
	}
	delete(c.guards, s)
	if s.opener {
		delete(c.opened, s.id)
	} else {
		delete(c.carried, s.id)
	}
}

// recheck closes, every second, what the caller has lost the right to. An
// established connection survives a policy change and nothing announces it
// (tailscale#859), so looking is the only way.
func (c *Conn) recheck(ctx context.Context) error {
	ticker := time.NewTicker(recheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		c.mu.Lock()
		streams := make(map[*Stream]string, len(c.guards))
		for s, capability := range c.guards {
			streams[s] = capability
		}
		c.mu.Unlock()
		if len(streams) == 0 && len(c.subs.names()) == 0 {
			continue
		}
		who, err := c.identify(ctx)
		if err != nil {
			return err
		}
		for s, capability := range streams {
			if err := c.stillAllowed(s, capability, who); err != nil {
				s.Close(err)
			}
		}
		c.subs.revoke(who)
	}
}

func (c *Conn) stillAllowed(s *Stream, capability string, who tsidentity.Caller) error {
	if !who.Can(capability) {
		return refusal(who, capability)
	}
	c.mu.Lock()
	guard := s.guard
	c.mu.Unlock()
	if guard != nil {
		return guard(who)
	}
	return nil
}

func normalClose(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, errPeerClosed) {
		return nil
	}
	return err
}

// errPeerClosed ends a connection whose peer said goodbye.
var errPeerClosed = errors.New("closed by the other side")

type connKey struct{}

func withConn(ctx context.Context, c *Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// ConnFrom returns the connection on which the call being handled came, nil for
// a call by POST.
func ConnFrom(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}
