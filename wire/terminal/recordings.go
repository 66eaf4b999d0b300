package terminal

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"homie/wire"
)

// The methods of recordings: what a session printed, with its times, in a file
// on its machine. What was typed is not in it, but for what the terminal showed
// of it. Reading one needs the right to type as the account that it ran under.
var (
	Record          = wire.Method[RecordParams, Session]{Name: "terminal.recording.start", Capability: "terminal:write"}
	RecordStop      = wire.Method[RecordParams, Session]{Name: "terminal.recording.stop", Capability: "terminal:write"}
	RecordingList   = wire.Method[RecordingListParams, Recordings]{Name: "terminal.recording.list", Capability: "terminal:read"}
	RecordingRead   = wire.Method[RecordingReadParams, RecordingOpened]{Name: "terminal.recording.read", Capability: "terminal:read"}
	RecordingDelete = wire.Method[RecordingParams, wire.Nothing]{Name: "terminal.recording.delete", Capability: "terminal:write"}
)

// MaxRecordings is how many recordings of a machine are listed, the newest ones.
const MaxRecordings = 1000

// RecordingID names a recording on its machine: the session and when it began,
// as "k3v9q2mz-20260102T030405Z". It is also the name of the file, without
// ".cast".
type RecordingID string

// recordingID has nothing in it that means something in a path.
var recordingID = regexp.MustCompile(`^[a-z0-9]{1,32}-[0-9]{8}T[0-9]{6}Z(-[0-9]{1,3})?$`)

// Valid reports whether the id is well formed.
func (id RecordingID) Valid() bool { return recordingID.MatchString(string(id)) }

// RecordingEnd is why a recording goes on no longer.
type RecordingEnd string

// Why recordings end.
const (
	RecordingStopped RecordingEnd = "stopped" // somebody stopped it
	RecordingExited  RecordingEnd = "exited"  // the session ended
	RecordingCap     RecordingEnd = "cap"     // it has the size that one may have
	RecordingQuota   RecordingEnd = "quota"   // all recordings have the size they may have, and none could go
	RecordingFull    RecordingEnd = "full"    // the machine's disk is full
	RecordingSlow    RecordingEnd = "slow"    // the machine's disk took nothing for too long
	RecordingFault   RecordingEnd = "fault"   // writing failed
)

// Recorder is the recording of a session, that goes on or was the latest.
type Recorder struct {
	ID    RecordingID `json:"id"`
	Since time.Time   `json:"since"`
	// By is who started it, a person's name and the device; "" if the machine
	// records all its sessions.
	By string `json:"by"`
	// Policy says that the machine records all its sessions, so that nobody can
	// stop it.
	Policy bool   `json:"policy,omitzero"`
	Bytes  uint64 `json:"bytes"` // of the file, when the session changed last
	// EndedAt is null while it goes on.
	EndedAt *time.Time   `json:"endedAt"`
	Why     RecordingEnd `json:"why,omitzero"`     // it ended
	EndedBy string       `json:"endedBy,omitzero"` // who stopped it
}

// shown bounds what a machine says of a recorder.
func (r *Recorder) shown() *Recorder {
	if r == nil {
		return nil
	}
	v := *r
	v.ID = RecordingID(plain(string(v.ID), MaxName))
	v.By, v.EndedBy = plain(v.By, maxTitle), plain(v.EndedBy, maxTitle)
	v.Why = RecordingEnd(plain(string(v.Why), MaxName))
	return &v
}

// RecordParams name the session to record, or no longer.
type RecordParams struct {
	Node    wire.NodeName  `json:"node"`
	Session wire.SessionID `json:"session"`
}

// Validate checks the bounds of the names.
func (p RecordParams) Validate() error { return checkIDs(p.Node, p.Session) }

// Target names the session for the audit log.
func (p RecordParams) Target() string { return target(p.Node, p.Session) }

// RecordingListParams ask for the recordings of one machine, or of all that are
// connected.
type RecordingListParams struct {
	Node wire.NodeName `json:"node,omitzero"`
}

// Validate checks the bound of the name.
func (p RecordingListParams) Validate() error { return checkIDs(p.Node, "") }

// Target names the machine for the audit log.
func (p RecordingListParams) Target() string { return string(p.Node) }

// Recording is a file with what a session printed, in the format asciicast v3.
type Recording struct {
	ID        RecordingID    `json:"id"`
	Node      wire.NodeName  `json:"node"`
	Session   wire.SessionID `json:"session"`
	Name      string         `json:"name"` // of the session
	Command   string         `json:"command"`
	Account   string         `json:"account"`
	Owner     string         `json:"owner"` // who started the session
	By        string         `json:"by"`    // who started the recording, "" for the machine itself
	StartedAt time.Time      `json:"startedAt"`
	// DurationMs is from its beginning to the latest that is in it.
	DurationMs int64  `json:"durationMs"`
	Bytes      uint64 `json:"bytes"`
	Cols       int    `json:"cols"` // at its beginning
	Rows       int    `json:"rows"`
	Live       bool   `json:"live,omitzero"` // it goes on
}

// Shown is a recording that came from a machine, as it may be passed on.
func (r Recording) Shown() Recording {
	r.ID = RecordingID(plain(string(r.ID), MaxName))
	r.Session = wire.SessionID(plain(string(r.Session), MaxName))
	r.Name, r.Account = plain(r.Name, MaxName), plain(r.Account, MaxName)
	r.Command = plain(r.Command, maxShown)
	r.Owner, r.By = plain(r.Owner, maxTitle), plain(r.By, maxTitle)
	r.DurationMs = max(r.DurationMs, 0)
	r.Cols, r.Rows = min(max(r.Cols, 1), MaxCols), min(max(r.Rows, 1), MaxRows)
	return r
}

// Recordings is a list, the newest first.
type Recordings struct {
	Recordings []Recording `json:"recordings"`
}

// RecordingParams name a recording.
type RecordingParams struct {
	Node      wire.NodeName `json:"node"`
	Recording RecordingID   `json:"recording"`
}

// Validate checks the names.
func (p RecordingParams) Validate() error {
	if !p.Recording.Valid() {
		return fmt.Errorf("recording: %.80q is not the id of one", p.Recording)
	}
	return checkIDs(p.Node, "")
}

// Target names the recording for the audit log.
func (p RecordingParams) Target() string { return string(p.Node) + "/" + string(p.Recording) }

// RecordingReadParams ask for the bytes of a recording's file.
type RecordingReadParams struct {
	Node      wire.NodeName `json:"node"`
	Recording RecordingID   `json:"recording"`
	// Offset is the first byte wanted.
	Offset uint64 `json:"offset,omitzero"`
	// Follow keeps the stream of a recording that goes on open until it ends.
	Follow bool `json:"follow,omitzero"`
}

// Validate checks the names.
func (p RecordingReadParams) Validate() error {
	return errors.Join(RecordingParams{p.Node, p.Recording}.Validate())
}

// Target names the recording for the audit log.
func (p RecordingReadParams) Target() string {
	return RecordingParams{p.Node, p.Recording}.Target()
}

// RecordingOpened describes the recording whose bytes follow as Data frames, the
// offsets being those of the file.
type RecordingOpened struct {
	Recording Recording `json:"recording"`
}
