package pairing

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

func tagged(n int) tsidentity.Caller {
	id := fmt.Sprintf("nKiosk%d", n)
	return tsidentity.Caller{Class: tsidentity.ClassTagged, Device: tsidentity.Device{ID: id, Name: id, Tags: []string{"tag:kiosk"}}}
}

var owner = tsidentity.Caller{
	Class: tsidentity.ClassPerson, Person: tsidentity.Person{ID: "1", Name: "Olivia"}, Device: tsidentity.Device{ID: "nPhone"},
	Rights: tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleOwner}}},
}

// What a device shows counts for ten minutes, so many may wait, and who guessed
// wrong waits longer each time, and not for ever.
func TestSecretsAreBounded(t *testing.T) {
	db := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		s := New(db, slog.New(slog.DiscardHandler))
		var last DeviceSecret
		for i := range maxAsking {
			var err error
			if last, err = s.askDevice(t.Context(), tagged(i), wire.Nothing{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.askDevice(t.Context(), tagged(maxAsking), wire.Nothing{}); wire.ReasonOf(err) != wire.Busy {
			t.Errorf("one more asks: %v", err)
		}
		time.Sleep(askingTime - time.Minute)
		if a, err := s.getDevice(t.Context(), owner, SecretParams{Secret: last.Nonce}); err != nil || a.Name != "nKiosk15" {
			t.Errorf("after nine minutes: %+v, %v", a, err)
		}
		time.Sleep(time.Minute)
		if _, err := s.getDevice(t.Context(), owner, SecretParams{Secret: last.Nonce}); wire.ReasonOf(err) != wire.NotFound {
			t.Errorf("after ten minutes: %v", err)
		}
		fresh, err := s.askDevice(t.Context(), tagged(maxAsking), wire.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			s.getDevice(t.Context(), owner, SecretParams{Secret: "wrong"})
			time.Sleep(time.Second)
		}
		if _, err := s.getDevice(t.Context(), owner, SecretParams{Secret: fresh.Nonce}); wire.ReasonOf(err) != wire.RateLimited {
			t.Errorf("the right one in between: %v", err)
		}
		other := owner
		other.Device.ID = "nLaptop"
		if _, err := s.getDevice(t.Context(), other, SecretParams{Secret: fresh.Nonce}); err != nil {
			t.Errorf("somebody else meanwhile: %v", err)
		}
		time.Sleep(longestWait)
		if _, err := s.getDevice(t.Context(), owner, SecretParams{Secret: fresh.Code}); err != nil {
			t.Errorf("after the longest wait: %v", err)
		}
	})
}

// Rights end with the tags that they were given to, and nobody gives what they do
// not have.
func TestGiven(t *testing.T) {
	s := New(storetest.Open(t), slog.New(slog.DiscardHandler))
	kiosk := tagged(1)
	secret, err := s.askDevice(t.Context(), kiosk, wire.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	p := ApproveDeviceParams{Secret: secret.Nonce, Device: "nKiosk1", Role: "kiosk"}
	limited := owner
	limited.Rights.Values = []tsidentity.Value{{Allow: []string{"pairing:*"}}, {Role: tsidentity.RoleMember, Nodes: []string{"den"}}}
	if _, err := s.approveDevice(t.Context(), limited, p); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("somebody with one machine gives a device all: %v", err)
	}
	if _, err := s.approveDevice(t.Context(), owner, p); err != nil {
		t.Fatal(err)
	}
	if got := s.Given(kiosk.Device); len(got) != 1 || got[0].Role != tsidentity.RoleKiosk || got[0].Nodes != nil {
		t.Errorf("Given() = %+v", got)
	}
	other := kiosk.Device
	other.Tags = []string{"tag:kiosk", "tag:lent"}
	if got := s.Given(other); got != nil {
		t.Errorf("Given() with other tags = %+v", got)
	}
}
