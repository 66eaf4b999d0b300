// Package nodes declares the calls by which a node and the gateway get to know
// each other.
package nodes

import "homie/wire"

// Register is the first call of a node after rpc.hello: what the machine is and
// what it offers. The answer says whether it is paired; only then does the
// gateway call it.
var Register = wire.Method[RegisterParams, Registered]{Name: "node.register", Capability: "node:register"}

// RegisterParams is what a node says of itself. Its name and identity come from
// the tailnet and are not asked.
type RegisterParams struct {
	OS           string   `json:"os"`           // GOOS
	Arch         string   `json:"arch"`         // GOARCH
	Version      string   `json:"version"`      // homie's
	Account      string   `json:"account"`      // OS account the node runs as
	Root         bool     `json:"root"`         // it may become other accounts
	Capabilities []string `json:"capabilities"` // e.g. "terminal", sorted
}

// State is where a node's pairing stands.
type State string

// The states of a pairing.
const (
	Pending State = "pending" // waiting for an owner
	Paired  State = "paired"
)

// Registered is the gateway's answer.
type Registered struct {
	State State         `json:"state"`
	Name  wire.NodeName `json:"name"` // what people call this machine
	// Approved is what the node may offer; empty while pending.
	Approved []string `json:"approved"`
	// GatewayID is the gateway's own StableID, which the node checks against
	// the tailnet and pins.
	GatewayID wire.DeviceID `json:"gatewayId"`
}

// PairingChanged is called by the gateway on a connected node when an owner has
// approved or rejected it.
var PairingChanged = wire.Method[Registered, wire.Nothing]{Name: "node.pairing.changed", Capability: "node:pairing"}
