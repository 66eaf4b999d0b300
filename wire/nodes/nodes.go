// Package nodes declares the calls by which a node and the gateway get to know
// each other.
package nodes

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"homie/wire"
)

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
	// WithGateway is set by a node that shares the gateway's host and account.
	WithGateway bool `json:"withGateway,omitzero"`
}

// Validate bounds what a node may say of itself.
func (p RegisterParams) Validate() error {
	if len(p.Capabilities) > maxCapabilities {
		return fmt.Errorf("%d capabilities are over the limit of %d", len(p.Capabilities), maxCapabilities)
	}
	for _, s := range append([]string{p.OS, p.Arch, p.Version, p.Account}, p.Capabilities...) {
		if len(s) > maxText || strings.ContainsFunc(s, hidden) || !utf8.ValidString(s) {
			return errors.New("a text is over 128 bytes or has characters that do not show")
		}
	}
	return nil
}

// hidden reports whether a character does not show: an owner reads these texts
// and decides, so that none may turn the others around or stand there unseen.
func hidden(r rune) bool { return !unicode.IsGraphic(r) }

const (
	maxCapabilities = 32
	maxText         = 128 // bytes
)

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

// Node is a machine of the household as the gateway knows it: what was approved
// at pairing, and whether it is connected.
type Node struct {
	Device  wire.DeviceID `json:"device"`
	Name    wire.NodeName `json:"name"`
	Tags    []string      `json:"tags"`
	Addr    string        `json:"addr"` // tailnet IP, "" before it first connects
	OS      string        `json:"os"`
	Arch    string        `json:"arch"`
	Version string        `json:"version"`
	// Account is the OS account the node runs as; Root, whether it may become
	// others.
	Account string `json:"account"`
	Root    bool   `json:"root"`
	// WithGateway means that the node runs under the gateway's own OS account,
	// so that a shell there owns Homie.
	WithGateway bool `json:"withGateway"`
	// Capabilities are what the pairing approved of what the node offers.
	Capabilities []string  `json:"capabilities"`
	PairedAt     time.Time `json:"pairedAt"`
	LastSeen     time.Time `json:"lastSeen"`
	Online       bool      `json:"online"`
}
