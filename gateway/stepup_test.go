package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"homie/gateway"
	"homie/gateway/audit"
	"homie/gateway/pairing"
	"homie/gateway/stepup"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// confirming is a house where sensitive acts have to be confirmed. Max lives
// there with a tablet, Olivia with a laptop and a phone, and a tablet on the wall
// was given terminals.
func confirming(t *testing.T, rule stepup.Rule) *homietest.House {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	h := homietest.WithoutGateway(t, homietest.Everybody, func(o *tailbox.Options) {
		o.Policy = homietest.Policy(o.Policy, homietest.Grant("tag:kiosk", fmt.Sprintf(`{"allow": ["terminal:*"], "as": [%q]}`, me.Username)))
	})
	h.StartGateway(func(c *gateway.Config) { c.StepUp = rule })
	h.StartNode(tailbox.NodeDen)
	return h
}

// localConn is a program of the gateway's own account.
func localConn(t *testing.T, h *homietest.House) *rpc.Conn {
	t.Helper()
	d := rpc.Dialer{URL: "http://local", NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(h.Dir(tailbox.Gateway), gateway.SocketName))
	}}
	c, err := d.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	homietest.Carry(t, c)
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "cli"}); err != nil {
		t.Fatal(err)
	}
	return c
}

// toConfirm is what a refusal waits for; the test fails if it is another one.
func toConfirm(t *testing.T, what string, err error) wire.Confirm {
	t.Helper()
	e, ok := errors.AsType[*wire.Error](err)
	if !ok || e.Data.Reason != wire.ConfirmationRequired || e.Data.Confirm == nil {
		t.Fatalf("%s: %v, want something to be confirmed", what, err)
	}
	return *e.Data.Confirm
}

func answers(t *testing.T, c *rpc.Conn, id wire.ConfirmationID, want wire.Reason) {
	t.Helper()
	err := c.Call(t.Context(), "stepup.confirmation.answer", stepup.AnswerParams{ID: id, Confirm: true}, nil)
	if wire.ReasonOf(err) != want {
		t.Fatalf("answering: %v, want %q", err, want)
	}
}

var shell = terminal.StartParams{Node: "den", Command: []string{"/bin/sh", "-c", "echo hello; cat"}, Cols: 80, Rows: 24}

// TestStepUp goes through a day of one household: the real devices of its people,
// and what each of them may confirm for whom.
func TestStepUp(t *testing.T) {
	h := confirming(t, stepup.DefaultRule)
	laptop, _ := h.Connect(tailbox.OliviaLaptop)
	phone, _ := h.Connect(tailbox.OliviaPhone)
	max, _ := h.Connect(tailbox.MaxTablet)
	wall, _ := h.Connect(homietest.WallTablet)
	online(t, laptop, "den")
	heard, err := listen(t, phone, "stepup.changed")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := listen(t, max, "stepup.changed")
	if err != nil {
		t.Fatal(err)
	}

	_, err = rpc.Invoke(t.Context(), laptop, terminal.Start, shell)
	ask := toConfirm(t, "starting", err)
	want := fmt.Sprintf("Run “/bin/sh -c echo hello; cat” in a terminal on den as %s", h.Account)
	if ask.Words != want {
		t.Errorf("asked is %q, want %q", ask.Words, want)
	}
	var told stepup.Changed
	decode(t, next(t, "what the phone hears", heard).Data, &told)
	if told.Confirmation == nil || told.Confirmation.ID != ask.ID || told.Confirmation.DeviceOf != tailbox.OliviaLaptop || told.Confirmation.Here {
		t.Errorf("the phone hears %+v", told.Confirmation)
	}
	answers(t, laptop, ask.ID, wire.Forbidden)
	answers(t, max, ask.ID, wire.NotFound)
	answers(t, wall, ask.ID, wire.Forbidden)
	answers(t, phone, ask.ID, "")
	s, err := rpc.Invoke(t.Context(), laptop, terminal.Start, shell)
	if err != nil {
		t.Fatalf("starting what was confirmed: %v", err)
	}
	select {
	case e := <-foreign:
		t.Errorf("Max hears of Olivia's: %s", e.Data)
	default:
	}

	t.Run("others have to confirm it themselves", func(t *testing.T) {
		_, st, err := rpc.Open(t.Context(), max, terminal.Attach, terminal.AttachParams{Node: s.Node, Session: s.ID, Cols: 80, Rows: 24})
		if err == nil {
			st.Close(nil)
		}
		c := toConfirm(t, "typing", err)
		if !strings.HasPrefix(c.Words, "Type into the terminal “") {
			t.Errorf("asked is %q", c.Words)
		}
		views(t, max, s, true) // watching needs nothing
		_, err = rpc.Invoke(t.Context(), max, terminal.Input, terminal.InputParams{Node: s.Node, Session: s.ID, Data: "x"})
		toConfirm(t, "typing by a program", err)
		_, err = rpc.Invoke(t.Context(), max, terminal.ListFiles, terminal.ListFilesParams{Node: s.Node})
		toConfirm(t, "looking at files", err)
		m, err := post(t.Context(), h.Client(tailbox.MaxTablet), h.Address(), terminal.Start.Name, json.RawMessage(`{"node":"den","cols":80,"rows":24}`))
		if err != nil || m.Error == nil || m.Error.Data.Reason != wire.ConfirmationRequired {
			t.Errorf("a script's POST is answered by %+v, %v", m, err)
		}
	})
	t.Run("downloads are no way around", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.Address()+wire.FilesPath+"den/?path=/etc/hostname", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
		resp, err := h.Client(tailbox.MaxTablet).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("a download is answered by %s", resp.Status)
		}
	})
	t.Run("a device of nobody can't", func(t *testing.T) {
		_, err := rpc.Invoke(t.Context(), wall, terminal.Start, shell)
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Data.Reason != wire.Forbidden || e.Data.Needs != nil {
			t.Errorf("starting on the wall: %v", err)
		}
	})
	t.Run("rights come first", func(t *testing.T) {
		p := shell
		p.Account = "root of all"
		_, err := rpc.Invoke(t.Context(), max, terminal.Start, p)
		if wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("starting as an account that is not granted: %v", err)
		}
		if err := max.Call(t.Context(), "pairing.forget", pairing.DeviceParams{Device: "n1"}, nil); wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("a member's forgetting: %v", err)
		}
	})
	t.Run("the end is the end", func(t *testing.T) {
		views(t, laptop, s, false)
		if err := laptop.Call(t.Context(), "stepup.end", wire.Nothing{}, nil); err != nil {
			t.Fatal(err)
		}
		again, _ := h.In(t).Connect(tailbox.OliviaLaptop)
		_, st, err := rpc.Open(t.Context(), again, terminal.Attach, terminal.AttachParams{Node: s.Node, Session: s.ID, Cols: 80, Rows: 24})
		if err == nil {
			st.Close(nil)
		}
		toConfirm(t, "coming back", err)
	})
	t.Run("the log says who asked and who confirmed", func(t *testing.T) {
		local := localConn(t, h)
		var all audit.Entries
		if err := local.Call(t.Context(), "audit.list", json.RawMessage(`{"limit":100}`), &all); err != nil {
			t.Fatal(err)
		}
		var asked, confirmed bool
		for _, e := range all.Entries {
			asked = asked || (e.Method == terminal.Start.Name && e.Device == tailbox.OliviaLaptop && e.Decision == "asked")
			confirmed = confirmed || (e.Method == "stepup.confirmation.answer" && e.Device == tailbox.OliviaPhone && e.Decision == "allowed" && strings.Contains(e.Target, "confirmed, asked by "+tailbox.OliviaLaptop))
		}
		if !asked || !confirmed {
			t.Errorf("the log has asked: %v, confirmed: %v", asked, confirmed)
		}
	})
}

