package stepup_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homie/gateway/stepup"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

func TestAnotherDeviceConfirms(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	h.lights(laptop, "lamp.light", "hall") // which is not sensitive
	id := h.asked(laptop, "lamp.light", "kitchen")
	if again := h.asked(laptop, "lamp.light", "kitchen"); again != id {
		t.Errorf("the same act is asked for twice, as %s and %s", id, again)
	}

	var seen stepup.Confirmations
	h.wants("the list", h.call(phone, "stepup.confirmation.list", wire.Nothing{}, &seen), "")
	if len(seen.Confirmations) != 1 || seen.Confirmations[0].Words != "Light the kitchen" || seen.Confirmations[0].DeviceOf != "laptop" ||
		seen.Confirmations[0].Here || seen.Confirmations[0].HoldMs != (12*time.Hour).Milliseconds() {
		t.Fatalf("the phone sees %+v", seen)
	}
	h.wants("the list of somebody else", h.call(tablet, "stepup.confirmation.list", wire.Nothing{}, &seen), "")
	if len(seen.Confirmations) != 0 {
		t.Errorf("another person sees %+v", seen)
	}

	h.answers(laptop, id, true, wire.Forbidden) // not by itself
	h.answers(tablet, id, true, wire.NotFound)  // not by another person
	renamed := on("3", "Olivia", "phone")       // a new person with her name and login
	h.answers(renamed, id, true, wire.NotFound)
	h.asked(laptop, "lamp.light", "kitchen")
	h.answers(phone, id, true, "")
	h.answers(phone, id, true, wire.Conflict) // once
	h.lights(laptop, "lamp.light", "kitchen")
	h.lights(laptop, "lamp.burn", "attic") // it holds for the device
	h.asked(phone, "lamp.light", "kitchen")
	h.asked(on("2", "Max", "laptop"), "lamp.light", "kitchen") // and for the person
	if want := []string{"hall", "kitchen", "attic"}; !slices.Equal(h.lit, want) {
		t.Errorf("lit were %v, want %v", h.lit, want)
	}
}

func TestConfirmationIsForOneAct(t *testing.T) {
	h := open(t, stepup.Always)
	id := h.asked(laptop, "lamp.light", "kitchen")
	h.answers(phone, id, true, "")
	h.asked(laptop, "lamp.light", "attic")                            // another target
	h.asked(laptop, "lamp.burn", "kitchen")                           // another method
	h.asked(on("1", "Olivia", "desktop"), "lamp.light", "kitchen")    // another device
	h.asked(on("4", "Somebody", "laptop"), "lamp.light", "kitchen")   // another person
	h.lights(laptop, "lamp.light", "kitchen")                         // what was confirmed
	if next := h.asked(laptop, "lamp.light", "kitchen"); next == id { // once
		t.Errorf("a confirmation that is used up waits again")
	}
	if want := []string{"kitchen"}; !slices.Equal(h.lit, want) {
		t.Errorf("lit were %v, want %v", h.lit, want)
	}
}

// Of any number of calls at once, one is let through by one confirmation.
func TestConfirmationIsUsedOnce(t *testing.T) {
	h := open(t, stepup.Always)
	h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		done int
	)
	for range 16 {
		wg.Go(func() {
			e := h.call(laptop, "lamp.light", lampParams{"kitchen"}, nil)
			mu.Lock()
			defer mu.Unlock()
			if e == nil {
				done++
			}
		})
	}
	wg.Wait()
	if done != 1 {
		t.Errorf("%d calls were let through, want 1", done)
	}
}

func TestWhoIsNotAsked(t *testing.T) {
	never := open(t, stepup.Never)
	never.lights(laptop, "lamp.fire", "kitchen")

	h := open(t, stepup.DefaultRule)
	h.lights(host, "lamp.fire", "kitchen") // who owns Homie's state
	kiosk := tsidentity.Caller{Class: tsidentity.ClassTagged, Device: tsidentity.Device{ID: "nWall", Name: "wall", Tags: []string{"tag:kiosk"}}, Rights: laptop.Rights}
	h.wants("a kiosk's act", h.call(kiosk, "lamp.light", lampParams{"kitchen"}, nil), wire.Forbidden)
	h.lights(kiosk, "lamp.light", "hall")
	h.wants("a kiosk's answer", h.call(kiosk, "stepup.confirmation.answer", stepup.AnswerParams{ID: h.asked(laptop, "lamp.light", "attic"), Confirm: true}, nil), wire.Forbidden)
	var s stepup.Status
	h.wants("a kiosk's status", h.call(kiosk, "stepup.get", wire.Nothing{}, &s), "")
	if s.Personal {
		t.Error("a kiosk is told that it belongs to a person")
	}
}

func TestConfirmationsEndInTime(t *testing.T) {
	db := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		h := openAt(t, db, stepup.Rule(time.Hour), home)
		late := h.asked(laptop, "lamp.light", "kitchen")
		time.Sleep(5 * time.Minute)
		h.answers(phone, late, true, wire.NotFound)
		h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
		time.Sleep(time.Hour - time.Second)
		h.lights(laptop, "lamp.light", "kitchen")
		time.Sleep(time.Second)
		h.asked(laptop, "lamp.light", "kitchen")

		// What was confirmed for one act is for now, not for later.
		strict := openAt(t, db, stepup.Always, home)
		strict.answers(phone, strict.asked(laptop, "lamp.light", "kitchen"), true, "")
		time.Sleep(5 * time.Minute)
		strict.asked(laptop, "lamp.light", "kitchen")
	})
}

