package stepup_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"homie/gateway/stepup"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

// prepare asks for the options of a new passkey, which somebody confirms.
func (h *house) prepare(who tsidentity.Caller, confirm func(wire.ConfirmationID)) stepup.Ceremony {
	h.t.Helper()
	e := h.call(who, "stepup.passkey.prepare", wire.Nothing{}, nil)
	h.wants("preparing", e, wire.ConfirmationRequired)
	confirm(e.Data.Confirm.ID)
	var c stepup.Ceremony
	h.wants("preparing", h.call(who, "stepup.passkey.prepare", wire.Nothing{}, &c), "")
	return c
}

func (h *house) adds(who tsidentity.Caller, a *authenticator, confirm func(wire.ConfirmationID)) stepup.Passkey {
	h.t.Helper()
	var key stepup.Passkey
	made := a.create(h.t, h.prepare(who, confirm).Options)
	h.wants("adding", h.call(who, "stepup.passkey.create", stepup.PasskeyParams{Name: "My key", Credential: made}, &key), "")
	return key
}

func (h *house) byPhone(id wire.ConfirmationID) { h.answers(phone, id, true, "") }

func (h *house) challenge(who tsidentity.Caller, id wire.ConfirmationID) stepup.Ceremony {
	h.t.Helper()
	var c stepup.Ceremony
	h.wants("a challenge", h.call(who, "stepup.confirmation.challenge", stepup.ConfirmationParams{ID: id}, &c), "")
	return c
}

func (h *house) answersByKey(who tsidentity.Caller, id wire.ConfirmationID, credential []byte, reason wire.Reason) {
	h.t.Helper()
	h.wants("a passkey's answer", h.call(who, "stepup.confirmation.passkey", stepup.PasskeyAnswerParams{ID: id, Credential: credential}, nil), reason)
}

func TestPasskeyConfirms(t *testing.T) {
	h := open(t, stepup.Always)
	key := newAuthenticator(t)
	h.adds(laptop, key, h.byPhone)
	id := h.asked(laptop, "lamp.light", "kitchen")
	h.answersByKey(laptop, id, key.get(t, h.challenge(laptop, id).Options), "")
	h.lights(laptop, "lamp.light", "kitchen")
	h.asked(laptop, "lamp.light", "kitchen")
	var s stepup.Status
	h.wants("the status", h.call(phone, "stepup.get", wire.Nothing{}, &s), "")
	if len(s.Passkeys) != 1 || s.Passkeys[0].Name != "My key" || s.Passkeys[0].Device != "laptop" || s.Passkeys[0].LastUsedAt == nil || s.Domain != "homie.box.ts.net" {
		t.Errorf("the status is %+v", s)
	}
	for _, a := range h.audit {
		if strings.Contains(a.Target+a.Reason, "signature") {
			t.Errorf("the record has more than what was confirmed: %+v", a)
		}
	}
}

func TestPasskeyIsBoundToTheAct(t *testing.T) {
	h := open(t, stepup.Always)
	key := newAuthenticator(t)
	h.adds(laptop, key, h.byPhone)
	light, burn := h.asked(laptop, "lamp.light", "kitchen"), h.asked(laptop, "lamp.burn", "attic")
	answer := key.get(t, h.challenge(laptop, light).Options)
	h.answersByKey(laptop, burn, answer, wire.Conflict) // no challenge of its own
	h.challenge(laptop, burn)
	h.answersByKey(laptop, burn, answer, wire.Forbidden) // the challenge of another act
	h.answersByKey(laptop, light, answer, "")
	h.answersByKey(laptop, light, answer, wire.Conflict) // replayed
	h.lights(laptop, "lamp.light", "kitchen")
	next := h.asked(laptop, "lamp.light", "kitchen")
	h.challenge(laptop, next)
	h.answersByKey(laptop, next, answer, wire.Forbidden) // replayed for the same act anew
	h.answersByKey(laptop, next, key.get(t, h.challenge(laptop, next).Options), "")
}

