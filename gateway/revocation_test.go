package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"homie/gateway/presence"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// promptly is within how long a right that was taken away must be gone.
const promptly = 2 * time.Second

// sharing makes a node one whose account always needs an "as", whoever runs the
// test.
func sharing(c *node.Config) { c.WithGateway = true }

// grantMax replaces what Max is granted.
func grantMax(t *testing.T, h *homietest.House, values ...string) {
	t.Helper()
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant(tailbox.Max, values...))); err != nil {
		t.Fatal(err)
	}
}

// terminals are all rights on the terminals of the given machines as account.
func terminals(account string, machines ...string) string {
	return fmt.Sprintf(`{"allow": ["terminal:*"], "nodes": ["%s"], "as": [%q]}`, strings.Join(machines, `", "`), account)
}

// start opens a terminal whose program answers what is typed.
func start(t *testing.T, c *rpc.Conn, on wire.NodeName) terminal.Session {
	t.Helper()
	s, err := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: on, Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	if err != nil {
		t.Fatalf("starting a terminal on %s: %v", on, err)
	}
	return s
}

// attached opens a terminal's stream and types into it.
func attached(t *testing.T, c *rpc.Conn, s terminal.Session) *rpc.Stream {
	t.Helper()
	_, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: s.Node, Session: s.ID})
	if err != nil {
		t.Fatalf("attaching to a terminal on %s: %v", s.Node, err)
	}
	if err := st.Send(t.Context(), 0, []byte("open\n")); err != nil {
		t.Fatal(err)
	}
	readUntil(t, st, "open")
	return st
}

// ending reads a stream to its end and returns why it ended.
func ending(t *testing.T, s *rpc.Stream) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), awhile)
	defer cancel()
	for {
		if _, err := s.Recv(ctx); err != nil {
			return err
		}
	}
}

// wantClosed fails the test unless the stream ends with a refusal in words,
// promptly after since.
func wantClosed(t *testing.T, s *rpc.Stream, since time.Time, words string) {
	t.Helper()
	err := ending(t, s)
	took := time.Since(since)
	wantReason(t, "the end of the stream", err, wire.Forbidden)
	if !strings.Contains(err.Error(), words) {
		t.Errorf("the stream ended with %q, want words with %q", err, words)
	}
	if took > promptly {
		t.Errorf("the stream was closed after %v, want at most %v", took.Round(time.Millisecond), promptly)
	}
	t.Logf("closed after %v", took.Round(time.Millisecond))
}

// TestRevocation takes rights away from people with an open terminal.
func TestRevocation(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	h.StartNode(tailbox.NodeNAS, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	online(t, owner, "nas")
	full := []string{`{"role": "member"}`, terminals(h.Account, "den", "nas")}
	for _, tt := range []struct {
		name string
		loss func(*testing.T, *homietest.House, *rpc.Conn)
	}{
		{"the grant", losesTheGrant},
		{"as", losesTheAccount},
		{"a machine", losesAMachine},
		{"the device", losesTheDevice}, // which does not come back
	} {
		t.Run(tt.name, func(t *testing.T) {
			grantMax(t, h, full...)
			in := h.In(t)
			c, _ := in.Connect(tailbox.MaxTablet)
			homietest.Eventually(t, "the grant is in force", func() error {
				for _, on := range []wire.NodeName{"den", "nas"} {
					if m, _ := machine(t, c, on); !slices.Equal(m.Accounts, []string{h.Account}) {
						return fmt.Errorf("accounts on %s: %v", on, m.Accounts)
					}
				}
				return nil
			})
			tt.loss(t, in, c)
		})
	}
}

// A grant taken away closes an open terminal with words, ends subscriptions,
// and new calls are refused.
func losesTheGrant(t *testing.T, h *homietest.House, c *rpc.Conn) {
	st := attached(t, c, start(t, c, "den"))
	events, err := listen(t, c, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	grantMax(t, h)
	wantClosed(t, st, since, "terminal:read")
	for {
		e := next(t, "the end of the subscription", events)
		if e.Error != nil {
			if e.Error.Data.Reason != wire.Forbidden || e.Error.Data.Needs == nil {
				t.Errorf("the subscription ended with %+v, want a refusal that says what is needed", e.Error)
			}
			break
		}
	}
	if took := time.Since(since); took > promptly {
		t.Errorf("the subscription ended after %v, want at most %v", took, promptly)
	}
	_, err = rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "den", Cols: 80, Rows: 24})
	wantReason(t, "a new terminal", err, wire.Forbidden)
	wantReason(t, "the machines", c.Call(t.Context(), "presence.list", nil, nil), wire.Forbidden)
	_, err = listen(t, c, "presence.changed")
	wantReason(t, "a new subscription", err, wire.Forbidden)
	if err := c.Call(t.Context(), "identity.whoami", nil, nil); err != nil {
		t.Errorf("whoami after the grant is gone: %v", err)
	}
}

