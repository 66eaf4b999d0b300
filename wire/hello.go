package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// HelloParams opens a connection. Nothing in it gives a right: who the caller
// is comes from the tailnet.
type HelloParams struct {
	Protocol Range      `json:"protocol"`
	Client   ClientInfo `json:"client"`
}

// Range is an inclusive range of protocol versions.
type Range struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// ClientInfo describes the program at the other end, for logs and the list of
// connections.
type ClientInfo struct {
	Kind    string `json:"kind"` // web, cli, node, script
	Version string `json:"version"`
}

// HelloResult answers rpc.hello.
type HelloResult struct {
	Protocol int        `json:"protocol"`
	Server   ServerInfo `json:"server"`
	Caller   Whoami     `json:"caller"`
	Limits   Limits     `json:"limits"`
}

// ServerInfo describes the answering program.
type ServerInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Epoch   string `json:"epoch"` // changes with every start
}

// Limits are the bounds of a connection, see the constants of this package.
type Limits struct {
	MessageBytes   int `json:"messageBytes"`
	FrameBytes     int `json:"frameBytes"`
	WindowBytes    int `json:"windowBytes"`
	MaxWindowBytes int `json:"maxWindowBytes"`
	Streams        int `json:"streams"`
	Calls          int `json:"calls"`
}

// Whoami says who the tailnet says the caller is and what that caller may do.
type Whoami struct {
	// Class is person, tagged, shared, node, local or unknown.
	Class string `json:"class"`
	// Name is what people call the caller: a display name or a device's name.
	Name   string  `json:"name"`
	Person *Person `json:"person"` // null for a device that is nobody's
	Device *Device `json:"device"` // null for a local program
	// Roles are the bundles granted, owner first.
	Roles []string `json:"roles"`
	// Capabilities are the rights held on at least one machine; patterns such
	// as "terminal:*" stand as the policy file has them.
	Capabilities []string `json:"capabilities"`
	// Grants lists each grant value that counted, and why.
	Grants []GrantInfo `json:"grants"`
	// Problems are malformed grant values that were skipped, in words.
	Problems []string `json:"problems"`
	// Warnings are what is wrong with this home, in words, for the person who
	// runs it; empty for everybody else.
	Warnings []string `json:"warnings"`
	// AskFor is the policy-file grant, ready to paste, that would let this
	// caller in; "" for a caller that has a right already. If params named a
	// right, it is the grant that would give it.
	AskFor string `json:"askFor"`
	// Home is the address that people of this home open, "" for as long as there
	// is none.
	Home string `json:"home"`
}

// WhoamiParams may name a right that the caller would like to have, to be told
// which grant to ask for.
type WhoamiParams struct {
	Needs *Needs `json:"needs,omitzero"`
}

// Validate checks that the names can stand in a policy file.
func (p WhoamiParams) Validate() error {
	if p.Needs == nil {
		return nil
	}
	for _, name := range []string{p.Needs.Capability, string(p.Needs.Node), p.Needs.Account} {
		if len(name) > maxNeed || strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) }) {
			return fmt.Errorf("needs: %.80q is no name of a right, a machine or an account", name)
		}
	}
	if p.Needs.Capability == "" {
		return errors.New("needs: capability is missing")
	}
	return nil
}

// maxNeed bounds each name in what a caller needs, in bytes.
const maxNeed = 64

// Person is a tailnet user.
type Person struct {
	ID      PersonID `json:"id"`
	Login   string   `json:"login"`
	Name    string   `json:"name"`
	Picture string   `json:"picture,omitzero"`
}

// Device is a tailnet device.
type Device struct {
	ID   DeviceID `json:"id"`
	Name string   `json:"name"` // short MagicDNS name
	OS   string   `json:"os,omitzero"`
	Tags []string `json:"tags"`
}

// GrantInfo is one grant value in force for a caller.
type GrantInfo struct {
	Role  string   `json:"role,omitzero"`
	Allow []string `json:"allow,omitzero"`
	Nodes []string `json:"nodes,omitzero"` // absent: every machine
	As    []string `json:"as,omitzero"`
	Why   string   `json:"why"` // where it comes from, in words
}
