package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
)

// A gateway that said it was another device made its nodes pin that one.
func TestNodePinsWhatTheTailnetSays(t *testing.T) {
	h := homietest.WithoutGateway(t)
	ln, err := h.Person(tailbox.Gateway).Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	r, err := rpc.NewRegistry(rpc.Options{}, rpc.Serve(nodes.Register,
		func(context.Context, tsidentity.Caller, nodes.RegisterParams) (nodes.Registered, error) {
			return nodes.Registered{State: nodes.Paired, Name: "den", Approved: []string{"terminal"}, GatewayID: "nEvilCNTRL"}, nil
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
	defer func() {
		srv.Close()
		<-served
		r.Wait()
	}()
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant("tag:homie-node", `{"autoApprove": ["terminal"]}`))); err != nil {
		t.Fatal(err)
	}
	h.StartNode(tailbox.NodeDen, func(c *node.Config) { c.PlainHTTP = true })
	homietest.Eventually(t, "the node does not believe its gateway", func() error {
		if len(h.Said.Lines("part=homie-den", "no link to the gateway", "nEvilCNTRL")) == 0 {
			return errors.New("nothing said of it")
		}
		return nil
	})
	if said := h.Said.Lines("part=homie-den", "msg=registered"); len(said) > 0 {
		t.Errorf("the node registered: %s", said)
	}
}

// Two devices that are one machine to people and to grants, den and homie-den,
// were one machine to terminals too: whichever came first in the list.
func TestMachinesHaveNamesOfTheirOwn(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	if err := h.AddDevice(tailbox.Device{Hostname: "den", Tags: []string{"tag:homie-node"}}); err != nil {
		t.Fatal(err)
	}
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	h.Register(h.Machine(tailbox.NodeDen), homietest.Offer("terminal"))
	first, _ := machine(t, owner, "den")
	second := h.Machine("den")
	_, err := rpc.Invoke(t.Context(), second, nodes.Register, homietest.Offer("terminal"))
	wantReason(t, "a second machine called den", err, wire.Conflict)
	if m, _ := machine(t, owner, "den"); m.Device != first.Device {
		t.Errorf("den is %s, want %s as before", m.Device, first.Device)
	}
	decide(t, owner, "pairing.forget", first.Device)
	if got := h.Register(second, homietest.Offer("terminal")); got.State != nodes.Paired || got.Name != "den" {
		t.Errorf("after the other den was forgotten it is %+v", got)
	}
	_, err = rpc.Invoke(t.Context(), h.Machine(tailbox.NodeDen), nodes.Register, homietest.Offer("terminal"))
	wantReason(t, "the first den comes back", err, wire.Conflict)
}
