package gateway_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"homie/gateway/pairing"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
)

func asksAs(t *testing.T, c *rpc.Conn) (s pairing.DeviceSecret) {
	t.Helper()
	if err := c.Call(t.Context(), "pairing.device.ask", nil, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A tagged device without rights shows a code; an owner gives it a kiosk's rights
// for one machine, and takes them away.
func TestPairingOfADevice(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.Register(h.Machine(tailbox.NodeDen), homietest.Offer("terminal"))
	h.Register(h.Machine(tailbox.NodeNAS), homietest.Offer("terminal"))
	owner, _ := h.Connect(tailbox.OliviaPhone)
	screen, hello := h.Connect(homietest.Printer)
	if len(hello.Caller.Capabilities) != 0 {
		t.Fatalf("the device starts with %v", hello.Caller.Capabilities)
	}
	first, secret := asksAs(t, screen), asksAs(t, screen)
	h.Said.Secret(first.Nonce, first.Code, secret.Nonce, secret.Code, strings.ToLower(secret.Code))
	call := func(c *rpc.Conn, method string, p, r any) error { return c.Call(t.Context(), method, p, r) }
	wantReason(t, "what was shown before", call(owner, "pairing.device.get", pairing.SecretParams{Secret: first.Nonce}, nil), wire.NotFound)

	var asks pairing.AskingDevice
	if err := call(owner, "pairing.device.get", pairing.SecretParams{Secret: strings.ToLower(secret.Code)}, &asks); err != nil {
		t.Fatal(err)
	}
	if asks.Name != homietest.Printer || !slices.Equal(asks.Tags, []string{"tag:printer"}) || asks.Device == "" {
		t.Errorf("it is shown as %+v", asks)
	}
	give := pairing.ApproveDeviceParams{Secret: secret.Nonce, Device: asks.Device, Role: "kiosk", Nodes: []string{"den"}}
	for what, bad := range map[string]struct {
		change func(*pairing.ApproveDeviceParams)
		want   wire.Reason
	}{
		"an owner's role":     {func(p *pairing.ApproveDeviceParams) { p.Role = "owner" }, wire.InvalidParams},
		"a member's role":     {func(p *pairing.ApproveDeviceParams) { p.Role = "member" }, wire.InvalidParams},
		"no role":             {func(p *pairing.ApproveDeviceParams) { p.Role = "" }, wire.InvalidParams},
		"a pattern for nodes": {func(p *pairing.ApproveDeviceParams) { p.Nodes = []string{"[a"} }, wire.InvalidParams},
		"another device":      {func(p *pairing.ApproveDeviceParams) { p.Device = "nOther" }, wire.Conflict},
		"a made-up nonce":     {func(p *pairing.ApproveDeviceParams) { p.Secret = first.Nonce }, wire.NotFound},
	} {
		p := give
		bad.change(&p)
		wantReason(t, what, call(owner, "pairing.device.approve", p, nil), bad.want)
	}
	// Who reads the nonce off the screen without the right to approve has nothing.
	for _, who := range []string{tailbox.MaxTablet, homietest.MiaPhone, homietest.WallTablet, homietest.Printer} {
		c, _ := h.Connect(who)
		wantReason(t, who+" approves", call(c, "pairing.device.approve", give, nil), wire.Forbidden)
		wantReason(t, who+" looks", call(c, "pairing.device.get", pairing.SecretParams{Secret: secret.Nonce}, nil), wire.Forbidden)
	}
	if err := call(owner, "pairing.device.approve", give, nil); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "the same nonce twice", call(owner, "pairing.device.approve", give, nil), wire.NotFound)

	var who wire.Whoami
	if err := call(screen, "identity.whoami", nil, &who); err != nil || len(who.Grants) != 1 {
		t.Fatalf("the device is %+v, %v", who, err)
	}
	if g := who.Grants[0]; g.Role != "kiosk" || g.Why != "paired in Homie by Olivia" || !slices.Equal(g.Nodes, []string{"den"}) {
		t.Errorf("its grant is %+v", g)
	}
	if _, ok := machine(t, screen, "nas"); ok {
		t.Error("it sees a machine that it was not let see")
	}
	if _, ok := machine(t, screen, "den"); !ok {
		t.Error("it does not see its machine")
	}
	wantReason(t, "more than a kiosk", call(screen, "terminal.session.list", nil, nil), wire.Forbidden)
	events, err := listen(t, screen, "presence.changed")
	if err != nil {
		t.Fatal(err)
	}
	if err := call(owner, "pairing.device.revoke", pairing.DeviceParams{Device: asks.Device}, nil); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "after the revocation", call(screen, "presence.list", nil, nil), wire.Forbidden)
	for e := next(t, "the end of its subscription", events); e.Error == nil; {
		e = next(t, "the end of its subscription", events)
	}
	wantReason(t, "revoking twice", call(owner, "pairing.device.revoke", pairing.DeviceParams{Device: asks.Device}, nil), wire.NotFound)

	got := strings.Join(audited(t, mustOwner(h)), "\n")
	for _, want := range []string{
		"printer on printer: pairing.device.ask  allowed",
		"Olivia on olivia-phone: pairing.device.approve " + string(asks.Device) + " allowed",
		"Olivia on olivia-phone: pairing.device.approve nOther failed",
		"Olivia on olivia-phone: pairing.device.revoke " + string(asks.Device) + " allowed",
		"Max on max-tablet: pairing.device.approve  denied",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the audit log has no %q:\n%s", want, got)
		}
	}
	// Neither the log, nor the audit log, nor the state has what was shown.
	db, err := os.ReadFile(h.Dir(tailbox.Gateway) + "/homie.db")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret.Nonce, secret.Code, first.Nonce} {
		if len(h.Said.Lines(s)) > 0 || strings.Contains(string(db), s) || strings.Contains(got, s) {
			t.Errorf("%q is written down somewhere", s)
		}
	}
}

