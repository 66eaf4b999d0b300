package stepup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"homie/wire"
)

// Standing is where a confirmation stands.
type Standing string

// The states of a confirmation. All but Waiting are its last.
const (
	Waiting   Standing = "waiting"
	Confirmed Standing = "confirmed"
	Denied    Standing = "denied"
	Over      Standing = "over" // nobody answered in time, or it was given up
)

// Confirmation is an act that somebody wants to do, and that a person has to
// confirm. Its person sees it on all of their devices.
type Confirmation struct {
	ID       wire.ConfirmationID `json:"id"`
	Words    string              `json:"words"`    // what is to be done, e.g. "Open a terminal on den as max"
	Method   string              `json:"method"`   // the refused call's
	On       string              `json:"on"`       // what it would act on, as the audit log names it
	Device   wire.DeviceID       `json:"device"`   // that asks
	DeviceOf string              `json:"deviceOf"` // what that is called
	Here     bool                `json:"here"`     // whether it is the device of whoever reads this
	AskedAt  time.Time           `json:"askedAt"`
	Expires  time.Time           `json:"expiresAt"`
	State    Standing            `json:"state"`
	// HoldMs is how long the device may go on without asking again once this is
	// confirmed; 0: not at all.
	HoldMs int64 `json:"holdMs"`
	// Code says that a one-time code of the gateway's host answers it, too.
	Code bool `json:"code"`

	person principal
}

// Target is what the audit log says of an answer.
func (c Confirmation) Target() string {
	return fmt.Sprintf("%s, asked by %s: %s", c.State, c.DeviceOf, c.Words)
}

// Confirmations are those of a person, oldest first.
type Confirmations struct {
	Confirmations []Confirmation `json:"confirmations"`
}

// Status is how confirmations stand for a person on a device.
type Status struct {
	// Rule is how long a confirmation holds: a time such as 12h0m0s, always, or
	// never, if nothing has to be confirmed in this home.
	Rule string `json:"rule"`
	// HoldMs is that time, 0 if it is none.
	HoldMs int64 `json:"holdMs"`
	// Personal says that the device belongs to a person. Others can't confirm
	// anything.
	Personal bool `json:"personal"`
	// Until is how long this device need not ask again; null: it has to.
	Until *time.Time `json:"until"`
	// Shared says that others use this device, too: it asks before each act.
	Shared bool `json:"shared"`
	// Domain is the host name at which passkeys work; "" if they can't, as they
	// need HTTPS.
	Domain   string    `json:"domain"`
	Passkeys []Passkey `json:"passkeys"` // the person's own
}

// Passkey is a key of a person that a device or a security key holds.
type Passkey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Device     string     `json:"device"` // on which it was added
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"` // null: never
}

// Target names the passkey for the audit log.
func (p Passkey) Target() string { return p.Name }

// Changed says that confirmations or passkeys of the person who gets it changed.
type Changed struct {
	// Confirmation is the one that changed; null: read everything again.
	Confirmation *Confirmation `json:"confirmation"`

	person principal
}

// ConfirmationParams names a confirmation.
type ConfirmationParams struct {
	ID wire.ConfirmationID `json:"id"`
}

// Target names the confirmation for the audit log.
func (p ConfirmationParams) Target() string { return string(p.ID) }

// AnswerParams confirms an act, or denies it.
type AnswerParams struct {
	ID      wire.ConfirmationID `json:"id"`
	Confirm bool                `json:"confirm"`
}

// Target names the confirmation for the audit log.
func (p AnswerParams) Target() string { return string(p.ID) }

// CodeParams is a one-time code, as it was read from the gateway's host.
type CodeParams struct {
	ID   wire.ConfirmationID `json:"id"`
	Code string              `json:"code"`
}

// Target names the confirmation for the audit log, and never the code.
func (p CodeParams) Target() string { return string(p.ID) }

// CodeForParams says who asked for a code, by login, name or device; it may be
// left out while one person waits for one.
type CodeForParams struct {
	For string `json:"for,omitzero"`
}

// Target names for whom a code is made.
func (p CodeForParams) Target() string { return p.For }

// Code is a one-time code, and what it confirms.
type Code struct {
	Code    string    `json:"code"`
	Person  string    `json:"person"`
	Device  string    `json:"device"`
	Words   string    `json:"words"`
	Expires time.Time `json:"expiresAt"`
}

// Target is what the audit log says of the code, which is not the code.
func (c Code) Target() string { return fmt.Sprintf("for %s on %s", c.Person, c.Device) }

// Ceremony is what the browser's navigator.credentials takes, as JSON in the
// form of PublicKeyCredential.parseCreationOptionsFromJSON and
// parseRequestOptionsFromJSON.
type Ceremony struct {
	Options json.RawMessage `json:"options"`
}

// PasskeyAnswerParams confirms an act by a passkey.
type PasskeyAnswerParams struct {
	ID wire.ConfirmationID `json:"id"`
	// Credential is what navigator.credentials.get returned, as its toJSON has it.
	Credential json.RawMessage `json:"credential"`
}

// Target names the confirmation for the audit log.
func (p PasskeyAnswerParams) Target() string { return string(p.ID) }

// Validate checks the size.
func (p PasskeyAnswerParams) Validate() error { return checkCredential(p.Credential) }

// PasskeyParams adds the passkey that the browser has made.
type PasskeyParams struct {
	Name string `json:"name"`
	// Credential is what navigator.credentials.create returned, as its toJSON
	// has it.
	Credential json.RawMessage `json:"credential"`
}

// Validate checks the name and the size.
func (p PasskeyParams) Validate() error {
	return errors.Join(checkName(p.Name), checkCredential(p.Credential))
}

// PasskeyUpdateParams gives a passkey another name.
type PasskeyUpdateParams struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Validate checks the name.
func (p PasskeyUpdateParams) Validate() error { return checkName(p.Name) }

// PasskeyDeleteParams names a passkey.
type PasskeyDeleteParams struct {
	ID string `json:"id"`
}

// ThisDeviceParams says whether others use this device, too.
type ThisDeviceParams struct {
	Shared bool `json:"shared"`
}

// Target says it for the audit log.
func (p ThisDeviceParams) Target() string {
	if p.Shared {
		return "is shared"
	}
	return "is not shared"
}

// Bounds of passkeys.
const (
	maxName       = 60       // bytes
	maxCredential = 64 << 10 // bytes
)

func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("name is missing; it is what you call the passkey")
	case len(name) > maxName:
		return fmt.Errorf("name has %d bytes, the limit is %d", len(name), maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return errors.New("name has characters that do not show")
	}
	return nil
}

func checkCredential(raw json.RawMessage) error {
	if len(raw) == 0 || len(raw) > maxCredential {
		return fmt.Errorf("credential has %d bytes, want 1 to %d", len(raw), maxCredential)
	}
	return nil
}