// In a house that asks each time, one act is one confirmation, and what belongs
// to a terminal that is open is no other act.
func TestStepUpAlways(t *testing.T) {
	h := confirming(t, stepup.Always)
	laptop, _ := h.Connect(tailbox.OliviaLaptop)
	phone, _ := h.Connect(tailbox.OliviaPhone)
	online(t, laptop, "den")
	start := func() (terminal.Session, error) { return rpc.Invoke(t.Context(), laptop, terminal.Start, shell) }
	_, err := start()
	answers(t, phone, toConfirm(t, "starting", err).ID, "")
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	_, err = start()
	toConfirm(t, "starting another", err)
	one := views(t, laptop, s, false)
	one.Close(nil)
	views(t, laptop, s, false) // after a short break
	if _, err := rpc.Invoke(t.Context(), laptop, terminal.Input, terminal.InputParams{Node: s.Node, Session: s.ID, Data: "x\n"}); err != nil {
		t.Errorf("typing into what is open: %v", err)
	}
	_, st, err := rpc.Open(t.Context(), phone, terminal.Attach, terminal.AttachParams{Node: s.Node, Session: s.ID, Cols: 80, Rows: 24})
	if err == nil {
		st.Close(nil)
	}
	toConfirm(t, "typing on another device", err)

	// A machine that offers more while its owner looks is asked about again.
	attic := h.Machine(homietest.NodeAttic)
	h.Register(attic, homietest.Offer("voice"))
	id := wire.DeviceID(deviceID(t, laptop, "attic"))
	approve := func() error {
		return laptop.Call(t.Context(), "pairing.approve", pairing.ApproveParams{Device: id}, nil)
	}
	first := toConfirm(t, "approving", approve())
	answers(t, phone, first.ID, "")
	h.Register(attic, homietest.Offer("voice", "terminal"))
	second := toConfirm(t, "approving more", approve())
	if first.ID == second.ID || !strings.Contains(second.Words, "terminal") || strings.Contains(first.Words, "terminal") {
		t.Errorf("asked were %q and %q", first.Words, second.Words)
	}
	answers(t, phone, second.ID, "")
	if err := approve(); err != nil {
		t.Errorf("approving what was confirmed: %v", err)
	}
	toConfirm(t, "revoking", laptop.Call(t.Context(), "pairing.revoke", pairing.DeviceParams{Device: id}, nil))
	if err := laptop.Call(t.Context(), "pairing.list", wire.Nothing{}, nil); err != nil {
		t.Errorf("listing: %v", err)
	}
}

// deviceID finds a machine that waits.
func deviceID(t *testing.T, c *rpc.Conn, name wire.NodeName) string {
	t.Helper()
	var all pairing.Pairings
	if err := c.Call(t.Context(), "pairing.list", wire.Nothing{}, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all.Requests {
		if r.Name == name {
			return string(r.Device)
		}
	}
	t.Fatalf("no machine called %s waits: %+v", name, all)
	return ""
}