func TestPasskeysThatDoNotCount(t *testing.T) {
	h := open(t, stepup.Always)
	own, foreign := newAuthenticator(t), newAuthenticator(t)
	h.adds(laptop, own, h.byPhone)
	h.adds(tablet, foreign, func(id wire.ConfirmationID) { h.answers(on("2", "Max", "phone"), id, true, "") })
	id := h.asked(laptop, "lamp.light", "kitchen")
	try := func(key *authenticator) {
		t.Helper()
		h.answersByKey(laptop, id, key.get(t, h.challenge(laptop, id).Options), wire.Forbidden)
	}
	try(foreign)             // of another person
	try(newAuthenticator(t)) // of nobody
	evil := *own
	evil.origin = "https://evil.box.ts.net"
	try(&evil)
	absent := *own
	absent.flags = present // nobody showed that it is them
	try(&absent)
	copied := *own
	copied.counter = 0
	try(&copied)
	h.wants("another's challenge", h.call(tablet, "stepup.confirmation.challenge", stepup.ConfirmationParams{ID: id}, nil), wire.NotFound)
	own.counter += 10
	h.answersByKey(laptop, id, own.get(t, h.challenge(laptop, id).Options), "")
	if len(h.lit) != 0 {
		t.Errorf("lit were %v", h.lit)
	}
}

func TestPasskeysAreKept(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	key := newAuthenticator(t)
	made := h.adds(laptop, key, h.byPhone)
	h.wants("another's name", h.call(tablet, "stepup.passkey.update", stepup.PasskeyUpdateParams{ID: made.ID, Name: "Mine"}, nil), wire.NotFound)
	h.wants("another's removal", h.call(tablet, "stepup.passkey.delete", stepup.PasskeyDeleteParams{ID: made.ID}, nil), wire.NotFound)
	h.wants("a name", h.call(phone, "stepup.passkey.update", stepup.PasskeyUpdateParams{ID: made.ID, Name: "Blue key"}, nil), "")
	e := h.call(laptop, "stepup.passkey.delete", stepup.PasskeyDeleteParams{ID: made.ID}, nil)
	h.wants("a removal", e, wire.ConfirmationRequired)
	if e.Data.Confirm.Words != "Remove the passkey “Blue key” of Olivia" {
		t.Errorf("asked is %q", e.Data.Confirm.Words)
	}
	h.answersByKey(laptop, e.Data.Confirm.ID, key.get(t, h.challenge(laptop, e.Data.Confirm.ID).Options), "")
	h.wants("a removal", h.call(laptop, "stepup.passkey.delete", stepup.PasskeyDeleteParams{ID: made.ID}, nil), "")
	id := h.asked(phone, "lamp.light", "kitchen")
	h.wants("a challenge without a passkey", h.call(phone, "stepup.confirmation.challenge", stepup.ConfirmationParams{ID: id}, nil), wire.NotFound)
}

func TestPasskeyIsAddedWhereItWasAsked(t *testing.T) {
	h := open(t, stepup.DefaultRule)
	options := h.prepare(laptop, h.byPhone)
	made := newAuthenticator(t).create(t, options.Options)
	p := stepup.PasskeyParams{Name: "key", Credential: made}
	h.wants("on another device", h.call(phone, "stepup.passkey.create", p, nil), wire.Conflict)
	h.wants("by another person", h.call(tablet, "stepup.passkey.create", p, nil), wire.Conflict)
	h.wants("with an answer to nothing", h.call(laptop, "stepup.passkey.create", stepup.PasskeyParams{Name: "key", Credential: []byte(`{"id":"x"}`)}, nil), wire.Forbidden)
	h.wants("after a wrong answer", h.call(laptop, "stepup.passkey.create", p, nil), wire.Conflict)
}

func TestWithoutHTTPS(t *testing.T) {
	h := openAt(t, storetest.Open(t), stepup.DefaultRule, "http://homie.box.ts.net")
	e := h.call(laptop, "stepup.passkey.prepare", wire.Nothing{}, nil)
	h.wants("adding", e, wire.Unsupported)
	if !strings.Contains(e.Message, "another device") {
		t.Errorf("it does not say what else there is: %s", e.Message)
	}
	id := h.asked(laptop, "lamp.light", "kitchen")
	h.wants("a challenge", h.call(laptop, "stepup.confirmation.challenge", stepup.ConfirmationParams{ID: id}, nil), wire.Unsupported)
	h.answers(phone, id, true, "")
	h.lights(laptop, "lamp.light", "kitchen")
}

