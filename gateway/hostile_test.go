package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// fake is a machine that a test plays, with terminals.
type fake struct {
	sessions []terminal.Session
	heard    atomic.Int64 // bytes that viewers typed
	changed  *rpc.Topic[terminal.Session]
}

// join connects the machine as nas and waits until the others see it.
func (f *fake) join(t *testing.T, h *homietest.House, owner *rpc.Conn) {
	t.Helper()
	f.changed = rpc.Events(terminal.Changed)
	h.Register(h.Machine(tailbox.NodeNAS, f.changed,
		rpc.Serve(terminal.List, func(context.Context, tsidentity.Caller, terminal.ListParams) (terminal.Sessions, error) {
			return terminal.Sessions{Sessions: f.sessions}, nil
		}),
		rpc.Serve(terminal.Start, func(context.Context, tsidentity.Caller, terminal.StartParams) (terminal.Session, error) {
			return f.sessions[0], nil
		}),
		rpc.ServeStream(terminal.Attach, func(context.Context, tsidentity.Caller, terminal.AttachParams) (terminal.Attached, rpc.Pump, error) {
			return terminal.Attached{Session: f.sessions[0]}, f.carry, nil
		}),
	), homietest.Offer("terminal"))
	waitOnline(t, owner, "nas")
}

func (f *fake) carry(ctx context.Context, s *rpc.Stream) error {
	for {
		c, err := s.Recv(ctx)
		if err != nil {
			return nil //nolint:nilerr // the viewer left
		}
		f.heard.Add(int64(len(c.Data)))
	}
}

func watch(t *testing.T, c *rpc.Conn) (terminal.Attached, *rpc.Stream, error) {
	t.Helper()
	return rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: "nas", Session: "one", Watch: true})
}

// One member's device took every stream of the connection to a machine, and
// nobody else could open a terminal there.
func TestOneDeviceLeavesRoomForOthersOnAMachine(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	f := &fake{sessions: []terminal.Session{{ID: "one", Account: "pi"}}}
	f.join(t, h, owner)
	var opened []*rpc.Stream
	for range 2 { // sockets of one device share
		c, _ := h.Connect(tailbox.MaxTablet)
		for range 8 {
			_, s, err := watch(t, c)
			if err != nil {
				t.Fatal(err)
			}
			opened = append(opened, s)
		}
	}
	c, _ := h.Connect(tailbox.MaxTablet)
	_, _, err := watch(t, c)
	wantReason(t, "one more", err, wire.Busy)
	if _, _, err := watch(t, owner); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	opened[0].Close(nil)
	homietest.Eventually(t, "one more after one was closed", func() error {
		_, _, err := watch(t, c)
		return err
	})
}

