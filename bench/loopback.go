package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"homie/bench/measure"
	"homie/internal/tailbox"
	"homie/node/pty"
	"homie/node/pty/holder"
	"homie/rpc"
	"homie/wire"
	wireholder "homie/wire/holder"
	"homie/wire/terminal"
)

// loopback is a holder that this process uses itself, over its unix socket: what
// terminals cost without any network.
type loopback struct {
	conn  *rpc.Conn
	pid   int
	end   context.CancelFunc
	ended chan struct{}
}

// openLoopback starts the holder of a new state directory and adopts it.
func (h *house) openLoopback(ctx context.Context, name string) (*loopback, error) {
	dir := filepath.Join(h.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	homie, err := filepath.Abs(h.homie)
	if err != nil {
		return nil, err
	}
	if err := pty.Program(homie)(ctx, dir); err != nil {
		return nil, err
	}
	socket, err := holder.Socket(dir)
	if err != nil {
		return nil, err
	}
	l := &loopback{ended: make(chan struct{})}
	dialer := rpc.Dialer{URL: "http://holder", NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	for deadline := time.Now().Add(patience); ; {
		if l.conn, err = dialer.Dial(ctx); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("reaching a holder: %w", err)
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return nil, err
		}
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	l.end = end
	go func() {
		defer close(l.ended)
		_ = l.conn.Run(running) // how it ended shows in what waits for it
	}()
	return l, l.adopt(ctx)
}

func (l *loopback) adopt(ctx context.Context) error {
	if _, err := l.conn.Hello(ctx, wire.ClientInfo{Kind: "relay", Version: "bench"}); err != nil {
		return err
	}
	got, err := rpc.Invoke(ctx, l.conn, wireholder.Adopt, wireholder.AdoptParams{
		Version: "bench", Node: "bench", Environ: os.Environ()[:min(len(os.Environ()), 500)], LingerMs: 1,
	})
	l.pid = got.PID
	return err
}

// close ends the holder with all it has, and waits until it has ended.
func (l *loopback) close() error {
	l.end()
	<-l.ended
	if l.pid == 0 {
		return nil // it was never heard of; without a node it ends by itself
	}
	hangUp(l.pid, false)
	ctx, cancel := context.WithTimeout(context.Background(), holderPatience) // whatever it was that ended
	defer cancel()
	for !ended(l.pid) {
		if pause(ctx, time.Millisecond) != nil {
			hangUp(l.pid, true)
			return fmt.Errorf("a holder has not ended %s after it was asked to", holderPatience)
		}
	}
	return nil
}

// holderPatience is how long a holder may take to end: it gives its sessions less
// than five seconds, all at once, on a machine that does nothing else.
const holderPatience = time.Minute

// start starts a session.
func (l *loopback) start(ctx context.Context, command ...string) (terminal.Session, error) {
	return rpc.Invoke(ctx, l.conn, terminal.Start, terminal.StartParams{Node: "bench", Command: command, Cols: 80, Rows: 24})
}

// held is a terminal of the holder's.
type held struct {
	ctx    context.Context //nolint:containedctx // of one measurement, which measure.Terminal has no place for
	stream *rpc.Stream
	typed  uint64
}

// Type sends what is typed.
func (t *held) Type(p []byte) error {
	at := t.typed
	t.typed += uint64(len(p))
	return t.stream.Send(t.ctx, at, p)
}

// Read waits for output.
func (t *held) Read() ([]byte, error) {
	for {
		c, err := t.stream.Recv(t.ctx)
		if err != nil || c.Kind == wire.Data {
			return c.Data, err
		}
	}
}

// bulkLoopback measures output from the PTY to a client of the holder, which
// keeps the screen meanwhile.
func (h *house) bulkLoopback(ctx context.Context, l *loopback, r runs, o measure.Order) error {
	s, err := l.start(ctx, o.Command()...)
	if err != nil {
		return err
	}
	before, noCount := processor(l.pid)
	_, stream, err := rpc.Open(ctx, l.conn, terminal.Attach, terminal.AttachParams{Node: "bench", Session: s.ID, Offset: new(uint64)})
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	got, err := o.Take(ctx, &held{ctx: ctx, stream: stream})
	if err != nil {
		return fmt.Errorf("measuring a holder: %w", err)
	}
	r.add("bulk", "loopback", float64(o.Output.Bytes)/1e6/got.Seconds)
	if after, err := processor(l.pid); err == nil && noCount == nil {
		r.add("bulk cpu holder", "loopback", (after-before)/float64(o.Output.Bytes)*1e9)
	}
	return nil
}

// attachLines is how much has scrolled away when somebody attaches.
const attachLines = 10_000

// attach measures how long a viewer who comes later waits for the screen and all
// that has scrolled away.
func (h *house) attach(ctx context.Context, l *loopback, r runs) error {
	script := fmt.Sprintf(`i=0; while [ $i -lt %d ]; do printf '\033[3%%dm%%06d\033[0m some words of a log line that is not too long\n' $((i%%8)) $i; i=$((i+1)); done; printf done; exec sleep 600`, attachLines)
	s, err := l.start(ctx, "/bin/sh", "-c", script)
	if err != nil {
		return err
	}
	if err := l.printed(ctx, s.ID, "done"); err != nil {
		return err
	}
	began := time.Now()
	_, stream, err := rpc.Open(ctx, l.conn, terminal.Attach, terminal.AttachParams{Node: "bench", Session: s.ID, History: attachLines, Watch: true})
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	size := 0
	for {
		c, err := stream.Recv(ctx)
		if err != nil {
			return fmt.Errorf("waiting for a screen: %w", err)
		}
		if c.Kind != wire.State {
			continue
		}
		if size += len(c.Data); c.Last {
			break
		}
	}
	r.add("attach", "loopback", float64(time.Since(began).Microseconds())/1e3)
	r.add("attach size", "loopback", float64(size)/1e3)
	return nil
}

// printed waits until a session has printed a text last.
func (l *loopback) printed(ctx context.Context, id wire.SessionID, text string) error {
	_, stream, err := rpc.Open(ctx, l.conn, terminal.Attach, terminal.AttachParams{Node: "bench", Session: id, Offset: new(uint64), Watch: true})
	if err != nil {
		return err
	}
	defer stream.Close(nil)
	var end []byte
	for t := (&held{ctx: ctx, stream: stream}); ; {
		p, err := t.Read()
		if err != nil {
			return fmt.Errorf("waiting for %q: %w", text, err)
		}
		end = append(end, p...)
		end = end[max(0, len(end)-len(text)):]
		if string(end) == text {
			return nil
		}
	}
}

// holderOf is the process that holds the terminals of the node.
func (h *house) holderOf() (pid int, err error) { return h.holderFor(tailbox.NodeDen) }

// holderFor is that of any node.
func (h *house) holderFor(hostname string) (pid int, err error) {
	b, err := os.ReadFile(filepath.Join(h.dir, hostname, wireholder.InfoFile))
	if err != nil {
		return 0, err
	}
	var info wireholder.Info
	return info.PID, json.Unmarshal(b, &info)
}
