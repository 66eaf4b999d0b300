package rpc_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// one is a listener with one connection.
type one struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *one) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *one) Close() error {
	close(l.done)
	return nil
}

func (l *one) Addr() net.Addr { return &net.UnixAddr{Name: "one", Net: "pipe"} }

// serveOne serves one connection, whose other end it returns, until the bubble
// is done.
func serveOne(t *testing.T, serve http.HandlerFunc) net.Conn {
	t.Helper()
	here, there := net.Pipe()
	l := &one{conns: make(chan net.Conn, 1), done: make(chan struct{})}
	l.conns <- there
	srv := &http.Server{Handler: serve}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return here
}

// posts answers calls by POST.
func posts(t *testing.T, entries ...rpc.Entry) http.HandlerFunc {
	t.Helper()
	r, err := rpc.NewRegistry(rpc.Options{}, entries...)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, req *http.Request) { r.ServePost(w, req, member("ada", "*:*")) }
}

// posted sends the head of a POST and the given part of its body, and returns
// the status of the answer.
func posted(t *testing.T, c net.Conn, length int, body string) int {
	t.Helper()
	if _, err := fmt.Fprintf(c, "POST /rpc HTTP/1.1\r\nHost: homie\r\nContent-Length: %d\r\n\r\n%s", length, body); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Minute)) // in the bubble's time
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// A body that never ends held its request, and the memory of it, for ever.
func TestSlowBodyIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := posted(t, serveOne(t, posts(t)), 1000, `{"jsonrpc"`); got != http.StatusBadRequest {
			t.Errorf("a body that does not end is answered by %d, want 400", got)
		}
	})
}

// The bound on a body is none on what the call then takes.
func TestSlowCallOutlivesItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serveOne(t, posts(t, rpc.Call("job.wait", "job:use", func(ctx context.Context, _ tsidentity.Caller, _ wire.Nothing) (wire.Nothing, error) {
			select {
			case <-time.After(25 * time.Second):
				return wire.Nothing{}, nil
			case <-ctx.Done():
				return wire.Nothing{}, context.Cause(ctx)
			}
		})))
		body := `{"jsonrpc":"2.0","id":1,"method":"job.wait"}`
		if got := posted(t, c, len(body), body); got != http.StatusOK {
			t.Errorf("a call of 25 s is answered by %d, want 200", got)
		}
	})
}
