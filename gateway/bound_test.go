package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
	"homie/wire/terminal"
)

// bound changes what the machines do for the gateway.
func bound(t *testing.T, h *homietest.House, values ...string) {
	t.Helper()
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Bound(values...))); err != nil {
		t.Fatal(err)
	}
}

// hijacked plays a gateway that somebody else runs, on the gateway's device: it
// lets every machine in, for all that there is, and hands out the connection to it.
func hijacked(t *testing.T, h *homietest.House) <-chan *rpc.Conn {
	t.Helper()
	server := h.Person(tailbox.Gateway)
	ln, err := server.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	lc, err := server.LocalClient()
	if err != nil {
		t.Fatal(err)
	}
	self, err := lc.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	links := make(chan *rpc.Conn, 1)
	r, err := rpc.NewRegistry(rpc.Options{}, rpc.Serve(nodes.Register,
		func(ctx context.Context, _ tsidentity.Caller, _ nodes.RegisterParams) (nodes.Registered, error) {
			links <- rpc.ConnFrom(ctx)
			return nodes.Registered{State: nodes.Paired, Name: "den", Approved: []string{"terminal", "jobs", "*"}, GatewayID: wire.DeviceID(self.Self.ID)}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	who := tsidentity.Caller{Class: tsidentity.ClassNode}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.ServeSocket(w, req, who, func(context.Context) (tsidentity.Caller, error) { return who, nil })
	})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
		r.Wait()
	})
	return links
}

// A gateway that was taken over calls machines directly, with whatever it makes up
// of itself and of whom it asks for. What it gets is what the tailnet's policy file
// lets the gateway have, at each moment.
func TestAHijackedGatewayIsBounded(t *testing.T) {
	h := homietest.WithoutGateway(t)
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant("tag:homie-node"), // by port 80, too
		homietest.Bound(`{"allow": ["terminal"], "as": ["`+h.Account+`"]}`))); err != nil {
		t.Fatal(err)
	}
	links := hijacked(t, h)
	h.StartNode(tailbox.NodeDen, func(c *node.Config) { c.PlainHTTP = true })
	c := next(t, "the machine comes to the gateway", links)
	owner := rpc.WithOnBehalf(t.Context(), tsidentity.Local(0))
	begin := func(account string) (terminal.Session, error) {
		return rpc.Invoke(owner, c, terminal.Start, terminal.StartParams{Account: account, Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	}
	var s terminal.Session
	homietest.Eventually(t, "a terminal within the bound", func() (err error) {
		s, err = begin("")
		return err
	})
	for _, account := range []string{"root", "daemon", "somebody"} {
		if account == h.Account {
			continue
		}
		_, err := begin(account)
		wantReason(t, "a terminal as "+account, err, wire.Forbidden)
		_, err = rpc.Invoke(owner, c, terminal.ListFiles, terminal.ListFilesParams{Account: account})
		wantReason(t, "files as "+account, err, wire.Forbidden)
	}
	_, typing, err := rpc.Open(owner, c, terminal.Attach, terminal.AttachParams{Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	_, watching, err := rpc.Open(owner, c, terminal.Attach, terminal.AttachParams{Session: s.ID, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	bound(t, h, `{"allow": ["terminal:read"]}`)
	wantClosed(t, typing, since, "homie.internal/cap/homie-node")
	_, err = rpc.Invoke(owner, c, terminal.Input, terminal.InputParams{Session: s.ID, Data: "rm\n"})
	wantReason(t, "typing where it may look", err, wire.Forbidden)
	_, err = rpc.Invoke(owner, c, terminal.Kill, terminal.KillParams{Session: s.ID})
	wantReason(t, "ending what it may look at", err, wire.Forbidden)
	if err := watching.Err(); err != nil {
		t.Errorf("who may watch was put out: %v", err)
	}
	since = time.Now()
	bound(t, h, `{"allow": ["terminal"], "as": []}`, `{"allow": ["*:*"]}`, `{"alow": ["terminal"]}`, `"terminal"`)
	wantClosed(t, watching, since, "homie.internal/cap/homie-node")
	_, err = begin("")
	wantReason(t, "a terminal as nobody", err, wire.Forbidden)
	if list, err := rpc.Invoke(owner, c, terminal.List, terminal.ListParams{}); len(list.Sessions) > 0 {
		t.Errorf("as nobody it sees %+v, %v", list, err)
	}
	// Which gateway it is, and what was paired, it can still say.
	_, err = rpc.Invoke(owner, c, nodes.PairingChanged, nodes.Registered{State: nodes.Paired, Name: "den", Approved: []string{"terminal"}, GatewayID: "nEvilCNTRL"})
	wantReason(t, "another gateway's id", err, wire.Forbidden)
}

// People at a gateway that is bounded lose their terminal in time, are told in
// words, and go on when the bound is lifted.
func TestPeopleAtABoundedGateway(t *testing.T) {
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen)
	c, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, c, "den")
	news, err := listen(t, c, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, c, "den")
	st := attached(t, c, s)
	since := time.Now()
	bound(t, h, `{"allow": ["terminal"], "as": ["somebody-else"]}`)
	wantClosed(t, st, since, "homie.internal/cap/homie-node")
	_, err = rpc.Invoke(t.Context(), c, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "x\n"})
	wantReason(t, "typing into it", err, wire.NotFound) // the machine does not show it
	_, err = rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	wantReason(t, "another terminal", err, wire.Forbidden)
	if e, _ := errors.AsType[*wire.Error](err); e == nil || e.Data.Needs != nil {
		t.Errorf("it is told of a right of its own that is missing: %v", err)
	}
	bound(t, h) // nothing at all: the machine tells nothing any more
	homietest.Eventually(t, "the machine's news end", func() error {
		if len(h.Said.Lines("following terminals", "homie-node")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
	bound(t, h, `{"allow": ["terminal"]}`)
	homietest.Eventually(t, "the terminal is back", func() error {
		_, err := rpc.Invoke(t.Context(), c, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "still here\n"})
		return err
	})
	for len(news) > 0 {
		<-news
	}
	_, st, err = rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, st, "still here")
	if _, err := rpc.Invoke(t.Context(), c, terminal.Kill, terminal.KillParams{Node: "den", Session: s.ID}); err != nil {
		t.Fatal(err)
	}
	if err := ending(t, st); !errors.Is(err, io.EOF) {
		t.Errorf("its end: %v", err)
	}
	next(t, "news of a machine that tells again", news)
}
