//go:build linux || darwin

package pty_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/node/pty"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// connect serves a node's terminals over a real socket and returns the
// gateway's end of it, whose caller stands for olivia.
func connect(t *testing.T) *rpc.Conn {
	t.Helper()
	dir := t.TempDir()
	c, _ := connectTo(t, pty.Options{Node: "den", Dir: t.TempDir(), StateDir: dir, Launch: homietest.Holders(t)})
	return c
}

// connectTo is connect for a node with the given options, which ends with the
// test if it was not ended before.
func connectTo(t *testing.T, o pty.Options) (c *rpc.Conn, end func()) {
	t.Helper()
	all := tsidentity.Value{Allow: []string{"*:*"}}
	return connectWithin(t, o, func() []tsidentity.Value { return []tsidentity.Value{all} })
}

// connectWithin is connectTo for a gateway whose bound on the node may change.
func connectWithin(t *testing.T, o pty.Options, bound func() []tsidentity.Value) (c *rpc.Conn, end func()) {
	t.Helper()
	o.Log = homietest.Log(t)
	s := pty.New(o)
	r, err := rpc.NewRegistry(rpc.Options{TrustMeta: true, Rate: rpc.Rate{PerSecond: 1e6, Burst: 1e6}}, s.API()...)
	if err != nil {
		t.Fatal(err)
	}
	identify := func(context.Context) (tsidentity.Caller, error) {
		return tsidentity.Caller{
			Class:  tsidentity.ClassGateway,
			Device: tsidentity.Device{ID: "n1", Name: "homie"},
			Rights: tsidentity.Rights{Values: bound()},
		}, nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who, _ := identify(req.Context())
		r.ServeSocket(w, req, who, identify)
	}))
	c, err = rpc.Dialer{URL: server.URL}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { _ = c.Run(ctx); done <- struct{}{} }()
	go func() { _ = s.Run(ctx); done <- struct{}{} }()
	end = sync.OnceFunc(func() {
		cancel()
		<-done
		<-done
		server.Close()
	})
	t.Cleanup(end)
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "cli", Version: "test"}); err != nil {
		t.Fatal(err)
	}
	return c, end
}

// olivia is for whom the gateway calls.
func olivia(t *testing.T) context.Context {
	return rpc.WithOnBehalf(t.Context(), tsidentity.Caller{
		Class:  tsidentity.ClassPerson,
		Person: tsidentity.Person{ID: "1", Name: "Olivia"},
		Device: tsidentity.Device{ID: "n2", Name: "olivia-laptop"},
	})
}

// begin starts a session; right after the node started it may need patience.
func begin(t *testing.T, c *rpc.Conn, command ...string) terminal.Session {
	t.Helper()
	for late := time.After(20 * time.Second); ; {
		s, err := rpc.Invoke(olivia(t), c, terminal.Start, terminal.StartParams{Command: command, Cols: 80, Rows: 24})
		if err == nil {
			return s
		}
		select {
		case <-late:
			t.Fatal(err)
		default:
		}
		if wire.ReasonOf(err) != wire.Unavailable {
			t.Fatal(err)
		}
	}
}

func attach(t *testing.T, c *rpc.Conn, p terminal.AttachParams) (terminal.Attached, *rpc.Stream) {
	t.Helper()
	a, st, err := rpc.Open(t.Context(), c, terminal.Attach, p)
	if err != nil {
		t.Fatal(err)
	}
	return a, st
}

// readUntil reads a stream until it has shown text, or ended for "".
func readUntil(t *testing.T, st *rpc.Stream, from uint64, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var seen bytes.Buffer
	for text == "" || !strings.Contains(seen.String(), text) {
		chunk, err := st.Recv(ctx)
		if err != nil {
			if text == "" && ctx.Err() == nil {
				return seen.String()
			}
			t.Fatalf("stream ended with %v after %q", err, seen.String())
		}
		if chunk.Kind == wire.Note {
			continue
		}
		if want := from + uint64(seen.Len()); chunk.Kind != wire.Data || chunk.Offset != want {
			t.Fatalf("chunk is at byte %d, want %d", chunk.Offset, want)
		}
		seen.Write(chunk.Data)
	}
	return seen.String()
}

