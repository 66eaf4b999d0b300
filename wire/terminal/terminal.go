// Package terminal declares terminals: PTYs that live on a node and outlive
// their viewers.
//
// A client calls these methods on the gateway, which checks the caller's rights
// and calls the same methods on the node. Output travels on the stream that
// Attach opens, as Data frames whose offsets count the session's output bytes
// from 0; what the viewer types travels the other way on the same stream.
package terminal

import (
	"errors"
	"fmt"
	"time"

	"homie/wire"
)

// The methods.
var (
	Start  = wire.Method[StartParams, Session]{Name: "terminal.session.start", Capability: "terminal:write"}
	Attach = wire.Method[AttachParams, Attached]{Name: "terminal.session.attach", Capability: "terminal:read"}
	Input  = wire.Method[InputParams, wire.Nothing]{Name: "terminal.session.input", Capability: "terminal:write"}
	Resize = wire.Method[ResizeParams, wire.Nothing]{Name: "terminal.session.resize", Capability: "terminal:write"}
	Kill   = wire.Method[KillParams, wire.Nothing]{Name: "terminal.session.kill", Capability: "terminal:write"}
	List   = wire.Method[ListParams, Sessions]{Name: "terminal.session.list", Capability: "terminal:read"}
	// Control sets who may type.
	Control = wire.Method[ControlParams, Session]{Name: "terminal.session.control", Capability: "terminal:write"}
)

// Changed is published when a session starts, changes, ends, or is removed.
var Changed = wire.Topic[Session]{Name: "terminal.session.changed", Capability: "terminal:read"}

// Bounds of what a caller may ask for.
const (
	MaxCols, MaxRows = 1000, 1000
	MaxArgs          = 64
	MaxText          = 4096 // bytes in a directory or one argument
	MaxCommand       = 8192 // bytes in all arguments: a list has those of all sessions
	MaxInput         = 64 << 10
	MaxName          = 64     // bytes in the name of a machine, a session or a viewer
	MaxHistory       = 10_000 // lines
)

// State is whether a session's program still runs.
type State string

// The states of a session.
const (
	Running State = "running"
	Exited  State = "exited"
	// Removed is the state in the last event of a session: it is not kept any
	// more, and no list has it.
	Removed State = "removed"
)

// Session is one terminal.
type Session struct {
	ID        wire.SessionID `json:"id"`
	Node      wire.NodeName  `json:"node"`
	Name      string         `json:"name"`
	Command   []string       `json:"command"`
	Dir       string         `json:"dir"` // where it started
	Account   string         `json:"account"`
	Cols      int            `json:"cols"`
	Rows      int            `json:"rows"`
	State     State          `json:"state"`
	StartedAt time.Time      `json:"startedAt"`
	StartedBy string         `json:"startedBy"` // a person's name, and the device
	Starter   string         `json:"starter"`   // the key of who that is, see wire.OnBehalf.Key
	EndedAt   *time.Time     `json:"endedAt"`   // null while running
	ExitCode  *int           `json:"exitCode"`  // null while running or when a signal ended it
	Signal    string         `json:"signal,omitzero"`
	Viewers   int            `json:"viewers"`
	People    []Viewer       `json:"people"`  // who they are, in the order in which they came
	Control   *Holder        `json:"control"` // null: everybody may type who has the right to
	Offset    uint64         `json:"offset"`  // output bytes so far
	Group     string         `json:"group"`   // what people list it under, "" for none
	Icon      Icon           `json:"icon"`
	// Cwd is the folder that its first program stood in when this was said, ""
	// where the machine does not tell.
	Cwd string `json:"cwd"`
	// EndsAt is when the machine ends it for want of use, unless somebody uses
	// it; null while that is not due within minutes.
	EndsAt *time.Time `json:"endsAt"`
	// UnusedMs is set on a session that was ended for want of use: how long
	// nobody had used it.
	UnusedMs int64 `json:"unusedMs,omitzero"`
	// Title is what the program calls itself, "" if it does not.
	Title string `json:"title"`
	// Attention is what happened there, for who does not look.
	Attention Attention `json:"attention"`
	// Raw says that the session's screen was lost to a fault of Homie's: whoever
	// attaches is shown the latest output instead.
	Raw bool `json:"raw,omitzero"`
	// Recording is null for a session that was not recorded since it is known.
	Recording *Recorder `json:"recording"`
}

// StartParams asks for a new session.
type StartParams struct {
	Node    wire.NodeName `json:"node"`
	Name    string        `json:"name,omitzero"`
	Command []string      `json:"command,omitzero"` // default: the account's login shell
	Dir     string        `json:"dir,omitzero"`     // default: the node's start directory
	Account string        `json:"account,omitzero"` // default: the account the node runs as
	Group   string        `json:"group,omitzero"`   // what it is listed under
	Icon    Icon          `json:"icon,omitzero"`
	// Env are variables that the program gets beside the usual ones, which they
	// replace; none may begin with HOMIE_.
	Env  map[string]string `json:"env,omitzero"`
	Cols int               `json:"cols"`
	Rows int               `json:"rows"`
	// Record begins a recording with the session.
	Record bool `json:"record,omitzero"`
}

