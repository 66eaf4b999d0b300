package pairing

import (
	"fmt"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// Pairings is every machine that asked for or has a pairing.
type Pairings struct {
	Requests []Request `json:"requests"` // oldest first
	Paired   []Pairing `json:"paired"`   // by name
	// Devices are those that are no machines and nobody's, and were given rights;
	// by name.
	Devices []PairedDevice `json:"devices"`
}

// Request is a machine that waits for an owner's word. A paired machine that
// offers more than was approved has a request too, and goes on meanwhile.
type Request struct {
	Device       wire.DeviceID `json:"device"`
	Name         wire.NodeName `json:"name"`
	Tags         []string      `json:"tags"`
	Owner        string        `json:"owner"` // login of the person it belongs to, "" if tagged
	OS           string        `json:"os"`
	Arch         string        `json:"arch"`
	Version      string        `json:"version"`
	Account      string        `json:"account"`
	Root         bool          `json:"root"`
	WithGateway  bool          `json:"withGateway"`
	Capabilities []string      `json:"capabilities"` // all it offers
	RequestedAt  time.Time     `json:"requestedAt"`
}

// Pairing is a machine that belongs to the household.
type Pairing struct {
	Device       wire.DeviceID `json:"device"`
	Name         wire.NodeName `json:"name"`
	Tags         []string      `json:"tags"`
	Owner        string        `json:"owner"`
	OS           string        `json:"os"`
	Arch         string        `json:"arch"`
	Version      string        `json:"version"`
	Account      string        `json:"account"` // the plain account that terminals may use
	Root         bool          `json:"root"`
	WithGateway  bool          `json:"withGateway"`
	Capabilities []string      `json:"capabilities"` // approved
	ApprovedBy   string        `json:"approvedBy"`
	PairedAt     time.Time     `json:"pairedAt"`
	Revoked      bool          `json:"revoked,omitzero"` // stays out until approved again
}

// ApproveParams lets a waiting machine in.
type ApproveParams struct {
	Device wire.DeviceID `json:"device"`
	// Capabilities narrows what is approved; absent means all it asked for.
	Capabilities []string `json:"capabilities,omitzero"`
}

// Target names the device for the audit log.
func (p ApproveParams) Target() string { return string(p.Device) }

// DeviceParams names one machine.
type DeviceParams struct {
	Device wire.DeviceID `json:"device"`
}

// Target names the device for the audit log.
func (p DeviceParams) Target() string { return string(p.Device) }

// DeviceSecret is what a tagged device shows to an owner.
type DeviceSecret struct {
	Nonce     string    `json:"nonce"` // for the QR code, in the fragment of an address
	Code      string    `json:"code"`  // for typing, "K3V9-Q2MZ"
	ExpiresAt time.Time `json:"expiresAt"`
}

// SecretParams have what a device shows: the nonce of its QR code, or its code.
type SecretParams struct {
	Secret string `json:"secret"`
}

// Validate bounds it.
func (p SecretParams) Validate() error { return checkSecret(p.Secret) }

func checkSecret(s string) error {
	if s == "" || len(s) > maxSecret {
		return fmt.Errorf("secret: want 1 to %d characters", maxSecret)
	}
	return nil
}

const (
	maxSecret = 64
	maxNodes  = 64
)

// AskingDevice is a device that shows a secret, as the tailnet knows it; nothing
// in it is said by the device itself, its system excepted.
type AskingDevice struct {
	Device    wire.DeviceID `json:"device"`
	Name      string        `json:"name"`
	Tags      []string      `json:"tags"`
	OS        string        `json:"os"`
	Addr      string        `json:"addr"`
	ExpiresAt time.Time     `json:"expiresAt"`
}

// Target names the device for the audit log.
func (d AskingDevice) Target() string { return string(d.Device) }

// ApproveDeviceParams give a device rights.
type ApproveDeviceParams struct {
	Secret string        `json:"secret"`
	Device wire.DeviceID `json:"device"` // the one that the secret is of
	Role   string        `json:"role"`   // kiosk, guest
	// Nodes are the machines that the rights reach: names, globs or tags; absent
	// or empty for all.
	Nodes []string `json:"nodes,omitzero"`
}

// Validate checks what can be given at all: never an owner's or a member's role,
// nor a right by its name.
func (p ApproveDeviceParams) Validate() error {
	if p.Role != string(tsidentity.RoleKiosk) && p.Role != string(tsidentity.RoleGuest) {
		return fmt.Errorf("role is %.20q, want kiosk or guest", p.Role)
	}
	if len(p.Nodes) > maxNodes {
		return fmt.Errorf("%d machines are over the limit of %d", len(p.Nodes), maxNodes)
	}
	for _, n := range p.Nodes {
		if err := tsidentity.ValidNode(n); err != nil {
			return fmt.Errorf("nodes: %w", err)
		}
	}
	return checkSecret(p.Secret)
}

// Target names the device for the audit log.
func (p ApproveDeviceParams) Target() string { return string(p.Device) }

// PairedDevice is a tagged device that an owner gave rights.
type PairedDevice struct {
	Device     wire.DeviceID `json:"device"`
	Name       string        `json:"name"`
	Tags       []string      `json:"tags"`
	OS         string        `json:"os"`
	Role       string        `json:"role"`
	Nodes      []string      `json:"nodes"` // empty: all machines
	ApprovedBy string        `json:"approvedBy"`
	PairedAt   time.Time     `json:"pairedAt"`
}