func TestCode(t *testing.T) {
	db := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		h := openAt(t, db, stepup.DefaultRule, home)
		code := func(who tsidentity.Caller, id wire.ConfirmationID, text string, reason wire.Reason) *wire.Error {
			t.Helper()
			e := h.call(who, "stepup.confirmation.code", stepup.CodeParams{ID: id, Code: text}, nil)
			h.wants("the code "+text, e, reason)
			return e
		}
		h.wants("a code for nobody", h.call(host, "stepup.code.create", stepup.CodeForParams{}, nil), wire.NotFound)
		h.wants("an owner's code", h.call(laptop, "stepup.code.create", stepup.CodeForParams{}, nil), wire.Forbidden)
		light := h.asked(tablet, "lamp.light", "kitchen")
		h.wants("a code for a lamp", h.call(host, "stepup.code.create", stepup.CodeForParams{}, nil), wire.NotFound)

		id := h.call(tablet, "stepup.passkey.prepare", wire.Nothing{}, nil).Data.Confirm.ID
		code(tablet, id, "AAAAA-AAAAA", wire.NotFound) // none was made
		h.call(laptop, "stepup.passkey.prepare", wire.Nothing{}, nil)
		h.wants("a code for one of two", h.call(host, "stepup.code.create", stepup.CodeForParams{}, nil), wire.Conflict)
		var made stepup.Code
		h.wants("a code", h.call(host, "stepup.code.create", stepup.CodeForParams{For: "Max@example.com"}, &made), "")
		if made.Person != "Max" || made.Device != "tablet" {
			t.Errorf("the code is for %+v", made)
		}

		code(laptop, id, made.Code, wire.NotFound)                  // another person
		code(on("2", "Max", "phone"), id, made.Code, wire.NotFound) // another device
		code(tablet, light, made.Code, wire.NotFound)               // another act
		if e := code(tablet, id, "WRONG-CODES", wire.Forbidden); e.Data.RetryAfterMs != 1000 {
			t.Errorf("after a wrong code the pause is %d ms, want 1000", e.Data.RetryAfterMs)
		}
		code(tablet, id, made.Code, wire.RateLimited) // even the right one
		time.Sleep(time.Second)
		code(tablet, id, "WRONG-CODES", wire.Forbidden)
		time.Sleep(time.Second)
		code(tablet, id, made.Code, wire.RateLimited) // the pause grows
		time.Sleep(time.Second)
		h.wants("adding", h.call(tablet, "stepup.passkey.prepare", wire.Nothing{}, nil), wire.ConfirmationRequired)
		code(tablet, id, strings.ToLower(strings.ReplaceAll(made.Code, "-", " ")), "")
		code(tablet, id, made.Code, wire.Conflict) // once

		var c stepup.Ceremony
		h.wants("adding", h.call(tablet, "stepup.passkey.prepare", wire.Nothing{}, &c), "")
		h.asked(tablet, "lamp.light", "kitchen") // the code is for nothing else
		for _, a := range h.audit {
			if strings.Contains(a.Target+a.Reason, made.Code) {
				t.Errorf("the code is on record: %+v", a)
			}
		}
	})
}

func TestCodeEnds(t *testing.T) {
	db := storetest.Open(t)
	synctest.Test(t, func(t *testing.T) {
		h := openAt(t, db, stepup.DefaultRule, home)
		ask := func() (wire.ConfirmationID, string) {
			id := h.call(tablet, "stepup.passkey.prepare", wire.Nothing{}, nil).Data.Confirm.ID
			var made stepup.Code
			h.wants("a code", h.call(host, "stepup.code.create", stepup.CodeForParams{For: "tablet"}, &made), "")
			return id, made.Code
		}
		id, code := ask()
		time.Sleep(10 * time.Minute)
		h.wants("a code that is too old", h.call(tablet, "stepup.confirmation.code", stepup.CodeParams{ID: id, Code: code}, nil), wire.NotFound)
		id, code = ask()
		for range 5 {
			h.wants("a wrong code", h.call(tablet, "stepup.confirmation.code", stepup.CodeParams{ID: id, Code: "x"}, nil), wire.Forbidden)
			time.Sleep(20 * time.Second)
		}
		h.wants("a code after five wrong ones", h.call(tablet, "stepup.confirmation.code", stepup.CodeParams{ID: id, Code: code}, nil), wire.NotFound)
	})
}
