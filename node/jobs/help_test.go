//go:build linux || darwin

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/user"
	"strings"
	"sync"
	"testing"

	"homie/internal/homietest"
	"homie/node/jobs"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirejobs "homie/wire/jobs"
)

// TestMain also serves the runners that tests start.
func TestMain(m *testing.M) { homietest.Main(m) }

// machine is a node's jobs, with a client.
type machine struct {
	*rpc.Conn
	t   *testing.T
	dir string // of its state
	end func() // ends the node; programs run on
}

// begin runs the jobs of a state directory until end or the end of the test.
func begin(t *testing.T, dir string, adjust ...func(*jobs.Options)) *machine {
	t.Helper()
	return beginFor(t, dir, tsidentity.Value{Allow: []string{"*:*"}}, adjust...)
}

// beginFor is begin for a gateway that is bounded.
func beginFor(t *testing.T, dir string, bound tsidentity.Value, adjust ...func(*jobs.Options)) *machine {
	t.Helper()
	o := jobs.Options{Node: "den", StateDir: dir, Log: homietest.Log(t)}
	for _, f := range adjust {
		f(&o)
	}
	s := jobs.New(o)
	r, err := rpc.NewRegistry(rpc.Options{TrustMeta: true, Rate: rpc.Rate{PerSecond: 1e6, Burst: 1e6}}, s.API()...)
	if err != nil {
		t.Fatal(err)
	}
	who := tsidentity.Caller{
		Class: tsidentity.ClassGateway, Device: tsidentity.Device{ID: "n1", Name: "homie"},
		Rights: tsidentity.Rights{Values: []tsidentity.Value{bound}},
	}
	identify := func(context.Context) (tsidentity.Caller, error) { return who, nil }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.ServeSocket(w, req, who, identify)
	}))
	c, err := rpc.Dialer{URL: server.URL}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = c.Run(ctx) }) // what ended it shows in the calls
	parts.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("jobs ended with %v", err)
		}
	})
	m := &machine{Conn: c, t: t, dir: dir, end: sync.OnceFunc(func() {
		cancel()
		parts.Wait()
		server.Close()
	})}
	t.Cleanup(m.end)
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "cli", Version: "test"}); err != nil {
		t.Fatal(err)
	}
	return m
}

// ctx is a call for Olivia.
func (m *machine) ctx() context.Context {
	return rpc.WithOnBehalf(m.t.Context(), tsidentity.Caller{
		Class: tsidentity.ClassPerson, Person: tsidentity.Person{ID: "1", Name: "Olivia"},
		Device: tsidentity.Device{ID: "n2", Name: "olivia-laptop"},
	})
}

// asMe is a file that says as whom it runs: root has to be named.
func asMe(t *testing.T, toml string) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("account = %q\n", me.Username) + toml
}

// define defines a job that has to be fine.
func (m *machine) define(id wirejobs.ID, toml string) wirejobs.Job {
	m.t.Helper()
	got, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Define, wirejobs.DefineParams{Job: id, TOML: asMe(m.t, toml)})
	if err != nil || got.Job == nil {
		m.t.Fatalf("defining %s: %v, %v", id, got.Problems, err)
	}
	return *got.Job
}

// run starts a job.
func (m *machine) run(p wirejobs.LaunchParams) wirejobs.Run {
	m.t.Helper()
	r, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Start, p)
	if err != nil {
		m.t.Fatalf("starting %s: %v", p.Job, err)
	}
	return r
}

func (m *machine) status(id wirejobs.RunID) (wirejobs.Run, error) {
	return rpc.Invoke(m.ctx(), m.Conn, wirejobs.Status, wirejobs.RunParams{Run: id})
}

// wait waits until a run is in a state.
func (m *machine) wait(id wirejobs.RunID, want wirejobs.State) (r wirejobs.Run) {
	m.t.Helper()
	homietest.Eventually(m.t, fmt.Sprintf("run %s is %s", id, want), func() (err error) {
		if r, err = m.status(id); err == nil && r.State != want {
			err = fmt.Errorf("it is %s (%s %s)", r.State, r.Outcome, r.Why)
		}
		return err
	})
	return r
}

// log returns what a run printed, with ~ for what is not kept.
func (m *machine) log(p wirejobs.TailParams) string {
	m.t.Helper()
	_, st, err := rpc.Open(m.ctx(), m.Conn, wirejobs.Tail, p)
	if err != nil {
		m.t.Fatal(err)
	}
	defer st.Close(nil)
	var out strings.Builder
	for next := p.Offset; ; {
		c, err := st.Recv(m.t.Context())
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			m.t.Fatal(err)
		}
		if c.Offset != next {
			out.WriteString("~")
		}
		out.Write(c.Data)
		next = c.Offset + uint64(len(c.Data))
	}
}
