package tailbox_test

import (
	"strings"
	"testing"

	"homie/internal/tailbox"
	"homie/internal/tailbox/tailboxtest"
)

func TestHousehold(t *testing.T) {
	tn := tailboxtest.Start(t, tailbox.Household(`odd"account`))
	s := tailboxtest.Up(t, tn, tailbox.Gateway, tailbox.NodeDen, tailbox.OliviaPhone, tailbox.MaxTablet, tailbox.VeraLaptop)
	want := []string{
		"",
		`[{"autoApprove":["terminal","jobs"]}]`,
		`[{"role":"owner","as":["odd\"account"]}]`,
		`[{"role":"member"},{"allow":["terminal:*"],"nodes":["den","nas"],"as":["odd\"account"]}]`,
		"",
	}
	for i := 1; i < len(s); i++ {
		if got := caps(t, s[0], s[i]); got != want[i] {
			t.Errorf("grants of %s = %s, want %s", s[i].Hostname, got, want[i])
		}
	}
	who, err := whois(t, s[1], s[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := string(mustJSON(t, who.CapMap["homie.internal/cap/homie-node"])); got != `[{"allow":["terminal","jobs"]}]` {
		t.Errorf("what the gateway may ask of a node = %s, want terminals", got)
	}
	if strings.Contains(strings.SplitN(tailbox.HouseholdPolicy("me"), "{", 2)[1], "YOUR-ACCOUNT") {
		t.Error("the policy still holds its placeholder")
	}
}
