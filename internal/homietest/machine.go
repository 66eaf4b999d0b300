package homietest

import (
	"context"
	"slices"

	"github.com/gorilla/websocket"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
	"homie/wire/terminal"
)

// Offer is what a machine that a test plays says of itself.
func Offer(capabilities ...string) nodes.RegisterParams {
	return nodes.RegisterParams{OS: "linux", Arch: "arm64", Version: version, Account: "pi", Capabilities: capabilities}
}

// Machine plays a machine's agent that takes its pairing and has no terminals:
// it connects from the device, serves the entries to the gateway, and says
// hello. It does not register.
func (h *House) Machine(hostname string, entries ...rpc.Entry) *rpc.Conn {
	h.t.Helper()
	paired := rpc.Serve(nodes.PairingChanged, func(context.Context, tsidentity.Caller, nodes.Registered) (wire.Nothing, error) {
		return wire.Nothing{}, nil
	})
	own := slices.ContainsFunc(entries, func(e rpc.Entry) bool {
		m, ok := e.(*rpc.Method)
		return ok && m.Name == paired.Name
	})
	if !own {
		entries = append(entries, paired)
	}
	tells := slices.ContainsFunc(entries, func(e rpc.Entry) bool {
		_, ok := e.(*rpc.Topic[terminal.Session])
		return ok
	})
	if !tells {
		entries = append(entries, rpc.Events(terminal.Changed))
	}
	r, err := rpc.NewRegistry(rpc.Options{}, entries...)
	if err != nil {
		h.t.Fatal(err)
	}
	client := wire.ClientInfo{Kind: "node", Version: version}
	c := h.Open(hostname, rpc.Dialer{Registry: r, Identify: anybody})
	if _, err := c.Hello(h.t.Context(), client); err != nil {
		h.t.Fatalf("hello from %s: %v", hostname, err)
	}
	return c
}

// anybody lets the gateway do everything on a machine that a test plays.
func anybody(context.Context) (tsidentity.Caller, error) {
	return tsidentity.Caller{Class: tsidentity.ClassGateway, Rights: tsidentity.Rights{
		Values: []tsidentity.Value{{Allow: []string{"*:*"}}},
	}}, nil
}

// Register registers a machine and fails the test if it is not admitted.
func (h *House) Register(c *rpc.Conn, p nodes.RegisterParams) nodes.Registered {
	h.t.Helper()
	answer, err := rpc.Invoke(h.t.Context(), c, nodes.Register, p)
	if err != nil {
		h.t.Fatalf("registering: %v", err)
	}
	return answer
}

// Socket opens a bare WebSocket from somebody's device, for frames that no
// client of ours would send.
func (h *House) Socket(hostname string) *websocket.Conn {
	h.t.Helper()
	d := websocket.Dialer{
		NetDialContext: h.Person(hostname).Dial, TLSClientConfig: h.TLS(),
		Subprotocols: []string{wire.Subprotocol},
	}
	ws, _, err := d.DialContext(h.t.Context(), "wss://"+h.FQDN("homie")+wire.Path, map[string][]string{"Sec-Homie": {"1"}})
	if err != nil {
		h.t.Fatalf("opening a socket from %s: %v", hostname, err)
	}
	h.t.Cleanup(func() { ws.Close() })
	return ws
}
