package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
)

// journal is a log that a test reads while others write.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

// logged returns options with a log of what broke.
func logged() (rpc.Options, *journal) {
	j := new(journal)
	return rpc.Options{Log: slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelError}))}, j
}

// wantInLog fails the test unless err is an internal error whose request id the
// log has, in one line with the given text.
func wantInLog(t *testing.T, j *journal, err error, text string) {
	t.Helper()
	wantReason(t, err, wire.Internal)
	e, ok := errors.AsType[*wire.Error](err)
	if !ok || e.Data.RequestID == "" {
		t.Fatalf("error %v has no request id", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.buf.String()) {
		if strings.Contains(line, "request_id="+e.Data.RequestID) && strings.Contains(line, text) {
			return
		}
	}
	t.Errorf("the log has no line with %s and %q:\n%s", e.Data.RequestID, text, j.buf.String())
}

// A panic in a stream's pump ended the process, with everybody's terminals.
func TestPanicInAPumpEndsItsStreamOnly(t *testing.T) {
	opts, j := logged()
	b := newBench(t, opts, rpc.Call("math.add", "math:use", add), flow("flow.panic", func(context.Context, *rpc.Stream) error {
		panic("boom")
	}))
	c := b.dial(t)
	_, err := open(t, c, "flow.panic").Recv(t.Context())
	wantInLog(t, j, err, "broken_test.go") // where it happened
	if err := c.Call(t.Context(), "math.add", addParams{1, 1}, nil); err != nil {
		t.Errorf("the connection ended with the stream: %v", err)
	}
}

func TestBrokenPumpIsInTheLog(t *testing.T) {
	opts, j := logged()
	b := newBench(t, opts, flow("flow.broken", func(context.Context, *rpc.Stream) error {
		return errors.New("the disk is gone")
	}))
	_, err := open(t, b.dial(t), "flow.broken").Recv(t.Context())
	wantInLog(t, j, err, "the disk is gone")
}

// An internal error of another process was passed on, and not logged here.
func TestInternalErrorFromElsewhereIsInTheLog(t *testing.T) {
	opts, j := logged()
	b := newBench(t, opts, rpc.Call("far.away", "far:use", func(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
		return wire.Nothing{}, fmt.Errorf("asking the machine: %w", wire.Errorf(wire.Internal, "it broke there"))
	}))
	wantInLog(t, j, b.dial(t).Call(t.Context(), "far.away", wire.Nothing{}, nil), "asking the machine: it broke there")
}

// A result that can't be encoded is a bug of ours: the caller got an internal
// error without a request id, and the log nothing.
func TestResultThatIsNoJSONIsInTheLog(t *testing.T) {
	opts, j := logged()
	b := newBench(t, opts, rpc.Call("math.root", "math:use", func(context.Context, tsidentity.Caller, wire.Nothing) (float64, error) {
		return math.NaN(), nil
	}))
	wantInLog(t, j, b.dial(t).Call(t.Context(), "math.root", wire.Nothing{}, nil), "NaN")
	resp, err := http.Post(b.URL+"/rpc", "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"math.root"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusInternalServerError || !bytes.Contains(body, []byte(`"requestId"`)) {
		t.Errorf("POST = %d %s, %v; want 500 with a request id", resp.StatusCode, body, err)
	}
}