func mustOwner(h *homietest.House) *rpc.Conn {
	c, _ := h.Connect(tailbox.OliviaLaptop)
	return c
}

// Rights by pairing are for tagged devices that are no machines, last over a
// restart, and end with the tags that they were given to.
func TestWhoADevicePairingIsFor(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	for _, person := range []string{tailbox.MaxTablet, homietest.GusPhone, tailbox.OliviaPhone} {
		c, _ := h.Connect(person)
		wantReason(t, person+" asks", c.Call(t.Context(), "pairing.device.ask", nil, nil), wire.Forbidden)
	}
	node := h.Machine(tailbox.NodeNAS)
	h.Register(node, homietest.Offer("terminal"))
	wantReason(t, "a machine asks", node.Call(t.Context(), "pairing.device.ask", nil, nil), wire.Forbidden)

	screen, hello := h.Connect(homietest.Printer)
	p := pairing.ApproveDeviceParams{Secret: asksAs(t, screen).Code, Device: hello.Caller.Device.ID, Role: "guest"}
	if err := owner.Call(t.Context(), "pairing.device.approve", p, nil); err != nil {
		t.Fatal(err)
	}
	h.Stop(tailbox.Gateway)
	h.StartGateway()
	screen, hello = h.Connect(homietest.Printer)
	if !slices.Equal(hello.Caller.Roles, []string{"guest"}) {
		t.Errorf("after a restart the device has the roles %v", hello.Caller.Roles)
	}
	// It asks to be a machine, and is one and nothing else.
	h.Register(screen, homietest.Offer("terminal"))
	homietest.Eventually(t, "the rights of a device that became a machine are gone", func() error {
		err := screen.Call(t.Context(), "presence.list", nil, nil)
		if wire.ReasonOf(err) != wire.Forbidden {
			return fmt.Errorf("presence.list: %w", err)
		}
		return nil
	})
}

// Guessing codes takes longer and longer.
func TestGuessingADevicesCode(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	var last error
	for i := range 8 {
		last = owner.Call(t.Context(), "pairing.device.get", pairing.SecretParams{Secret: fmt.Sprintf("AAAA-AAA%d", i)}, nil)
	}
	wantReason(t, "the eighth guess", last, wire.RateLimited)
	var e *wire.Error
	if !errors.As(last, &e) || e.Data.RetryAfterMs <= 0 {
		t.Errorf("it does not say how long to wait: %+v", e)
	}
}
