package terminal

import (
	"fmt"

	"homie/wire"
)

// ControlMode says whose keys a session takes.
type ControlMode string

// The modes.
const (
	// Open takes the keys of everybody who has the right to type.
	Open ControlMode = "open"
	// One takes the keys of one viewer, and drops those of all others.
	One ControlMode = "one"
)

// ControlParams says who may type. In a session that is open, everybody may say
// so who may type; while one viewer has control, that person, who started the
// session, or an owner of the home. It is open again when who has control
// leaves.
type ControlParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
	Mode    ControlMode    `json:"mode"`
	// Viewer is whose keys are taken in the mode "one". Naming the one who has
	// control already declines what others ask for.
	Viewer ViewerKey `json:"viewer,omitzero"`
	// Override is set by the gateway, whatever the caller says: they may take
	// control from whoever has it.
	Override bool `json:"override,omitzero"`
}

// Validate checks the mode, and that it has a viewer if it needs one.
func (p ControlParams) Validate() error {
	switch {
	case p.Mode != Open && p.Mode != One:
		return fmt.Errorf("mode is %.20q, want %q or %q", p.Mode, Open, One)
	case (p.Mode == One) != (p.Viewer != ""):
		return fmt.Errorf("viewer: the mode %q names one, and %q does not", One, Open)
	case len(p.Viewer) > MaxName:
		return fmt.Errorf("viewer: a key of %d bytes is over the limit of %d", len(p.Viewer), MaxName)
	}
	return checkIDs(p.Node, p.Session)
}

// Target names the session for the audit log.
func (p ControlParams) Target() string { return target(p.Node, p.Session) }
