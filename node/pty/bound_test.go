//go:build linux || darwin

package pty_test

import (
	"context"
	"errors"
	"io"
	"os/user"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/node/pty"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// bounds is a gateway's bound on a node, which a test changes.
type bounds struct {
	values atomic.Pointer[[]tsidentity.Value]
}

// set bounds the gateway to the capabilities, as the accounts; nil is every one.
func (b *bounds) set(as []string, allow ...string) {
	b.values.Store(&[]tsidentity.Value{{Allow: allow, As: as}})
}

func (b *bounds) get() []tsidentity.Value { return *b.values.Load() }

// bounded is a node whose gateway's bound may change, and which bounds nothing yet.
func bounded(t *testing.T) (*rpc.Conn, *bounds) {
	t.Helper()
	b := &bounds{}
	b.set(nil, "terminal:*")
	c, _ := connectWithin(t, pty.Options{Node: "den", Dir: t.TempDir(), StateDir: t.TempDir(), Launch: homietest.Holders(t)}, b.get)
	return c, b
}

func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// attempt is a call of a method.
type attempt struct {
	method string
	do     func() error
}

// attempts are calls of each method about a session and its recording. In this
// order each of them can succeed.
func attempts(t *testing.T, c *rpc.Conn, s terminal.Session, recording terminal.RecordingID) []attempt {
	name := "renamed"
	return []attempt{
		invoke(t, c, terminal.Start, terminal.StartParams{Command: []string{"cat"}, Cols: 80, Rows: 24}),
		open(t, c, terminal.Attach, terminal.AttachParams{Session: s.ID}),
		invoke(t, c, terminal.Input, terminal.InputParams{Session: s.ID, Data: "x"}),
		invoke(t, c, terminal.Resize, terminal.ResizeParams{Session: s.ID, Cols: 80, Rows: 24}),
		invoke(t, c, terminal.Update, terminal.UpdateParams{Session: s.ID, Name: &name}),
		invoke(t, c, terminal.Control, terminal.ControlParams{Session: s.ID, Mode: terminal.Open}),
		invoke(t, c, terminal.Multiplexers, terminal.MultiplexerParams{}),
		invoke(t, c, terminal.ListFiles, terminal.ListFilesParams{Session: s.ID}),
		open(t, c, terminal.ReadFile, terminal.ReadFileParams{Session: s.ID, Path: "/etc/hosts"}),
		open(t, c, terminal.WriteFile, terminal.WriteFileParams{Session: s.ID, Name: "a", Size: 1, Upload: "0123456789abcdef"}),
		invoke(t, c, terminal.Record, terminal.RecordParams{Session: s.ID}),
		open(t, c, terminal.RecordingRead, terminal.RecordingReadParams{Recording: recording}),
		invoke(t, c, terminal.RecordStop, terminal.RecordParams{Session: s.ID}),
		invoke(t, c, terminal.RecordingDelete, terminal.RecordingParams{Recording: recording}),
		invoke(t, c, terminal.Kill, terminal.KillParams{Session: s.ID}),
	}
}

func invoke[P, R any](t *testing.T, c *rpc.Conn, m wire.Method[P, R], p P) attempt {
	return attempt{m.Name, func() error {
		_, err := rpc.Invoke(olivia(t), c, m, p)
		return err
	}}
}

func open[P, R any](t *testing.T, c *rpc.Conn, m wire.Method[P, R], p P) attempt {
	return attempt{m.Name, func() error {
		_, s, err := rpc.Open(olivia(t), c, m, p)
		if err == nil {
			s.Close(nil)
		}
		return err
	}}
}

// lists are the methods that leave out what is not within the bound.
var lists = []string{terminal.List.Name, terminal.RecordingList.Name}

// recorded is a session with a recording of it.
func recorded(t *testing.T, c *rpc.Conn) (terminal.Session, terminal.RecordingID) {
	t.Helper()
	s := begin(t, c, "cat")
	s, err := rpc.Invoke(olivia(t), c, terminal.Record, terminal.RecordParams{Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	return s, s.Recording.ID
}

// Each method that the service has is refused as an account that is not within the
// gateway's bound, and served as one that is.
func TestEveryMethodIsBounded(t *testing.T) {
	c, bound := bounded(t)
	s, recording := recorded(t, c)
	calls := attempts(t, c, s, recording)
	for _, e := range pty.New(pty.Options{}).API() {
		m, ok := e.(*rpc.Method)
		if ok && !slices.Contains(lists, m.Name) && !slices.ContainsFunc(calls, func(a attempt) bool { return a.method == m.Name }) {
			t.Errorf("nothing here tests that %s is bounded", m.Name)
		}
	}
	for _, tc := range []struct {
		name string
		set  func()
	}{
		{"as another account", func() { bound.set([]string{"somebody-else"}, "terminal:*") }},
		{"as nobody", func() { bound.set([]string{}, "terminal:*") }},
		{"accounts of something else", func() {
			bound.values.Store(&[]tsidentity.Value{{Allow: []string{"terminal:*"}, As: []string{}}, {Allow: []string{"jobs:*"}, As: []string{me(t)}}})
		}},
		{"something else", func() { bound.set(nil, "jobs:*") }},
		{"nothing", func() { bound.values.Store(&[]tsidentity.Value{}) }},
	} {
		tc.set()
		for _, call := range calls {
			if err := call.do(); wire.ReasonOf(err) != wire.Forbidden {
				t.Errorf("%s: %s = %v, want forbidden", tc.name, call.method, err)
			}
		}
		if all, err := rpc.Invoke(olivia(t), c, terminal.List, terminal.ListParams{}); len(all.Sessions) > 0 {
			t.Errorf("%s: the list has %+v, %v", tc.name, all, err)
		}
		if all, err := rpc.Invoke(olivia(t), c, terminal.RecordingList, terminal.RecordingListParams{}); len(all.Recordings) > 0 {
			t.Errorf("%s: the recordings are %+v, %v", tc.name, all, err)
		}
	}
	bound.set([]string{"media", me(t)}, "terminal:*")
	if got := listed(t, c); got.State != terminal.Running || got.Name == "renamed" || got.Recording.EndedAt != nil {
		t.Errorf("what was refused had an effect: %+v", got)
	}
	for _, call := range calls {
		if err := call.do(); err != nil {
			t.Errorf("as this account: %s = %v", call.method, err)
		}
	}
}

// A gateway that may only look may not type.
func TestABoundThatOnlyReads(t *testing.T) {
	c, bound := bounded(t)
	s, recording := recorded(t, c)
	bound.set([]string{me(t)}, "terminal:read")
	reads := []string{terminal.RecordingRead.Name}
	for _, call := range attempts(t, c, s, recording) {
		if err := call.do(); slices.Contains(reads, call.method) != (err == nil) || (err != nil && wire.ReasonOf(err) != wire.Forbidden) {
			t.Errorf("%s = %v", call.method, err)
		}
	}
	watch := open(t, c, terminal.Attach, terminal.AttachParams{Session: s.ID, Watch: true})
	if err := watch.do(); err != nil {
		t.Errorf("watching: %v", err)
	}
	if got := listed(t, c); got.ID != s.ID {
		t.Errorf("the list has %+v", got)
	}
}

// Whoever has something open when the bound changes loses it within two seconds,
// and hears of nothing more.
func TestABoundThatIsTakenAway(t *testing.T) {
	c, bound := bounded(t)
	news := make(chan terminal.Session, 100)
	refused := make(chan error, 1)
	err := rpc.Subscribe(t.Context(), c, terminal.Changed, func(v terminal.Session, e wire.Event) {
		if e.Error != nil {
			refused <- e.Error
			return
		}
		news <- v
	})
	if err != nil {
		t.Fatal(err)
	}
	s, recording := recorded(t, c)
	_, typing := attach(t, c, terminal.AttachParams{Session: s.ID})
	_, watching := attach(t, c, terminal.AttachParams{Session: s.ID, Watch: true})
	_, playing, err := rpc.Open(olivia(t), c, terminal.RecordingRead, terminal.RecordingReadParams{Recording: recording, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	_, sending, err := rpc.Open(olivia(t), c, terminal.WriteFile, terminal.WriteFileParams{Session: s.ID, Name: "a", Size: 1, Upload: "0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	bound.set([]string{me(t)}, "terminal:read")
	wantRefused(t, "typing", typing)
	wantRefused(t, "sending a file", sending)
	if err := errors.Join(watching.Err(), playing.Err()); err != nil {
		t.Errorf("who watches was put out, too: %v", err)
	}
	bound.set([]string{"somebody-else"}, "terminal:*")
	wantRefused(t, "watching", watching)
	wantRefused(t, "playing", playing)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("that took %v, want two seconds each", took)
	}
	for len(news) > 0 {
		<-news
	}
	// Another's session starts and ends, as far as the gateway can tell not at all.
	bound.set([]string{me(t)}, "terminal:write")
	select {
	case err := <-refused:
		if wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("the news end with %v", err)
		}
	case <-time.After(patience):
		t.Error("the news go on without the right to them")
	}
	begin(t, c, "true")
	if len(news) > 0 {
		t.Errorf("it heard %+v", <-news)
	}
}

// wantRefused reads a stream until it ends, which has to be a refusal.
func wantRefused(t *testing.T, what string, s *rpc.Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, err := s.Recv(ctx)
		if errors.Is(err, io.EOF) || (err != nil && wire.ReasonOf(err) != wire.Forbidden) {
			t.Errorf("%s ends with %v, want a refusal", what, err)
		}
		if err != nil {
			return
		}
	}
}

// What is told of a session as another account is told to nobody.
func TestNewsAreWithinTheBound(t *testing.T) {
	c, bound := bounded(t)
	news := make(chan terminal.Session, 100)
	if err := rpc.Subscribe(t.Context(), c, terminal.Changed, func(v terminal.Session, e wire.Event) {
		if e.Error == nil && !e.Reset {
			news <- v
		}
	}); err != nil {
		t.Fatal(err)
	}
	first := begin(t, c, "cat")
	if got := <-news; got.ID != first.ID {
		t.Fatalf("the news are %+v", got)
	}
	values := []tsidentity.Value{{Allow: []string{"terminal:write"}}, {Allow: []string{"terminal:read"}, As: []string{"somebody-else"}}}
	bound.values.Store(&values)
	hidden := begin(t, c, "cat")
	if _, err := rpc.Invoke(t.Context(), c, terminal.Kill, terminal.KillParams{Session: hidden.ID}); err != nil {
		t.Fatal(err)
	}
	bound.set(nil, "terminal:*")
	shown := begin(t, c, "cat")
	for {
		got := <-news
		if got.ID == shown.ID {
			return
		}
		if got.ID == hidden.ID && got.State == terminal.Running {
			t.Errorf("the news tell of %+v", got)
		}
	}
}
