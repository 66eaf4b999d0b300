package notifications_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"homie/gateway/notifications"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

func titles(l notifications.List) (out []string) {
	for _, n := range l.Notes {
		out = append(out, n.Title)
	}
	return out
}

func TestInboxIsAPersonsOnAllDevices(t *testing.T) {
	h := open(t)
	h.meets(laptop, phone, tablet)
	h.sends(laptop, notifications.SendParams{To: []string{"OLIVIA@example.com"}, Title: "one"})
	h.sends(laptop, notifications.SendParams{Title: "two", Body: "for me"})
	h.sends(laptop, notifications.SendParams{To: []string{notifications.Everyone}, Title: "three"})
	got := h.inbox(phone)
	if want := []string{"three", "two", "one"}; !slices.Equal(titles(got), want) || got.Unread != 3 || got.Notes[0].From != "Olivia" {
		t.Fatalf("the phone has %+v, want %v unread from Olivia", got, want)
	}
	if got := titles(h.inbox(tablet)); !slices.Equal(got, []string{"three"}) {
		t.Errorf("Max has %v, want what was for everyone alone", got)
	}
	h.does(phone, "notifications.read", notifications.ReadParams{IDs: []notifications.NoteID{got.Notes[0].ID}}, nil)
	if got := h.inbox(laptop); got.Unread != 2 || !got.Notes[0].Read {
		t.Errorf("after one was read on the phone, the laptop has %+v", got)
	}
	if got := h.inbox(tablet); got.Unread != 1 {
		t.Errorf("Max's own was read by Olivia: %+v", got)
	}
	h.does(phone, "notifications.read", notifications.ReadParams{All: true}, nil)
	if got := h.inbox(laptop); got.Unread != 0 {
		t.Errorf("%d unread after all were read", got.Unread)
	}
}

func TestNobodyReadsForAnother(t *testing.T) {
	h := open(t)
	h.meets(laptop, tablet)
	h.sends(laptop, notifications.SendParams{Title: "mine"})
	id := h.inbox(laptop).Notes[0].ID
	for _, id := range []notifications.NoteID{id, "../person:1/" + id, notifications.NoteID("person:1/" + string(id))} {
		h.does(tablet, "notifications.read", notifications.ReadParams{IDs: []notifications.NoteID{id}}, nil)
	}
	if got := h.inbox(laptop); got.Unread != 1 {
		t.Errorf("Max marked Olivia's note as read: %+v", got)
	}
}

func TestPagesOfAnInbox(t *testing.T) {
	h := open(t)
	h.meets(laptop)
	for i := range 7 {
		h.sends(laptop, notifications.SendParams{Title: fmt.Sprint(i)})
	}
	var got []string
	p := notifications.ListParams{Limit: 3}
	for range 4 {
		var l notifications.List
		h.does(laptop, "notifications.list", p, &l)
		got = append(got, titles(l)...)
		if !l.More {
			break
		}
		p.Before = l.Notes[len(l.Notes)-1].ID
	}
	if want := []string{"6", "5", "4", "3", "2", "1", "0"}; !slices.Equal(got, want) {
		t.Errorf("pages = %v, want %v", got, want)
	}
}

// An inbox has a bound, and drops what is oldest.
func TestFullInbox(t *testing.T) {
	h := open(t)
	h.meets(laptop)
	for i := range 305 {
		h.sends(laptop, notifications.SendParams{Title: fmt.Sprint(i)})
	}
	var l notifications.List
	h.does(laptop, "notifications.list", notifications.ListParams{Limit: 200}, &l)
	if l.Unread != 300 || l.Notes[0].Title != "304" {
		t.Errorf("unread = %d, latest %q; want 300 and 304", l.Unread, l.Notes[0].Title)
	}
}

func TestTagReplacesWhatWasNotRead(t *testing.T) {
	h := open(t)
	h.meets(laptop, tablet)
	send := func(title string) {
		t.Helper()
		h.sends(laptop, notifications.SendParams{Title: title, Tag: "disk"})
	}
	send("disk at 80 %")
	send("disk at 90 %")
	got := h.inbox(laptop)
	if len(got.Notes) != 1 || got.Notes[0].Title != "disk at 90 %" || got.Notes[0].Times != 2 || got.Unread != 1 {
		t.Fatalf("two with one tag are %+v, want the latest alone, told twice", got)
	}
	h.does(laptop, "notifications.read", notifications.ReadParams{All: true}, nil)
	send("disk at 95 %")
	if got := titles(h.inbox(laptop)); !slices.Equal(got, []string{"disk at 95 %", "disk at 90 %"}) {
		t.Errorf("after reading, the inbox is %v, want both", got)
	}
	// Somebody else's tag is another one.
	sender := tablet
	sender.Rights.Values = append(slices.Clone(sender.Rights.Values), tsidentity.Value{Allow: []string{notifications.CapSend}})
	h.sends(sender, notifications.SendParams{To: []string{laptop.Person.ID}, Title: "not the disk", Tag: "disk"})
	if got := h.inbox(laptop); len(got.Notes) != 3 {
		t.Errorf("Max's note replaced one of Olivia's: %v", titles(got))
	}
}

