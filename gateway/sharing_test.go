package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// viewing is one person's view of a session.
type viewing struct {
	*rpc.Stream
	session terminal.Session
	key     terminal.ViewerKey
	heard   bool
}

// views attaches to a session and waits for who the viewer is there.
func views(t *testing.T, c *rpc.Conn, s terminal.Session, watch bool) *viewing {
	t.Helper()
	a, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: s.Node, Session: s.ID, Watch: watch, Cols: 80, Rows: 24})
	if err != nil {
		t.Fatalf("attaching: %v", err)
	}
	v := &viewing{Stream: st, session: a.Session}
	v.until(t, "who they are", func(n terminal.SessionNote) bool { return n.You != "" })
	return v
}

// until reads notes until one is as wanted, and keeps what they say.
func (v *viewing) until(t *testing.T, what string, ok func(terminal.SessionNote) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), awhile)
	defer cancel()
	for {
		c, err := v.Recv(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if c.Kind != wire.Note {
			continue
		}
		var n terminal.SessionNote
		decode(t, c.Data, &n)
		if n.You != "" {
			v.key = n.You
		}
		if n.Heard != nil {
			v.heard = *n.Heard
		}
		if ok(n) {
			return
		}
	}
}

func controls(t *testing.T, c *rpc.Conn, s terminal.Session, to terminal.ViewerKey) (terminal.Session, error) {
	t.Helper()
	p := terminal.ControlParams{Node: s.Node, Session: s.ID, Mode: terminal.One, Viewer: to}
	if to == "" {
		p.Mode = terminal.Open
	}
	return rpc.Invoke(t.Context(), c, terminal.Control, p)
}