func TestWhatSurvivesARestart(t *testing.T) {
	db := storetest.Open(t)
	h := openAt(t, db, stepup.DefaultRule, home)
	id := h.asked(laptop, "lamp.light", "kitchen")
	h.answers(phone, id, true, "")
	waits := h.asked(tablet, "lamp.light", "kitchen")

	again := openAt(t, db, stepup.DefaultRule, home)
	again.lights(laptop, "lamp.light", "kitchen")                      // that it need not ask
	again.answers(on("2", "Max", "phone"), waits, true, wire.NotFound) // and no question
	strict := openAt(t, db, stepup.Always, home)
	strict.asked(laptop, "lamp.light", "kitchen") // nor what the rule says no more
}

func TestDeniedAndGivenUp(t *testing.T) {
	db := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		h := openAt(t, db, stepup.DefaultRule, home)
		h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), false, "")
		e := h.call(laptop, "lamp.light", lampParams{"kitchen"}, nil) // it can't nag
		h.wants("asking again at once", e, wire.RateLimited)
		if e.Data.RetryAfterMs != 30_000 {
			t.Errorf("it may ask again in %d ms, want 30000", e.Data.RetryAfterMs)
		}
		time.Sleep(30 * time.Second)
		id := h.asked(laptop, "lamp.light", "kitchen")
		h.answers(laptop, id, false, "") // given up by who asked
		if next := h.asked(laptop, "lamp.light", "kitchen"); next == id {
			t.Error("what was given up waits again")
		}
		if len(h.lit) != 0 {
			t.Errorf("lit were %v", h.lit)
		}
		decisions := []string{}
		for _, a := range h.audit {
			decisions = append(decisions, a.Method+" "+a.Decision)
		}
		want := []string{"lamp.light asked", "stepup.confirmation.answer allowed", "lamp.light failed", "lamp.light asked", "stepup.confirmation.answer allowed", "lamp.light asked"}
		if !slices.Equal(decisions, want) {
			t.Errorf("on record are %q, want %q", decisions, want)
		}
		if target := h.audit[1].Target; !strings.Contains(target, "denied, asked by laptop: Light the kitchen") {
			t.Errorf("the answer's target is %q", target)
		}
	})
}

func TestEnd(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
	h.lights(laptop, "lamp.light", "kitchen")
	h.wants("the end", h.call(laptop, "stepup.end", wire.Nothing{}, nil), "")
	h.asked(laptop, "lamp.light", "kitchen")
	if h.ended != 1 {
		t.Errorf("%d were told of the end, want 1", h.ended)
	}
}

func TestSharedDevice(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
	h.wants("sharing", h.call(laptop, "stepup.device.update", stepup.ThisDeviceParams{Shared: true}, nil), "")
	id := h.asked(laptop, "lamp.light", "kitchen") // before each act
	h.answers(phone, id, true, "")
	h.lights(laptop, "lamp.light", "kitchen")
	h.asked(laptop, "lamp.light", "kitchen")
	h.answers(laptop, h.asked(phone, "lamp.light", "attic"), true, wire.Forbidden) // it confirms nothing

	e := h.call(laptop, "stepup.device.update", stepup.ThisDeviceParams{Shared: false}, nil)
	h.wants("trusting it again", e, wire.ConfirmationRequired)
	h.answers(phone, e.Data.Confirm.ID, true, "")
	h.wants("trusting it again", h.call(laptop, "stepup.device.update", stepup.ThisDeviceParams{Shared: false}, nil), "")
	h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
	h.lights(laptop, "lamp.light", "kitchen")
	h.lights(laptop, "lamp.burn", "kitchen")
}

// What is asked each time is, however recently something else was confirmed.
func TestEachTime(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	h.answers(phone, h.asked(laptop, "lamp.light", "kitchen"), true, "")
	id := h.asked(laptop, "lamp.fire", "kitchen")
	h.answers(phone, id, true, "")
	h.lights(laptop, "lamp.fire", "kitchen")
	h.asked(laptop, "lamp.fire", "kitchen")
}

func TestQuestionsAreBounded(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	first := h.asked(laptop, "lamp.light", "room 0")
	for i := range 8 {
		h.asked(laptop, "lamp.light", "room "+string(rune('1'+i)))
	}
	var seen stepup.Confirmations
	h.wants("the list", h.call(phone, "stepup.confirmation.list", wire.Nothing{}, &seen), "")
	if len(seen.Confirmations) != 8 {
		t.Errorf("%d wait, want 8", len(seen.Confirmations))
	}
	h.answers(phone, first, true, wire.NotFound) // the oldest gave way
}

// A confirmation lets everything through for which the device waits, if it holds.
func TestOneAnswerReleasesTheRest(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	one, other := h.asked(laptop, "lamp.light", "kitchen"), h.asked(laptop, "lamp.burn", "attic")
	h.answers(phone, one, true, "")
	var seen stepup.Confirmations
	h.wants("the list", h.call(laptop, "stepup.confirmation.list", wire.Nothing{}, &seen), "")
	for _, c := range seen.Confirmations {
		if c.ID == other && c.State != stepup.Confirmed {
			t.Errorf("what need not be asked any more is %s", c.State)
		}
	}
}

func TestParseRule(t *testing.T) {
	for text, want := range map[string]stepup.Rule{"12h": stepup.DefaultRule, "always": stepup.Always, "never": stepup.Never, "1m": stepup.Rule(time.Minute)} {
		if got, err := stepup.ParseRule(text); err != nil || got != want {
			t.Errorf("ParseRule(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1h", "59s", "721h", "often", "12"} {
		if got, err := stepup.ParseRule(text); err == nil {
			t.Errorf("ParseRule(%q) = %v", text, got)
		}
	}
}