// Validate checks shape and bounds.
func (p StartParams) Validate() error {
	if err := errors.Join(checkSize(p.Cols, p.Rows), checkIDs(p.Node, "")); err != nil {
		return err
	}
	return errors.Join(
		checkLabel("name", p.Name), checkLabel("group", p.Group), checkCommand(p.Command, p.Dir, p.Account),
		CheckEnv(p.Env), CheckIcon(p.Icon),
	)
}

// Target names the machine for the audit log.
func (p StartParams) Target() string { return string(p.Node) }

// AttachParams asks for a session's output, from where the viewer left off.
type AttachParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
	// Offset is the first output byte wanted. Null: as far back as kept.
	Offset *uint64 `json:"offset,omitzero"`
	// Watch refuses what this viewer types; it needs terminal:read only.
	Watch bool `json:"watch,omitzero"`
	// Viewer is an id that the client made up, the same when it comes back. What
	// it types is numbered over all its streams, and taken once. Empty: what is
	// typed begins at 0, and whoever comes back is another one.
	Viewer string `json:"viewer,omitzero"`
	// Cols and Rows are the size that fits there, 0 for a viewer without a say.
	Cols int `json:"cols,omitzero"`
	Rows int `json:"rows,omitzero"`
	// History is how many lines of what has scrolled away a state brings along,
	// if they fit; 0 means the default, 1000.
	History int `json:"history,omitzero"`
}

// Validate checks the bounds of the names, the size and the history.
func (p AttachParams) Validate() error {
	if len(p.Viewer) > MaxName {
		return fmt.Errorf("viewer: a name of %d bytes is over the limit of %d", len(p.Viewer), MaxName)
	}
	if p.History < 0 || p.History > MaxHistory {
		return fmt.Errorf("history: %d lines are outside 0 to %d", p.History, MaxHistory)
	}
	if p.Cols != 0 || p.Rows != 0 {
		if err := checkSize(p.Cols, p.Rows); err != nil {
			return err
		}
	}
	return checkIDs(p.Node, p.Session)
}

// Target names the session for the audit log.
func (p AttachParams) Target() string { return target(p.Node, p.Session) }

// Attached says where the stream starts.
type Attached struct {
	Session Session `json:"session"`
	Offset  uint64  `json:"offset"` // of the first byte to come
	// Skipped is how many bytes that were asked for are no longer kept.
	Skipped uint64 `json:"skipped"`
	// Typed is how many bytes the session took of what this viewer ever typed;
	// null for one that it does not know (any more).
	Typed *uint64 `json:"typed"`
	// LinkMs is how long the machine takes to answer the gateway, which adds to
	// the viewer's own round trip; absent if it is next to nothing.
	LinkMs int64 `json:"linkMs,omitzero"`
}

// InputParams types into a session; for programs. A viewer uses its stream.
type InputParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
	Data    string         `json:"data"`
}

// Validate checks the bounds of one input.
func (p InputParams) Validate() error {
	if len(p.Data) > MaxInput {
		return fmt.Errorf("input of %d bytes is over the limit of %d", len(p.Data), MaxInput)
	}
	return checkIDs(p.Node, p.Session)
}

// Target names the session for the audit log.
func (p InputParams) Target() string { return target(p.Node, p.Session) }

// ResizeParams sets a session's size in character cells.
type ResizeParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
	Cols    int            `json:"cols"`
	Rows    int            `json:"rows"`
}

// Validate checks the bounds of the size and the names.
func (p ResizeParams) Validate() error {
	return errors.Join(checkSize(p.Cols, p.Rows), checkIDs(p.Node, p.Session))
}

// Target names the session for the audit log.
func (p ResizeParams) Target() string { return target(p.Node, p.Session) }

// KillParams ends a session: SIGHUP to its process group, SIGKILL after a
// grace of two seconds. A session that has ended is removed from the list.
type KillParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
}

// Validate checks the bounds of the names.
func (p KillParams) Validate() error { return checkIDs(p.Node, p.Session) }

// Target names the session for the audit log.
func (p KillParams) Target() string { return target(p.Node, p.Session) }

// ListParams asks for the sessions of one machine, or of all.
type ListParams struct {
	Node wire.NodeName `json:"node,omitzero"`
}

// Validate checks the bound of the name.
func (p ListParams) Validate() error { return checkIDs(p.Node, "") }

// Target names the machine for the audit log.
func (p ListParams) Target() string { return string(p.Node) }

// Sessions is a list, oldest first.
type Sessions struct {
	Sessions []Session `json:"sessions"`
}

func checkSize(cols, rows int) error {
	if cols < 1 || cols > MaxCols || rows < 1 || rows > MaxRows {
		return fmt.Errorf("cols and rows are %d and %d, want 1 to %d and 1 to %d", cols, rows, MaxCols, MaxRows)
	}
	return nil
}

// checkIDs bounds names, which come back in refusals and in the audit log.
func checkIDs(node wire.NodeName, session wire.SessionID) error {
	if n := max(len(node), len(session)); n > MaxName {
		return fmt.Errorf("a name of %d bytes is over the limit of %d", n, MaxName)
	}
	return nil
}

// target names a session as people do, "den/k3v9q2mz".
func target(node wire.NodeName, session wire.SessionID) string {
	return string(node) + "/" + string(session)
}
