// Package jobs declares jobs: programs of a machine that somebody defined there
// once, and that people start by name.
//
// A client calls these methods on the gateway, which checks the caller's rights
// and calls the same methods on the node. What a job is stands in a TOML file on
// its node; a run of it lives there too, and outlives the node and the gateway.
//
//	queued ──> running ──> done     and never back
//
// Output travels on the stream that Tail opens, as Data frames whose offsets
// count the bytes of the run's log from 0.
package jobs

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"homie/wire"
)

// The methods.
var (
	List   = wire.Method[ListParams, Jobs]{Name: "jobs.list", Capability: "jobs:read"}
	Source = wire.Method[SourceParams, SourceText]{Name: "jobs.source", Capability: "jobs:edit"}
	Check  = wire.Method[DefineParams, Defined]{Name: "jobs.check", Capability: "jobs:edit"}
	Define = wire.Method[DefineParams, Defined]{Name: "jobs.define", Capability: "jobs:edit"}
	Remove = wire.Method[RemoveParams, wire.Nothing]{Name: "jobs.remove", Capability: "jobs:edit"}
	Start  = wire.Method[LaunchParams, Run]{Name: "jobs.start", Capability: "jobs:run"}
	// Press starts a job that is a button.
	Press  = wire.Method[LaunchParams, Run]{Name: "jobs.press", Capability: "jobs:press"}
	Status = wire.Method[RunParams, Run]{Name: "jobs.status", Capability: "jobs:read"}
	Cancel = wire.Method[RunParams, Run]{Name: "jobs.cancel", Capability: "jobs:read"}
	Runs   = wire.Method[RunsParams, History]{Name: "jobs.runs", Capability: "jobs:read"}
	Tail   = wire.Method[TailParams, Tailed]{Name: "jobs.logs.tail", Capability: "jobs:read"}
)

// The topics: a job that was defined, changed or removed, and a run that began,
// moved on or ended.
var (
	Changed    = wire.Topic[Job]{Name: "jobs.changed", Capability: "jobs:read"}
	RunChanged = wire.Topic[Run]{Name: "jobs.run", Capability: "jobs:read"}
)

// Bounds of what a caller may ask for.
const (
	MaxText   = 64 << 10 // bytes in the file of a job
	MaxName   = 64       // bytes in the name of a machine, a job or a parameter
	MaxValue  = 4096     // bytes in the value of a parameter
	MaxParams = 32
	MaxJobs   = 500 // of one machine
	MaxRuns   = 1000
)

// ID names a job on its machine. It is also the name of its file, without
// ".toml".
type ID string

// RunID names a run on its machine.
type RunID string

// Both have nothing in them that means something in a path.
var (
	id    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	runID = regexp.MustCompile(`^[a-z0-9]{8,32}$`)
)

// Valid reports whether the id is well formed.
func (i ID) Valid() bool { return id.MatchString(string(i)) }

// Valid reports whether the id is well formed.
func (i RunID) Valid() bool { return runID.MatchString(string(i)) }

// State is how far a run is.
type State string

// The states of a run.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
	// Removed is the state in the last event of a run that is not kept any more.
	Removed State = "removed"
)

// Outcome is how a run ended.
type Outcome string

// How runs end.
const (
	Succeeded Outcome = "succeeded" // exit code 0
	Failed    Outcome = "failed"    // another exit code
	Signaled  Outcome = "signal"    // a signal that nobody here sent
	TimedOut  Outcome = "timeout"   // it took longer than it may
	Cancelled Outcome = "cancelled" // somebody asked for it
	Lost      Outcome = "lost"      // the machine went down, or what looked after it was killed
	Broken    Outcome = "broken"    // it couldn't be started
)

