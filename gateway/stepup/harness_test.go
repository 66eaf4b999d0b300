package stepup_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"homie/gateway/stepup"
	"homie/rpc"
	"homie/store"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
)

// house is the service behind a registry, with a lamp that takes a confirmation.
type house struct {
	t        *testing.T
	db       *store.Store
	registry *rpc.Registry
	lit      []string // what the lamp was told
	audit    []rpc.Audit
	ended    int
}

type lampParams struct {
	Room string `json:"room"`
}

func (p lampParams) Target() string { return p.Room }

const home = "https://homie.box.ts.net"

func open(t *testing.T, rule stepup.Rule) *house { return openAt(t, storetest.Open(t), rule, home) }

func openAt(t *testing.T, db *store.Store, rule stepup.Rule, address string) *house {
	t.Helper()
	h := &house{t: t, db: db}
	s := stepup.New(db, rule, func() string { return address }, slog.New(slog.DiscardHandler))
	s.OnEnd(func(tsidentity.Caller) { h.ended++ })
	lamp := func(name string, more ...rpc.Option) rpc.Entry {
		ask := rpc.Sensitive(func(_ context.Context, _ tsidentity.Caller, p lampParams) (rpc.Question, error) {
			if p.Room == "hall" {
				return rpc.Question{}, nil
			}
			return rpc.Question{Words: "Light the " + p.Room}, nil
		})
		return rpc.Call(name, tsidentity.CapUse, func(_ context.Context, _ tsidentity.Caller, p lampParams) (wire.Nothing, error) {
			h.lit = append(h.lit, p.Room)
			return wire.Nothing{}, nil
		}, append(more, ask, rpc.Audited())...)
	}
	var err error
	h.registry, err = rpc.NewRegistry(rpc.Options{
		Confirm: s.Confirm,
		Audit:   func(_ context.Context, a rpc.Audit) { h.audit = append(h.audit, a) },
	}, append(s.API(), lamp("lamp.light"), lamp("lamp.burn"), lamp("lamp.fire", rpc.EachTime()))...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// call makes a call, as any client does.
func (h *house) call(who tsidentity.Caller, method string, params, result any) *wire.Error {
	h.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		h.t.Fatal(err)
	}
	body, err := json.Marshal(wire.Message{JSONRPC: wire.Version, ID: json.RawMessage("1"), Method: method, Params: raw})
	if err != nil {
		h.t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.registry.ServePost(w, httptest.NewRequest(http.MethodPost, wire.Path, bytes.NewReader(body)), who)
	var m wire.Message
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		h.t.Fatalf("%s answers %s: %v", method, w.Body, err)
	}
	if m.Error == nil && result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			h.t.Fatal(err)
		}
	}
	return m.Error
}

// wants fails the test unless e has the reason; "" is success.
func (h *house) wants(what string, e *wire.Error, reason wire.Reason) {
	h.t.Helper()
	if e == nil && reason != "" {
		h.t.Fatalf("%s is done, want %s", what, reason)
	}
	if e != nil && e.Data.Reason != reason {
		h.t.Fatalf("%s is refused: %s (%s), want %q", what, e.Message, e.Data.Reason, reason)
	}
}

// asked lights a lamp, and returns what has to be confirmed for it.
func (h *house) asked(who tsidentity.Caller, method, room string) wire.ConfirmationID {
	h.t.Helper()
	e := h.call(who, method, lampParams{room}, nil)
	h.wants(method+" "+room, e, wire.ConfirmationRequired)
	if e.Data.Confirm == nil || e.Data.Confirm.ID == "" {
		h.t.Fatalf("%s names no confirmation: %+v", method, e)
	}
	return e.Data.Confirm.ID
}

func (h *house) lights(who tsidentity.Caller, method, room string) {
	h.t.Helper()
	h.wants(method+" "+room, h.call(who, method, lampParams{room}, nil), "")
}

func (h *house) answers(who tsidentity.Caller, id wire.ConfirmationID, yes bool, reason wire.Reason) {
	h.t.Helper()
	h.wants("an answer", h.call(who, "stepup.confirmation.answer", stepup.AnswerParams{ID: id, Confirm: yes}, nil), reason)
}

// on is a person on a device.
func on(id, name, device string) tsidentity.Caller {
	return tsidentity.Caller{
		Class:  tsidentity.ClassPerson,
		Person: tsidentity.Person{ID: id, Login: name + "@example.com", Name: name},
		Device: tsidentity.Device{ID: "n" + device, Name: device},
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{Role: tsidentity.RoleOwner}}},
	}
}

var (
	laptop = on("1", "Olivia", "laptop")
	phone  = on("1", "Olivia", "phone")
	tablet = on("2", "Max", "tablet")
	host   = tsidentity.Local(1000)
)

// authenticator is a passkey that exists in this test alone.
type authenticator struct {
	id      []byte
	key     *ecdsa.PrivateKey
	counter uint32
	origin  string
	flags   byte // beside what a ceremony needs
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	rand.Read(id)
	return &authenticator{id: id, key: key, origin: home, flags: present | verified}
}

// The flags of authenticator data (WebAuthn, 6.1).
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

var b64 = base64.RawURLEncoding

func (a *authenticator) data(rpID string, flags byte) []byte {
	a.counter++
	sum := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), a.counter)
}

func (a *authenticator) client(kind string, options json.RawMessage) (text []byte, rpID string) {
	var o struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct {
			ID string `json:"id"`
		} `json:"rp"`
	}
	_ = json.Unmarshal(options, &o) // what is missing shows in the answer
	text, _ = json.Marshal(map[string]any{"type": kind, "challenge": o.Challenge, "origin": a.origin, "crossOrigin": false})
	return text, o.RPID + o.RP.ID
}

// create answers navigator.credentials.create.
func (a *authenticator) create(t *testing.T, options json.RawMessage) json.RawMessage {
	t.Helper()
	client, rpID := a.client("webauthn.create", options)
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	auth := append(a.data(rpID, a.flags|attested), make([]byte, 16)...)
	auth = append(binary.BigEndian.AppendUint16(auth, uint16(len(a.id))), a.id...)
	auth = append(auth, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"+string(point[1:33])+"\x22\x58\x20"+string(point[33:])...)
	object := append([]byte("\xa3cfmtdnonegattStmt\xa0hauthData\x59"), byte(len(auth)>>8), byte(len(auth)))
	return a.answer(t, map[string]any{"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(append(object, auth...))})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(t *testing.T, options json.RawMessage) json.RawMessage {
	t.Helper()
	client, rpID := a.client("webauthn.get", options)
	auth := a.data(rpID, a.flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(bytes.Clone(auth), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(auth), "signature": b64.EncodeToString(sig),
	})
}

func (a *authenticator) answer(t *testing.T, response map[string]any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