func TestServiceCarriesATerminal(t *testing.T) {
	c := connect(t)
	changes := make(chan terminal.Session, 100)
	err := rpc.Subscribe(t.Context(), c, terminal.Changed, func(s terminal.Session, _ wire.Event) { changes <- s })
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, c, "sh", "-c", "stty size; read x; stty size; seq 1 100000; exit 4")
	if s.StartedBy != "Olivia on olivia-laptop" || s.Node != "den" || s.State != terminal.Running {
		t.Errorf("started %+v, want it to run on den for Olivia", s)
	}
	_, st := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: new(uint64)})
	first := readUntil(t, st, 0, "24 80\r\n")
	size := terminal.ResizeParams{Session: s.ID, Cols: 100, Rows: 30}
	if _, err := rpc.Invoke(t.Context(), c, terminal.Resize, size); err != nil {
		t.Fatal(err)
	}
	if err := st.Send(t.Context(), 0, []byte("\n")); err != nil {
		t.Fatal(err)
	}
	rest := readUntil(t, st, uint64(len(first)), "")
	var want strings.Builder
	want.WriteString("\r\n30 100\r\n")
	for i := range 100_000 {
		fmt.Fprintf(&want, "%d\r\n", i+1)
	}
	if rest != want.String() {
		t.Errorf("rest has %d bytes, want %d", len(rest), want.Len())
	}

	for last := range changes {
		if last.State == terminal.Exited {
			if last.ExitCode == nil || *last.ExitCode != 4 || last.Offset != uint64(len(first)+len(rest)) {
				t.Errorf("told of the end: %+v", last)
			}
			break
		}
	}
	at := uint64(len(first))
	a, again := attach(t, c, terminal.AttachParams{Session: s.ID, Offset: &at, Watch: true})
	if a.Offset != at || readUntil(t, again, at, "") != rest {
		t.Error("attaching after the end does not give the same bytes")
	}
	checkRemoved(t, c, s.ID)
}

func checkRemoved(t *testing.T, c *rpc.Conn, id wire.SessionID) {
	t.Helper()
	if _, err := rpc.Invoke(t.Context(), c, terminal.Kill, terminal.KillParams{Session: id}); err != nil {
		t.Fatal(err)
	}
	list, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{})
	if err != nil || len(list.Sessions) != 0 {
		t.Errorf("list = %+v, %v, want no sessions", list, err)
	}
	if _, _, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Session: id}); wire.ReasonOf(err) != wire.NotFound {
		t.Errorf("Attach to a removed session = %v, want not found", err)
	}
}

// TestServiceSurvivesADeafProgram fills the input of a program that reads
// nothing: the connection serves everything else meanwhile.
func TestServiceSurvivesADeafProgram(t *testing.T) {
	c := connect(t)
	deaf := begin(t, c, "sh", "-c", "stty raw -echo; echo ready; exec sleep 1000")
	_, st := attach(t, c, terminal.AttachParams{Session: deaf.ID, Offset: new(uint64)})
	readUntil(t, st, 0, "ready")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := st.Send(ctx, 0, make([]byte, 4<<20)); err == nil {
		t.Error("4 MiB were taken for a program that reads nothing")
	}

	other := begin(t, c, "cat")
	_, ot := attach(t, c, terminal.AttachParams{Session: other.ID, Offset: new(uint64)})
	if _, err := rpc.Invoke(t.Context(), c, terminal.Input, terminal.InputParams{Session: other.ID, Data: "hi\n"}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, ot, 0, "hi\r\n")
	if _, err := rpc.Invoke(t.Context(), c, terminal.Kill, terminal.KillParams{Session: deaf.ID}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, st, uint64(len("ready\n")), "")
}
