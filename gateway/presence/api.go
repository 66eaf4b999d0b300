package presence

import (
	"time"

	"homie/wire"
	wirenodes "homie/wire/nodes"
	wirepresence "homie/wire/presence"
)

// Machines is every machine of the household that the caller may see, by name.
type Machines struct {
	Machines []Machine `json:"machines"`
}

// Machine is one machine and how it is.
type Machine struct {
	Name         wire.NodeName `json:"name"`
	Device       wire.DeviceID `json:"device"`
	OS           string        `json:"os"`
	Arch         string        `json:"arch"`
	Version      string        `json:"version"` // of Homie there
	Account      string        `json:"account"` // OS account Homie runs as there
	Capabilities []string      `json:"capabilities"`
	Online       bool          `json:"online"`
	// Removed is set in the last event of a machine that left the household, or
	// left it under this name: whoever lists it drops the entry with this device
	// and name. The other fields say nothing.
	Removed    bool       `json:"removed,omitzero"`
	LastSeen   time.Time  `json:"lastSeen"` // zero if never since the gateway started
	PairedAt   time.Time  `json:"pairedAt"`
	Addr       string     `json:"addr"`
	Connection Connection `json:"connection"`
	// Health is what the machine last said of itself; null before that.
	Health *wirepresence.HeartbeatParams `json:"health"`
	// MayOpenTerminal and Accounts are the caller's own rights there.
	MayOpenTerminal bool     `json:"mayOpenTerminal"`
	Accounts        []string `json:"accounts"`

	node wirenodes.Node // as grants judge it
}

// Connection is how the gateway reaches a machine.
type Connection struct {
	// Kind is direct, relay, or unknown.
	Kind string `json:"kind"`
	// Relay names the relay's region; "" when direct.
	Relay string `json:"relay,omitzero"`
	// LatencyMs is the tailnet's own round trip; absent when not measured.
	LatencyMs *float64 `json:"latencyMs,omitzero"`
}