func TestWhoMayTellAndHear(t *testing.T) {
	h := open(t)
	h.meets(laptop, tablet)
	h.refuses(tablet, "notifications.send", notifications.SendParams{Title: "hello"}, wire.Forbidden)
	h.refuses(laptop, "notifications.send", notifications.SendParams{To: []string{"nobody@example.com"}, Title: "hello"}, wire.NotFound)
	h.refuses(tsidentity.Local(1000), "notifications.list", struct{}{}, wire.Forbidden)

	// Whoever lost the right to use Homie hears nothing any more.
	gone := tablet
	gone.Rights = tsidentity.Rights{}
	h.knows(gone)
	h.refuses(laptop, "notifications.send", notifications.SendParams{To: []string{tablet.Person.Login}, Title: "hello"}, wire.NotFound)
	// Nor does who got their device, or their login.
	other := on("3", "Max", "tablet", tablet.Device.Addr)
	h.knows(other)
	h.refuses(laptop, "notifications.send", notifications.SendParams{To: []string{tablet.Person.ID}, Title: "hello"}, wire.NotFound)
	h.knows(tablet)
	if got := titles(h.inbox(tablet)); len(got) != 0 {
		t.Errorf("Max was told %v", got)
	}
}

func TestNoticesGoToWhoMayHearThem(t *testing.T) {
	h := open(t)
	h.meets(laptop, tablet)
	h.Tell(notifications.Notice{
		Topic: notifications.Pairing, Title: "den asks", Urgency: notifications.High,
		For: func(who tsidentity.Caller) bool { return who.Can("pairing:write") },
	})
	eventually(t, "Olivia is told", func() bool { return h.inbox(laptop).Unread == 1 })
	h.Tell(notifications.Notice{Topic: notifications.Jobs, Title: "done", For: func(tsidentity.Caller) bool { return true }})
	eventually(t, "Max is told", func() bool { return h.inbox(tablet).Unread > 0 })
	if got := titles(h.inbox(tablet)); !slices.Equal(got, []string{"done"}) {
		t.Errorf("Max was told %v, want what is for everybody alone", got)
	}
}

func TestChoices(t *testing.T) {
	h := open(t)
	h.meets(laptop)
	h.does(laptop, "notifications.preferences.update", notifications.UpdateParams{Topics: map[notifications.Topic]notifications.Choice{notifications.Messages: notifications.Off}}, nil)
	h.refuses(laptop, "notifications.send", notifications.SendParams{Title: "hello"}, wire.NotFound)
	for name, p := range map[string]notifications.UpdateParams{
		"a topic":  {Topics: map[notifications.Topic]notifications.Choice{"weather": notifications.Off}},
		"tests":    {Topics: map[notifications.Topic]notifications.Choice{notifications.Tests: notifications.Off}},
		"a choice": {Topics: map[notifications.Topic]notifications.Choice{notifications.Jobs: "loud"}},
		"a time":   {Quiet: &notifications.Quiet{From: "25:00", To: "07:00", Zone: "UTC"}},
		"a zone":   {Quiet: &notifications.Quiet{From: "22:00", To: "07:00", Zone: "Mars/Olympus"}},
		"a path":   {Quiet: &notifications.Quiet{From: "22:00", To: "07:00", Zone: "../../etc/passwd"}},
	} {
		if words := h.refuses(laptop, "notifications.preferences.update", p, wire.InvalidParams); words == "" {
			t.Errorf("%s: no words", name)
		}
	}
	var p notifications.Preferences
	h.does(laptop, "notifications.preferences", struct{}{}, &p)
	if i := slices.IndexFunc(p.Topics, func(c notifications.TopicChoice) bool { return c.Topic == notifications.Messages }); p.Topics[i].Choice != notifications.Off {
		t.Errorf("the choice is %+v, want off", p.Topics[i])
	}
}

func TestSendParamsShowWhatTheySay(t *testing.T) {
	for name, p := range map[string]notifications.SendParams{
		"no title":       {Title: "  "},
		"a long title":   {Title: strings.Repeat("x", 121)},
		"a long body":    {Title: "x", Body: strings.Repeat("ö", 1001)},
		"turned around":  {Title: "x\u202ey"},
		"a line":         {Title: "x\ny"},
		"elsewhere":      {Title: "x", Path: "//evil.example"},
		"a backslash":    {Title: "x", Path: `/\evil.example`},
		"another scheme": {Title: "x", Path: "javascript:alert(1)"},
		"an urgency":     {Title: "x", Urgency: "now"},
	} {
		if err := p.Validate(); err == nil {
			t.Errorf("%s: Validate(%+v) = nil", name, p)
		}
	}
	if err := (notifications.SendParams{Title: "Müll", Body: "Die Tonne\nist voll. 🗑", Path: "/machines/den?x=1"}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestInboxOutlivesTheGateway(t *testing.T) {
	db := storetest.Open(t)
	h := openAt(t, db)
	h.meets(laptop)
	h.sends(laptop, notifications.SendParams{Title: "kept"})
	var before, after notifications.Preferences
	h.does(laptop, "notifications.preferences", struct{}{}, &before)
	again := openAt(t, db)
	again.knows(laptop)
	if got := titles(again.inbox(laptop)); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("after a restart the inbox is %v", got)
	}
	again.does(laptop, "notifications.preferences", struct{}{}, &after)
	if before.PushKey == "" || before.PushKey != after.PushKey {
		t.Errorf("the key that browsers subscribed to was %q and is %q", before.PushKey, after.PushKey)
	}
}