// What a machine said of its terminals was passed on as it was: escape sequences
// in names, negative sizes, endless ids.
func TestWhatMachinesSayOfTerminalsIsBounded(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	evil := terminal.Session{
		ID: wire.SessionID(strings.Repeat("i", 200)), Name: "\x1b]0;owned\a\u202egpj.exe" + strings.Repeat("n", 5000),
		Command: []string{"sh", "-c", "a\nb\x1b[2J" + strings.Repeat("c", 5000), "d"}, Dir: "/\x1b[31m", Account: "pi", Signal: "\x07",
		State: "running\x1b", StartedBy: "Olivia\x1b", Starter: "\a", Cols: -5, Rows: 1 << 30, Viewers: -1,
		People:  []terminal.Viewer{{Key: "\x1b", Name: "Max\x1b[2J" + strings.Repeat("m", 5000), Device: "\a", Person: "\n"}},
		Control: &terminal.Holder{Viewer: "\x1b", Name: "Max\u202e", Device: "\a", Person: "\n"},
	}
	f := &fake{sessions: []terminal.Session{evil}}
	f.join(t, h, owner)
	events, err := listen(t, owner, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := rpc.Invoke(t.Context(), owner, terminal.List, terminal.ListParams{Node: "nas"})
	if err != nil || len(list.Sessions) != 1 {
		t.Fatalf("list: %d, %v", len(list.Sessions), err)
	}
	a, s, err := watch(t, owner)
	if err != nil {
		t.Fatal(err)
	}
	s.Close(nil)
	f.changed.Publish(evil)
	var told terminal.Session
	decode(t, next(t, "an event", events).Data, &told)
	for from, v := range map[string]terminal.Session{"list": list.Sessions[0], "attach": a.Session, "event": told} {
		text := fmt.Sprintf("%s %s %s %s %s %s %s %v %v %q", v.ID, v.Name, v.Dir, v.Signal, v.State, v.StartedBy, v.Starter, v.People, *v.Control, v.Command)
		if strings.ContainsAny(text, "\x1b\a\n\u202e") || len(text) > 2000 {
			t.Errorf("%s passes on %d bytes: %q", from, len(text), text)
		}
		if v.Node != "nas" || v.Cols != 1 || v.Rows != terminal.MaxRows || v.Viewers != 0 || len(v.ID) > terminal.MaxName || v.Command[2][:3] != "a b" {
			t.Errorf("%s passes on %+v", from, v)
		}
	}
}

// A machine that published thousands of changes a second made everybody's calls
// wait for more than a second.
func TestFloodOfTerminalEvents(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	f := &fake{}
	f.join(t, h, owner)
	var events atomic.Int64
	heard := make(chan terminal.Session, 100_000)
	err := rpc.Subscribe(t.Context(), owner, terminal.Changed, func(v terminal.Session, _ wire.Event) {
		events.Add(1)
		heard <- v
	})
	if err != nil {
		t.Fatal(err)
	}
	homietest.Eventually(t, "an event", func() error {
		f.changed.Publish(terminal.Session{ID: "first", State: terminal.Running})
		if events.Load() == 0 {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	const flood = 20_000
	since, worst := time.Now(), time.Duration(0)
	for i := range flood {
		f.changed.Publish(terminal.Session{ID: wire.SessionID(fmt.Sprint("s", i%300)), State: terminal.Running, Offset: uint64(i)})
		if i%1000 == 0 {
			asked := time.Now()
			if err := owner.Call(t.Context(), "rpc.ping", nil, nil); err != nil {
				t.Fatal(err)
			}
			worst = max(worst, time.Since(asked))
		}
	}
	f.changed.Publish(terminal.Session{ID: "s1", State: terminal.Exited, Offset: flood})
	homietest.Eventually(t, "the last word on a terminal", func() error {
		f.changed.Publish(terminal.Session{ID: "s1", State: terminal.Exited, Offset: flood}) // what a machine drops itself is not the matter here
		for {
			select {
			case v := <-heard:
				if v.ID == "s1" && v.State == terminal.Exited {
					return nil
				}
			default:
				return fmt.Errorf("not yet")
			}
		}
	})
	took := time.Since(since)
	t.Logf("%d events of %d in %v, worst ping %v", events.Load(), flood, took, worst)
	if most := 250 + int64(took.Seconds()*60); events.Load() > most {
		t.Errorf("%d events were passed on in %v, want at most %d", events.Load(), took, most)
	}
	if n := len(h.Said.Lines("tells of its terminals too often")); n != 1 {
		t.Errorf("the log says so %d times, want once", n)
	}
}

// What a viewer who may only watch typed was sent to the machine, and it was the
// machine's to ignore it.
func TestWatchersAreNotHeardByMachines(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	f := &fake{sessions: []terminal.Session{{ID: "one", Account: h.Account}}}
	f.join(t, h, owner)
	_, s, err := watch(t, owner)
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 64<<10)
	for at := range uint64(3 * wire.Window / len(text)) { // beyond the first credit
		if err := s.Send(t.Context(), at*uint64(len(text)), text); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := watch(t, owner); err != nil { // goes the same way, after it
		t.Fatal(err)
	}
	if n := f.heard.Load(); n != 0 {
		t.Errorf("the machine heard %d bytes of a watcher", n)
	}
	if err := s.Err(); err != nil {
		t.Errorf("the watcher's stream ended: %v", err)
	}
}

// One member could start every terminal that a machine runs.
func TestOnePersonLeavesTerminalsToOthers(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	f := &fake{}
	max, hello := h.Connect(tailbox.MaxTablet)
	for i := range 40 {
		by, state := "Max on max-tablet", terminal.Running
		if i >= 32 {
			by, state = "Max on max-phone", terminal.Exited
		}
		f.sessions = append(f.sessions, terminal.Session{
			ID: wire.SessionID(fmt.Sprint(i)), StartedBy: by, Starter: "person:" + string(hello.Caller.Person.ID), State: state,
		})
	}
	// Others may have the same name.
	f.sessions = append(f.sessions, terminal.Session{ID: "other", StartedBy: "Max on max-tablet", Starter: "person:1", State: terminal.Running})
	f.join(t, h, owner)
	p := terminal.StartParams{Node: "nas", Account: "pi", Cols: 80, Rows: 24}
	_, err := rpc.Invoke(t.Context(), max, terminal.Start, p)
	wantReason(t, "one more than the share", err, wire.Busy)
	if _, err := rpc.Invoke(t.Context(), owner, terminal.Start, p); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	f.sessions = f.sessions[1:]
	if _, err := rpc.Invoke(t.Context(), max, terminal.Start, p); err != nil {
		t.Errorf("within the share: %v", err)
	}
}

// Whoever may do something on every machine was told that they may not do it on
// one that does not exist.
func TestAMachineThatIsNotThere(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	(&fake{}).join(t, h, owner)
	mia, _ := h.Connect(homietest.MiaPhone)
	for _, method := range []string{terminal.List.Name, terminal.Attach.Name} {
		params := map[string]any{"node": "xyz"}
		if method == terminal.Attach.Name {
			params["session"] = "one"
		}
		err := owner.Call(t.Context(), method, params, nil)
		wantReason(t, method, err, wire.NotFound)
		if err == nil || !strings.Contains(err.Error(), `There is no machine called "xyz". There are: nas.`) {
			t.Errorf("%s: %v, want what there is", method, err)
		}
		wantReason(t, method+" by Mia", mia.Call(t.Context(), method, params, nil), wire.Forbidden)
	}
	err := owner.Call(t.Context(), terminal.Start.Name, map[string]any{"cols": 80, "rows": 24}, nil)
	wantReason(t, "no machine", err, wire.InvalidParams)
	if err == nil || !strings.Contains(err.Error(), "node is missing") {
		t.Errorf("no machine: %v", err)
	}
}