// TestSharing has people type, watch, ask for control and hand it over, each
// with rights of their own.
func TestSharing(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	reader := `{"allow": ["terminal:read"], "nodes": ["den"]}`
	grant := func(mia ...string) {
		t.Helper()
		if err := h.SetPolicy(homietest.Policy(h.Policy(),
			homietest.Grant(tailbox.Max, `{"role": "member"}`, terminals(h.Account, "den")),
			homietest.Grant(homietest.Mia, append([]string{`{"role": "member"}`}, mia...)...))); err != nil {
			t.Fatal(err)
		}
	}
	grant(reader)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	max, _ := h.Connect(tailbox.MaxTablet)
	mia, _ := h.Connect(homietest.MiaPhone)
	online(t, owner, "den")
	var s terminal.Session
	homietest.Eventually(t, "Max may start a terminal", func() (err error) {
		s, err = rpc.Invoke(t.Context(), max, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
		return err
	})

	_, _, err := rpc.Open(t.Context(), mia, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	wantReason(t, "a reader types", err, wire.Forbidden)
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Data.Needs == nil || e.Data.Needs.Capability != terminal.Start.Capability {
		t.Errorf("the refusal %v does not say that the right to type is missing", err)
	}
	ofMax, ofOlivia, ofMia := views(t, max, s, false), views(t, owner, s, false), views(t, mia, s, true)
	wantPeople(t, owner, s, "Max", "Olivia", "Mia watches")
	if ofMia.heard {
		t.Error("a watcher is told that their keys are taken")
	}
	_, err = controls(t, mia, s, ofMia.key)
	wantReason(t, "a reader takes control", err, wire.Forbidden)
	_, err = controls(t, max, s, ofMia.key)
	wantReason(t, "control for a watcher", err, wire.Conflict)

	if _, err := controls(t, owner, s, ofOlivia.key); err != nil {
		t.Fatal(err)
	}
	ofMax.until(t, "that Olivia has control", func(n terminal.SessionNote) bool { return n.Heard != nil && !*n.Heard })
	_, err = rpc.Invoke(t.Context(), max, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "x"})
	wantReason(t, "a call types while another has control", err, wire.Conflict)
	keys(t, ofMax, 0, "lost\n")
	asks := true
	note, err := json.Marshal(terminal.ViewerNote{Asks: &asks})
	if err != nil {
		t.Fatal(err)
	}
	if err := ofMax.SendNote(t.Context(), 5, note); err != nil {
		t.Fatal(err)
	}
	wantPeople(t, owner, s, "Max asks", "Olivia", "Mia watches")
	if out, err := controls(t, owner, s, ofMax.key); err != nil || out.Control == nil || out.Control.Name != "Max" {
		t.Fatalf("handing over: %+v, %v", out.Control, err)
	}
	ofMax.until(t, "that he has control", func(n terminal.SessionNote) bool { return n.Heard != nil && *n.Heard })
	keys(t, ofMax, 5, "heard\n")
	readUntil(t, ofMia.Stream, "heard")

	if out, err := controls(t, owner, s, ofOlivia.key); err != nil || out.Control.Name != "Olivia" {
		t.Errorf("an owner takes it: %v", err)
	}
	if out, err := controls(t, max, s, ""); err != nil || out.Control != nil {
		t.Errorf("who started the session opens it: %v", err)
	}
	since := time.Now()
	grant()
	wantClosed(t, ofMia.Stream, since, "terminal:read")

	grant(reader)
	grantMax := homietest.Policy(h.Policy(), homietest.Grant(tailbox.Max, `{"role": "member"}`, reader))
	if err := h.SetPolicy(grantMax); err != nil {
		t.Fatal(err)
	}
	wantClosed(t, ofMax.Stream, time.Now(), "terminal:write")
	again := views(t, max, s, true)
	if again.heard {
		t.Error("who lost the right to type is heard")
	}
	_, err = controls(t, max, s, "")
	wantReason(t, "who lost the right to type opens their session", err, wire.Forbidden)
}

// A member who has no part in control can't take it with what only the gateway
// may say.
func TestControlIsNotTaken(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	if err := h.SetPolicy(homietest.Policy(h.Policy(),
		homietest.Grant(tailbox.Max, `{"role": "member"}`, terminals(h.Account, "den")),
		homietest.Grant(homietest.Mia, `{"role": "member"}`, terminals(h.Account, "den")))); err != nil {
		t.Fatal(err)
	}
	max, _ := h.Connect(tailbox.MaxTablet)
	mia, _ := h.Connect(homietest.MiaPhone)
	online(t, max, "den")
	var s terminal.Session
	homietest.Eventually(t, "Max may start a terminal", func() (err error) {
		s, err = rpc.Invoke(t.Context(), max, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
		return err
	})
	ofMax, ofMia := views(t, max, s, false), views(t, mia, s, false)
	if _, err := controls(t, max, s, ofMax.key); err != nil {
		t.Fatal(err)
	}
	_, err := rpc.Invoke(t.Context(), mia, terminal.Control, terminal.ControlParams{
		Node: "den", Session: s.ID, Mode: terminal.One, Viewer: ofMia.key, Override: true,
	})
	wantReason(t, "Mia overrides", err, wire.Forbidden)
	if err == nil || !strings.Contains(err.Error(), "Max has control") {
		t.Errorf("the refusal %v does not say who has control", err)
	}
}

// A visitor who was given a link to a terminal is told which grant would open it,
// and that grant does.
func TestVisitorOfATerminal(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	s, err := rpc.Invoke(t.Context(), owner, terminal.Start, terminal.StartParams{Node: "den", Account: h.Account, Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	vera, hello := h.Connect(tailbox.VeraLaptop)
	if hello.Caller.Home != h.Address() {
		t.Errorf("home is %q, want %q", hello.Caller.Home, h.Address())
	}
	asks := func(needs wire.Needs) (who wire.Whoami, err error) {
		err = vera.Call(t.Context(), "identity.whoami", wire.WhoamiParams{Needs: &needs}, &who)
		return who, err
	}
	for _, bad := range []wire.Needs{{}, {Capability: strings.Repeat("x", 65)}, {Capability: "terminal:read", Node: "a\nb"}, {Capability: "terminal:read", Account: "\u202e"}} {
		_, err := asks(bad)
		wantReason(t, fmt.Sprintf("needs %+v", bad), err, wire.InvalidParams)
	}
	who, err := asks(wire.Needs{Capability: "terminal:*", Node: "den", Account: h.Account})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.SetPolicy(homietest.Policy(h.Policy(), granted(t, who.AskFor))); err != nil {
		t.Fatal(err)
	}
	homietest.Eventually(t, "the terminal opens", func() error {
		_, _, err := rpc.Open(t.Context(), vera, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
		return err
	})
	if who, err = asks(wire.Needs{Capability: "pairing:read"}); err != nil || strings.Contains(who.AskFor, "member") || !strings.Contains(who.AskFor, `[{"allow": ["pairing:read"]}]`) {
		t.Errorf("a member asks for %q, %v", who.AskFor, err)
	}
}

func keys(t *testing.T, v *viewing, at uint64, text string) {
	t.Helper()
	if err := v.Send(t.Context(), at, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// wantPeople waits until a session lists these people, in the order in which
// they came, with what they do.
func wantPeople(t *testing.T, c *rpc.Conn, s terminal.Session, want ...string) {
	t.Helper()
	homietest.Eventually(t, "who is there", func() error {
		all, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{Node: s.Node})
		if err != nil {
			return err
		}
		var got []string
		for _, v := range all.Sessions {
			for _, p := range v.People {
				if v.ID != s.ID {
					continue
				}
				name := strings.Fields(p.Name)[0]
				if p.Watch {
					name += " watches"
				}
				if p.Asks {
					name += " asks"
				}
				got = append(got, name)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("there are %q, want %q", got, want)
		}
		return nil
	})
}