// Lowering "as" closes the terminals of accounts that are no longer in it. What
// one only watches stays.
func losesTheAccount(t *testing.T, h *homietest.House, c *rpc.Conn) {
	s := start(t, c, "den")
	st := attached(t, c, s)
	_, watched, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	grantMax(t, h, `{"role": "member"}`, terminals("somebody-else", "den", "nas"))
	wantClosed(t, st, since, h.Account)
	_, err = rpc.Invoke(t.Context(), c, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "x"})
	wantReason(t, "typing into it by a call", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), c, terminal.Kill, terminal.KillParams{Node: "den", Session: s.ID})
	wantReason(t, "killing it", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "den", Account: h.Account, Cols: 80, Rows: 24})
	wantReason(t, "a new one", err, wire.Forbidden)
	var e *wire.Error
	if !errors.As(err, &e) || e.Data.Needs == nil || e.Data.Needs.Account != h.Account || e.Data.Needs.Node != "den" {
		t.Errorf("the refusal %+v does not say which account on which machine is needed", err)
	}
	select {
	case <-watched.Done():
		t.Errorf("the watched terminal was closed: %v", watched.Err())
	default:
	}
}

// Losing one machine closes the terminals there and takes its events and its
// place in the lists; the other machine is not disturbed.
func losesAMachine(t *testing.T, h *homietest.House, c *rpc.Conn) {
	onDen, onNAS := attached(t, c, start(t, c, "den")), attached(t, c, start(t, c, "nas"))
	sessions, err := listen(t, c, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	machines, err := listen(t, c, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	grantMax(t, h, `{"role": "member", "nodes": ["den"]}`, terminals(h.Account, "den"))
	wantClosed(t, onNAS, since, "nas")
	var list presence.Machines
	if err := c.Call(t.Context(), "presence.list", nil, &list); err != nil || len(list.Machines) != 1 || list.Machines[0].Name != "den" {
		t.Errorf("presence.list = %+v, %v, want den alone", list.Machines, err)
	}
	got, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{})
	if err != nil || slices.ContainsFunc(got.Sessions, func(s terminal.Session) bool { return s.Node != "den" }) {
		t.Errorf("the list of terminals = %+v, %v, want those of den alone", got.Sessions, err)
	}
	_, there := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "nas", Cols: 80, Rows: 24})
	_, nowhere := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "xyz", Cols: 80, Rows: 24})
	wantReason(t, "a terminal on nas", there, wire.Forbidden)
	if strings.ReplaceAll(there.Error(), "nas", "xyz") != nowhere.Error() {
		t.Errorf("the refusals tell which machines there are: %q and %q", there, nowhere)
	}
	drain(sessions)
	drain(machines)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	start(t, owner, "nas") // what happens there is not for Max
	start(t, owner, "den")
	var s terminal.Session
	decode(t, next(t, "a terminal on den", sessions).Data, &s)
	if s.Node != "den" {
		t.Errorf("an event of a terminal on %s", s.Node)
	}
	wantEventsOfDen(t, h, owner, machines)
	if err := onDen.Send(t.Context(), 5, []byte("still here\n")); err != nil {
		t.Errorf("typing on den: %v", err)
	}
	readUntil(t, onDen, "still here")
}

