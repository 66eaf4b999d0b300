//go:build unix

package gateway_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"homie/gateway/pairing"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// wantOffline waits until a machine is offline, and no longer than it may take.
func wantOffline(t *testing.T, what string, c *rpc.Conn, name wire.NodeName) {
	t.Helper()
	homietest.Within(t, noticed, what, func() error {
		if m, ok := machine(t, c, name); !ok || m.Online {
			return fmt.Errorf("%s is online", name)
		}
		return nil
	})
}

// A node that is killed, or frozen with its connection open, is noticed; it
// comes back by itself, and finds its terminals as they were.
func TestKilledNode(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	p := h.Spawn(tailbox.NodeDen)
	online(t, owner, "den")
	s := start(t, owner, "den")
	st := attached(t, owner, s)

	p.Signal(syscall.SIGSTOP)
	wantOffline(t, "noticing a frozen node", owner, "den")
	wantReason(t, "the terminal on a frozen node", ending(t, st), wire.Unavailable)
	_, err := rpc.Invoke(t.Context(), owner, terminal.Start, terminal.StartParams{Node: "den", Cols: 80, Rows: 24})
	wantReason(t, "a terminal on a machine that is away", err, wire.Unavailable)
	p.Signal(syscall.SIGCONT)
	online(t, owner, "den")

	p.Kill()
	wantOffline(t, "noticing a killed node", owner, "den")
	h.Spawn(tailbox.NodeDen)
	online(t, owner, "den")
	_, st, err = rpc.Open(t.Context(), owner, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	if err != nil {
		t.Fatalf("the terminal did not outlive its node: %v", err)
	}
	if err := st.Send(t.Context(), 0, []byte("still the same\n")); err != nil {
		t.Fatal(err)
	}
	seen := readUntil(t, st, "still the same\r\nstill the same")
	if !strings.Contains(seen, "open\r\n"+"open") {
		t.Errorf("the screen of a terminal that outlived its node is %q, want what was there", seen)
	}
	attached(t, owner, start(t, owner, "den"))
}

// A gateway that is killed is noticed by its nodes, whose terminals live on,
// and finds its pairings and its audit log again.
func TestKilledGateway(t *testing.T) {
	h := homietest.WithoutGateway(t)
	p := h.Spawn(tailbox.Gateway)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	s := start(t, owner, "den")
	attached(t, owner, s)

	p.Kill()
	homietest.Within(t, noticed, "noticing a killed gateway", func() error {
		if len(h.Said.Lines("part=homie-den", "gateway lost")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
	h.Spawn(tailbox.Gateway)
	owner, _ = h.Connect(tailbox.OliviaPhone)
	online(t, owner, "den")
	_, st, err := rpc.Open(t.Context(), owner, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, st, "open")
	if got := audited(t, owner); !strings.Contains(fmt.Sprint(got), "Olivia on olivia-laptop: terminal.session.start den allowed") {
		t.Errorf("the audit log after the crash is %q", got)
	}
}

// A disk that is full has audit entries wait and refuses changes, each said in the
// log, and costs neither calls nor machines. The kernel's limit on a file's size stands in for
// the disk's.
func TestDiskFull(t *testing.T) {
	h := homietest.WithoutGateway(t, homietest.Everybody)
	p := h.Spawn(tailbox.Gateway, "sh", "-c", `trap "" XFSZ; ulimit -f 128; exec "$0"`)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	guest, _ := h.Connect(homietest.GusPhone)
	var long []string // what it takes to let such a machine in finds no room
	for i := range 32 {
		long = append(long, fmt.Sprintf("%02d%s", i, strings.Repeat("<", 120)))
	}
	h.Register(h.Machine(homietest.NodeAttic), homietest.Offer(long...))
	homietest.Eventually(t, "the disk is full", func() error {
		wantReason(t, "a guest reads the audit log", guest.Call(t.Context(), "audit.list", nil, nil), wire.Forbidden)
		if len(h.Said.Lines("level=ERROR", "audit log can't be written")) == 0 {
			return errors.New("every entry is written")
		}
		return nil
	})
	attached(t, owner, start(t, owner, "den"))
	if got := audited(t, owner); len(got) == 0 {
		t.Error("the audit log can't be read")
	}
	wantToldOfFullDisk(t, h, owner, request(t, owner, "attic").Device)
	// A paired machine that comes back gets in, a new one does not.
	h.Stop(tailbox.NodeDen)
	h.StartNode(tailbox.NodeDen, sharing)
	online(t, owner, "den")
	p.Kill()
	h.Spawn(tailbox.Gateway) // with room again
	owner, _ = h.Connect(tailbox.OliviaPhone)
	online(t, owner, "den")
	if got := audited(t, owner); len(got) == 0 {
		t.Error("the audit log is gone")
	}
}

// An owner's act on a full disk was answered "something went wrong".
func wantToldOfFullDisk(t *testing.T, h *homietest.House, owner *rpc.Conn, id wire.DeviceID) {
	t.Helper()
	err := owner.Call(t.Context(), "pairing.approve", pairing.DeviceParams{Device: id}, nil)
	var e *wire.Error
	if !errors.As(err, &e) || e.Data.Reason != wire.Unavailable || !e.Data.Retryable || !strings.Contains(e.Message, "Free some space") {
		t.Errorf("the owner is told %v, want that it is unavailable, and what to do", err)
	}
	homietest.Eventually(t, "the log says why", func() error {
		if len(h.Said.Lines("level=WARN", "pairing.approve", "no room for the state file")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
}
