package gateway_test

import (
	"errors"
	"testing"

	"homie/gateway/pairing"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire"
	"homie/wire/nodes"
)

// Machines come and go, people look on, an owner changes their mind, and the
// policy changes, all at once. It is for the race detector, and in the end the
// house is as it should be.
func TestHammer(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	people := []string{tailbox.OliviaLaptop, tailbox.MaxTablet, homietest.MiaPhone, homietest.WallTablet}
	machines := []string{tailbox.NodeDen, tailbox.NodeNAS, homietest.NodeAttic}
	for _, hostname := range append(people, machines...) {
		h.Person(hostname) // is started here: the devices are shared from now on
	}
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	h.Register(h.Machine(homietest.NodeAttic), homietest.Offer("terminal"))
	attic := request(t, owner, "attic").Device

	const rounds = 15
	t.Run("at once", func(t *testing.T) {
		for _, hostname := range machines {
			t.Run(hostname, func(t *testing.T) {
				t.Parallel()
				h := h.In(t)
				for range rounds {
					c := h.Machine(hostname)
					err := c.Call(t.Context(), nodes.Register.Name, homietest.Offer("terminal"), nil)
					if reason := wire.ReasonOf(err); reason != "" && reason != wire.Forbidden && !errors.Is(err, rpc.ErrClosed) {
						t.Errorf("registering: %v", err)
					}
					_ = c.Call(t.Context(), "presence.heartbeat", seed(t, "presence.heartbeat"), nil) // it may be cut off
					c.Close(errors.New("away"))
				}
			})
		}
		for _, hostname := range people {
			t.Run(hostname, func(t *testing.T) {
				t.Parallel()
				h := h.In(t)
				for range rounds {
					c, _ := h.Connect(hostname)
					for _, topic := range offered(t).Topics() {
						_, _ = listen(t, c, topic.Name) // not everybody may
					}
					_ = c.Call(t.Context(), "presence.list", nil, nil) // Mia may not, at times
					c.Close(errors.New("away"))
				}
			})
		}
		t.Run("changes of mind", func(t *testing.T) {
			t.Parallel()
			for range rounds {
				for _, method := range []string{"pairing.approve", "pairing.revoke"} {
					err := owner.Call(t.Context(), method, pairing.DeviceParams{Device: attic}, nil)
					if reason := wire.ReasonOf(err); reason != "" && reason != wire.NotFound {
						t.Errorf("%s: %v", method, err)
					}
				}
			}
		})
		t.Run("changes of policy", func(t *testing.T) {
			t.Parallel()
			for range rounds {
				for _, mia := range []tailbox.Grant{homietest.Grant(homietest.Mia), homietest.Grant(homietest.Mia, `{"role": "member"}`)} {
					if err := h.SetPolicy(homietest.Policy(h.Policy(), mia)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	})
	for _, hostname := range []string{tailbox.NodeDen, tailbox.NodeNAS} {
		h.Register(h.Machine(hostname), homietest.Offer("terminal"))
	}
	waitOnline(t, owner, "den")
	waitOnline(t, owner, "nas")
	if m, ok := machine(t, owner, "attic"); ok {
		t.Errorf("the machine that was revoked last is there: %+v", m)
	}
	if said := h.Said.Lines("level=ERROR"); len(said) > 0 {
		t.Errorf("errors of ours: %s", said)
	}
}