// Job is a job as lists show it.
type Job struct {
	ID          ID            `json:"id"`
	Node        wire.NodeName `json:"node"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Icon        string        `json:"icon"` // a word, "" for none
	Account     string        `json:"account"`
	// Command is what runs, for those who may run any job there or change it; a
	// script shows as its interpreter.
	Command     []string    `json:"command"`
	Dir         string      `json:"dir"`
	TimeoutMs   int64       `json:"timeoutMs"`
	Concurrency int         `json:"concurrency"`
	Params      []Parameter `json:"params"`
	Keep        int         `json:"keep"`
	// Button says that the family is offered it, and Confirm what they are asked
	// first, "" for nothing.
	Button  bool   `json:"button"`
	Confirm string `json:"confirm"`
	Queued  int    `json:"queued"`
	Running int    `json:"running"`
	Last    *Run   `json:"last"` // the latest run that is kept; null if there is none
	// Problem is set for a file that is no job; nothing else of it is known.
	Problem string `json:"problem,omitzero"`
	// Removed is set in the last event of a job.
	Removed bool `json:"removed,omitzero"`
}

// ValueKind is what a parameter's value is.
type ValueKind string

// The kinds of parameters.
const (
	String  ValueKind = "string"
	Integer ValueKind = "int"
	Boolean ValueKind = "bool"
	Choice  ValueKind = "choice"
)

// Parameter is what whoever starts a job may say.
type Parameter struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Kind        ValueKind `json:"kind"`
	Choices     []string  `json:"choices"`
	Pattern     string    `json:"pattern,omitzero"` // a regular expression that all of a string matches
	Min         *int64    `json:"min"`              // null for no bound
	Max         *int64    `json:"max"`
	Default     *string   `json:"default"` // null: it has to be said
}

// Run is one run of a job.
type Run struct {
	ID     RunID             `json:"id"`
	Node   wire.NodeName     `json:"node"`
	Job    ID                `json:"job"`
	Name   string            `json:"name"` // of the job, when it was started
	Button bool              `json:"button"`
	State  State             `json:"state"`
	Params map[string]string `json:"params"`
	// Account is the OS account that it runs as.
	Account  string    `json:"account"`
	By       string    `json:"by"`      // who started it, a person's name and the device
	Starter  string    `json:"starter"` // the key of who that is, see wire.OnBehalf.Key
	QueuedAt time.Time `json:"queuedAt"`
	// StartedAt is null while it is queued, EndedAt until it is done.
	StartedAt *time.Time `json:"startedAt"`
	EndedAt   *time.Time `json:"endedAt"`
	Outcome   Outcome    `json:"outcome,omitzero"` // once it is done
	ExitCode  *int       `json:"exitCode"`         // null if it has none
	Signal    string     `json:"signal,omitzero"`
	// Why says in words what went wrong, "" if nothing did.
	Why         string `json:"why"`
	CancelledBy string `json:"cancelledBy,omitzero"`
	// Percent is how far it says it is, null if it does not; Doing what it says
	// it is doing.
	Percent *int   `json:"percent"`
	Doing   string `json:"doing"`
	// LastLine is the last line that it printed.
	LastLine string `json:"lastLine"`
	LogBytes uint64 `json:"logBytes"` // that were logged, kept or not
	// Seq orders the runs of a machine: a later run has a higher one.
	Seq uint64 `json:"seq"`
}

// ListParams ask for the jobs of one machine, or of all that are connected.
type ListParams struct {
	Node wire.NodeName `json:"node,omitzero"`
}

// Validate checks the bound of the name.
func (p ListParams) Validate() error { return checkNode(p.Node) }

// Target names the machine for the audit log.
func (p ListParams) Target() string { return string(p.Node) }

// Jobs is a list, by machine and name.
type Jobs struct {
	Jobs []Job `json:"jobs"`
	// Away are machines of the caller's that could not be asked.
	Away []wire.NodeName `json:"away"`
}

// SourceParams name a job, whose file is wanted.
type SourceParams struct {
	Node wire.NodeName `json:"node"`
	Job  ID            `json:"job"`
}

// Validate checks shape and bounds.
func (p SourceParams) Validate() error { return errors.Join(checkNode(p.Node), checkID(p.Job)) }

// Target names the job for the audit log.
func (p SourceParams) Target() string { return target(p.Node, string(p.Job)) }

// SourceText is the file of a job.
type SourceText struct {
	TOML string `json:"toml"`
}

// DefineParams are the file of a job, new or in place of the one with that id.
type DefineParams struct {
	Node wire.NodeName `json:"node"`
	Job  ID            `json:"job"`
	TOML string        `json:"toml"` // the file
}

// Validate checks shape and bounds.
func (p DefineParams) Validate() error {
	if len(p.TOML) > MaxText {
		return fmt.Errorf("toml: %d bytes are over the limit of %d", len(p.TOML), MaxText)
	}
	return errors.Join(checkNode(p.Node), checkID(p.Job))
}

// Target names the job for the audit log.
func (p DefineParams) Target() string { return target(p.Node, string(p.Job)) }

// Defined is what became of a definition.
type Defined struct {
	// Job is null if there are problems.
	Job      *Job      `json:"job"`
	Problems []Problem `json:"problems"`
}

// Problem is what is wrong with a file, and where.
type Problem struct {
	Line    int    `json:"line"` // from 1; 0 if it is about no line
	Problem string `json:"problem"`
}

// String is the problem as a line of a list.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Problem
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Problem)
}

// RemoveParams name a job to take away, with what is kept of its runs.
type RemoveParams struct {
	Node wire.NodeName `json:"node"`
	Job  ID            `json:"job"`
}

// Validate checks shape and bounds.
func (p RemoveParams) Validate() error { return errors.Join(checkNode(p.Node), checkID(p.Job)) }

// Target names the job for the audit log.
func (p RemoveParams) Target() string { return target(p.Node, string(p.Job)) }

// LaunchParams start a job.
type LaunchParams struct {
	Node   wire.NodeName     `json:"node"`
	Job    ID                `json:"job"`
	Params map[string]string `json:"params,omitzero"`
	// Key makes a call that is repeated safe: while the run that a key started is
	// kept, the same key returns it and starts none.
	Key string `json:"key,omitzero"`
	// Account, if given, is the OS account that the job has to run as: another
	// one by now is refused.
	Account string `json:"account,omitzero"`
}

// Validate checks shape and bounds.
func (p LaunchParams) Validate() error {
	if len(p.Params) > MaxParams {
		return fmt.Errorf("params: there are %d, the limit is %d", len(p.Params), MaxParams)
	}
	if len(p.Key) > MaxName {
		return fmt.Errorf("key: %d bytes are over the limit of %d", len(p.Key), MaxName)
	}
	for name, value := range p.Params {
		if len(name) > MaxName || len(value) > MaxValue {
			return fmt.Errorf("params: %.64q or its value is too long, the limits are %d and %d bytes", name, MaxName, MaxValue)
		}
	}
	return errors.Join(checkNode(p.Node), checkID(p.Job))
}

// Target names the job for the audit log.
func (p LaunchParams) Target() string { return target(p.Node, string(p.Job)) }

// RunParams name a run.
type RunParams struct {
	Node wire.NodeName `json:"node"`
	Run  RunID         `json:"run"`
}

// Validate checks shape and bounds.
func (p RunParams) Validate() error { return errors.Join(checkNode(p.Node), checkRun(p.Run)) }

// Target names the run for the audit log.
func (p RunParams) Target() string { return target(p.Node, string(p.Run)) }

// RunsParams ask for the runs of one job or all, on one machine or all that are
// connected.
type RunsParams struct {
	Node  wire.NodeName `json:"node,omitzero"`
	Job   ID            `json:"job,omitzero"`
	Limit int           `json:"limit,omitzero"` // default: 50
}

// Validate checks shape and bounds.
func (p RunsParams) Validate() error {
	if p.Limit < 0 || p.Limit > MaxRuns {
		return fmt.Errorf("limit is %d, want 1 to %d", p.Limit, MaxRuns)
	}
	if p.Job == "" {
		return checkNode(p.Node)
	}
	return errors.Join(checkNode(p.Node), checkID(p.Job))
}

// Target names the job or the machine for the audit log.
func (p RunsParams) Target() string {
	if p.Job == "" {
		return string(p.Node)
	}
	return target(p.Node, string(p.Job))
}

// History is runs, the latest first.
type History struct {
	Runs []Run `json:"runs"`
}

// TailParams ask for the log of a run.
type TailParams struct {
	Node wire.NodeName `json:"node"`
	Run  RunID         `json:"run"`
	// Offset is the first byte wanted.
	Offset uint64 `json:"offset,omitzero"`
	// Follow goes on until the run is done; else the stream ends with what there
	// is.
	Follow bool `json:"follow,omitzero"`
}

// Validate checks shape and bounds.
func (p TailParams) Validate() error { return errors.Join(checkNode(p.Node), checkRun(p.Run)) }

// Target names the run for the audit log.
func (p TailParams) Target() string { return target(p.Node, string(p.Run)) }

// Tailed is the run whose log comes. A log that has more than it may keeps its
// beginning and its end: the offsets of the stream jump over what is gone.
type Tailed struct {
	Run Run `json:"run"`
}

func checkNode(n wire.NodeName) error {
	if len(n) > MaxName {
		return fmt.Errorf("node: a name of %d bytes is over the limit of %d", len(n), MaxName)
	}
	return nil
}

func checkID(i ID) error {
	if !i.Valid() {
		return fmt.Errorf("job: %.80q is no name of a job; one has lower-case letters, digits, - and _, and begins with a letter or digit", string(i))
	}
	return nil
}

func checkRun(i RunID) error {
	if !i.Valid() {
		return fmt.Errorf("run: %.80q is no id of a run", string(i))
	}
	return nil
}

// target names a job or a run as people do, "nas/backup".
func target(node wire.NodeName, of string) string { return string(node) + "/" + of }