// wantEventsOfDen lets nas go away, waits until den has said how it is, and wants
// no event of nas on ch.
func wantEventsOfDen(t *testing.T, h *homietest.House, owner *rpc.Conn, ch <-chan wire.Event) {
	t.Helper()
	all, err := listen(t, owner, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	h.Stop(tailbox.NodeNAS)
	var m presence.Machine
	for _, name := range []wire.NodeName{"nas", "den"} {
		for m.Name != name {
			decode(t, next(t, "an event of "+string(name), all).Data, &m)
		}
	}
	m = presence.Machine{}
	decode(t, next(t, "a heartbeat of den", ch).Data, &m)
	for more := true; more; {
		if m.Name != "den" {
			t.Errorf("an event of the machine %q", m.Name)
		}
		select {
		case e := <-ch:
			decode(t, e.Data, &m)
		default:
			more = false
		}
	}
}

// A device that is removed from the tailnet loses what is open.
func losesTheDevice(t *testing.T, h *homietest.House, c *rpc.Conn) {
	s := start(t, c, "den")
	attached(t, c, s)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	if err := h.Remove(tailbox.MaxTablet); err != nil {
		t.Fatal(err)
	}
	homietest.Within(t, promptly+time.Second, "the end of the removed device's viewer", func() error {
		got, err := rpc.Invoke(t.Context(), owner, terminal.List, terminal.ListParams{Node: "den"})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(got.Sessions, func(v terminal.Session) bool { return v.ID == s.ID })
		if n := got.Sessions[i].Viewers; n != 0 {
			return fmt.Errorf("%d viewers", n)
		}
		return nil
	})
}

// Each has the accounts of their own grant, on somebody else's terminals too.
func TestAccountsAreEachOnesOwn(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant(homietest.Mia,
		`{"role": "member"}`, terminals("mia", "den"), `{"as": ["guest"], "nodes": ["nas"]}`))); err != nil {
		t.Fatal(err)
	}
	max, _ := h.Connect(tailbox.MaxTablet)
	mia, _ := h.Connect(homietest.MiaPhone)
	online(t, max, "den")
	s := start(t, max, "den")
	if m := online(t, mia, "den"); !slices.Equal(m.Accounts, []string{"mia"}) {
		t.Errorf("Mia's accounts on den are %v, want her own alone", m.Accounts)
	}
	for what, p := range map[string]terminal.StartParams{
		"Max's account":       {Node: "den", Account: h.Account, Cols: 80, Rows: 24},
		"one of another node": {Node: "den", Account: "guest", Cols: 80, Rows: 24},
	} {
		_, err := rpc.Invoke(t.Context(), mia, terminal.Start, p)
		wantReason(t, "Mia starts a terminal as "+what, err, wire.Forbidden)
	}
	// Who names none means the one that the grant gives, which den has not.
	_, err := rpc.Invoke(t.Context(), mia, terminal.Start, terminal.StartParams{Node: "den", Cols: 80, Rows: 24})
	wantReason(t, "Mia starts a terminal", err, wire.NotFound)
	_, _, err = rpc.Open(t.Context(), mia, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	wantReason(t, "Mia attaches to Max's terminal", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), mia, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "x"})
	wantReason(t, "Mia types into Max's terminal", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), mia, terminal.Kill, terminal.KillParams{Node: "den", Session: s.ID})
	wantReason(t, "Mia kills Max's terminal", err, wire.Forbidden)
	if _, _, err := rpc.Open(t.Context(), mia, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID, Watch: true}); err != nil {
		t.Errorf("Mia watches Max's terminal: %v", err)
	}
}

// drain takes what is on ch already.
func drain[T any](ch <-chan T) {
	for {
		select {
		case <-ch:
		default:
			return
		}
	}
}

func decode(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("decoding %s: %v", raw, err)
	}
}
