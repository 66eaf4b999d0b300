package gateway_test

import (
	"fmt"
	"testing"

	"homie/gateway/notifications"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/wire/jobs"
)

// Whoever started a job that did not work is told, on all their devices, and
// nobody else; that a machine asks to be let in is told to owners.
func TestNews(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	phone, _ := h.Connect(tailbox.OliviaPhone)
	mia, _ := h.Connect(homietest.MiaPhone)
	online(t, owner, "den")
	for _, c := range []*rpc.Conn{owner, phone, mia} {
		if n := len(inbox(t, c).Notes); n != 0 { // which also makes them known
			t.Fatalf("an inbox starts with %d notes", n)
		}
	}
	defineJob(t, owner, "den", "fails", fmt.Sprintf("account = %q\nname = \"Feed the cat\"\nargv = [\"/bin/sh\", \"-c\", \"echo no food; exit 3\"]", h.Account))
	defineJob(t, owner, "den", "works", fmt.Sprintf("account = %q\nargv = [\"/bin/true\"]", h.Account))
	for _, id := range []jobs.ID{"works", "fails"} {
		r, err := rpc.Invoke(t.Context(), owner, jobs.Start, jobs.LaunchParams{Node: "den", Job: id})
		if err != nil {
			t.Fatal(err)
		}
		waitForRun(t, owner, r, jobs.Done)
	}
	homietest.Eventually(t, "Olivia is told on her phone", func() error {
		l := inbox(t, phone)
		if len(l.Notes) != 1 || l.Notes[0].Title != "Feed the cat did not work" || l.Notes[0].Topic != notifications.Jobs {
			return fmt.Errorf("her inbox is %+v", l.Notes)
		}
		return nil
	})
	if l := inbox(t, mia); len(l.Notes) != 0 {
		t.Errorf("Mia is told %+v of what Olivia started", l.Notes)
	}

	attic := h.Machine(homietest.NodeAttic)
	h.Register(attic, homietest.Offer("terminal"))
	h.Register(attic, homietest.Offer("terminal")) // is told once
	homietest.Eventually(t, "Olivia is told that a machine asks", func() error {
		l := inbox(t, phone)
		if len(l.Notes) != 2 || l.Notes[0].Title != "attic asks to be let in" || l.Notes[0].Times != 1 {
			return fmt.Errorf("her inbox is %+v", l.Notes)
		}
		return nil
	})
	if l := inbox(t, mia); len(l.Notes) != 0 {
		t.Errorf("a member is told %+v, who may let nobody in", l.Notes)
	}
}

func inbox(t *testing.T, c *rpc.Conn) (l notifications.List) {
	t.Helper()
	if err := c.Call(t.Context(), "notifications.list", struct{}{}, &l); err != nil {
		t.Fatal(err)
	}
	return l
}
