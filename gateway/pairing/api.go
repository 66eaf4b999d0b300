package pairing

import (
	"time"

	"homie/wire"
)

// Pairings is every machine that asked for or has a pairing.
type Pairings struct {
	Requests []Request `json:"requests"` // oldest first
	Paired   []Pairing `json:"paired"`   // by name
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
