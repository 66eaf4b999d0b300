package terminal

import (
	"errors"
	"time"

	"homie/wire"
)

// Multiplexers lists what a machine's tmux and zellij keep running, for the
// account that is named, else the one that the node runs as. To see one, start a session with its
// command.
var Multiplexers = wire.Method[MultiplexerParams, MultiplexerList]{Name: "terminal.multiplexer.list", Capability: "terminal:write"}

// MaxMultiplexers bounds how many are listed of one machine.
const MaxMultiplexers = 100

// MultiplexerKind is the program that keeps a session of its own.
type MultiplexerKind string

// The programs that are looked for.
const (
	Tmux   MultiplexerKind = "tmux"
	Zellij MultiplexerKind = "zellij"
)

// Multiplexer is one session of tmux or zellij, which runs whether a terminal
// shows it or not.
type Multiplexer struct {
	Kind MultiplexerKind `json:"kind"`
	Name string          `json:"name"`
	// Socket is where a tmux server is reached that is not the usual one.
	Socket   string `json:"socket,omitzero"`
	Windows  int    `json:"windows"`  // 0 where it is not told
	Attached int    `json:"attached"` // terminals that show it; 0 where it is not told
	// Exited says that it has ended, and that its command brings it back.
	Exited    bool       `json:"exited,omitzero"`
	CreatedAt *time.Time `json:"createdAt"` // null where it is not told
	Command   []string   `json:"command"`   // of a session that shows it
}

// MultiplexerParams name the machine, and the account.
type MultiplexerParams struct {
	Node    wire.NodeName `json:"node"`
	Account string        `json:"account,omitzero"`
}

// Validate checks the bounds of the names.
func (p MultiplexerParams) Validate() error {
	return errors.Join(checkIDs(p.Node, ""), checkAccount("", p.Account))
}

// Target names the machine for the audit log.
func (p MultiplexerParams) Target() string { return string(p.Node) }

// MultiplexerList is the sessions of one machine, the latest first.
type MultiplexerList struct {
	Sessions []Multiplexer `json:"sessions"`
}

// Shown is a session that came from a machine, as it may be passed on. Its
// command is passed on as it is, as it is run and only there.
func (m Multiplexer) Shown() Multiplexer {
	m.Kind = MultiplexerKind(plain(string(m.Kind), MaxName))
	m.Name, m.Socket = plain(m.Name, maxTitle), plain(m.Socket, maxShown)
	m.Windows, m.Attached = max(m.Windows, 0), max(m.Attached, 0)
	if checkCommand(m.Command, "", "") != nil || m.Command == nil {
		m.Command = []string{}
	}
	return m
}
