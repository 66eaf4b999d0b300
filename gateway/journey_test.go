package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"homie/gateway/audit"
	"homie/gateway/presence"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// machines waits until the machine is online and returns it.
func online(t *testing.T, c *rpc.Conn, name wire.NodeName) presence.Machine {
	t.Helper()
	var found presence.Machine
	homietest.Eventually(t, string(name)+" comes online", func() error {
		var list presence.Machines
		if err := c.Call(t.Context(), "presence.list", wire.Nothing{}, &list); err != nil {
			return err
		}
		for _, m := range list.Machines {
			if m.Name == name && m.Online && m.Health != nil {
				found = m
				return nil
			}
		}
		return fmt.Errorf("machines: %+v", list.Machines)
	})
	return found
}

// readUntil reads a stream until want has come.
func readUntil(t *testing.T, s *rpc.Stream, want string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got bytes.Buffer
	for !strings.Contains(got.String(), want) {
		c, err := s.Recv(ctx)
		if err != nil {
			t.Fatalf("waiting for %q: %v after %q", want, err, got.String())
		}
		if c.Kind != wire.Note {
			got.Write(c.Data)
		}
	}
	return got.String()
}

// A person sees the machines, opens a terminal on one, types, and sees the
// answer: with real tsnet devices for everybody.
func TestJourney(t *testing.T) {
	h := homietest.New(t)
	h.Said.Secret("hello-$((", "hello-42") // what is typed and printed
	h.StartNode(tailbox.NodeDen)
	for _, who := range []string{tailbox.OliviaLaptop, tailbox.MaxTablet} {
		c, hello := h.Connect(who)
		if hello.Caller.Class != "person" || hello.Caller.Device.Name != who {
			t.Errorf("hello to %s says %+v", who, hello.Caller)
		}
		m := online(t, c, "den")
		if !m.MayOpenTerminal || len(m.Accounts) != 1 || m.Accounts[0] != h.Account {
			t.Errorf("%s may open a terminal: %v as %v", who, m.MayOpenTerminal, m.Accounts)
		}
		s, err := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/sh"}, Cols: 80, Rows: 24})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.StartedBy, hello.Caller.Name) || !strings.Contains(s.StartedBy, who) {
			t.Errorf("the session says it was started by %q, want %s on %s", s.StartedBy, hello.Caller.Name, who)
		}
		_, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Send(t.Context(), 0, []byte("echo hello-$((6*7))\n")); err != nil {
			t.Fatal(err)
		}
		readUntil(t, st, "hello-42")
		st.Close(nil)
		wantAudit(t, h, hello.Caller.Name, who, "terminal.session.start", "den")
		wantAudit(t, h, hello.Caller.Name, who, "terminal.session.attach", "den/"+string(s.ID))
	}
}

// wantAudit fails the test unless the audit log says who did what from where.
func wantAudit(t *testing.T, h *homietest.House, person, device, method, target string) {
	t.Helper()
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	var log audit.Entries
	if err := owner.Call(t.Context(), "audit.list", audit.ListParams{}, &log); err != nil {
		t.Fatal(err)
	}
	for _, e := range log.Entries {
		if e.Person == person && e.Device == device && e.Method == method && e.Target == target && e.Decision == "allowed" {
			return
		}
	}
	t.Errorf("the audit log does not say that %s on %s did %s to %s: %+v", person, device, method, target, log.Entries)
}
