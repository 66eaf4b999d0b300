// Package holder declares what a node asks of its holder, the process that owns
// the node's PTYs, beside the methods of wire/terminal.
//
// The two meet on a unix socket that only the node's own account can open. No
// gateway serves or calls these methods.
package holder

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"homie/wire"
)

// The methods.
var (
	// Adopt makes the caller the holder's node, for as long as its connection
	// lasts. The latest one counts.
	Adopt = wire.Method[AdoptParams, Adopted]{Name: "holder.adopt", Capability: "holder:write"}
	// Replace puts another program in the holder's place, with the sessions as
	// they are. When it succeeds there is no answer: the connection ends, and
	// the next one is to the new program. When it fails, nothing has changed.
	Replace = wire.Method[ReplaceParams, wire.Nothing]{Name: "holder.replace", Capability: "holder:write"}
	// Resolve is asked by the holder itself, of the process that acts as another
	// account.
	Resolve = wire.Method[ResolveParams, Resolved]{Name: "holder.resolve", Capability: "holder:write"}
)

// Bounds of what a node may say.
const (
	maxText    = 4096 // bytes in a path or a variable
	maxEnviron = 512
)

// AdoptParams are the node's settings, which its holder goes by.
type AdoptParams struct {
	Version string        `json:"version"` // of the node's program
	Node    wire.NodeName `json:"node"`    // what sessions are told when nobody says
	Dir     string        `json:"dir"`     // where sessions start that do not say where
	Environ []string      `json:"environ"` // of which sessions inherit some
	// LingerMs is how long sessions outlive a node that has gone; 0 is for
	// ever.
	LingerMs int64 `json:"lingerMs"`
	// IdleEndMs is after how long without use sessions end; 0 is never.
	IdleEndMs int64 `json:"idleEndMs,omitzero"`
	// MaxSessions bounds the sessions whose programs run; 0 is the holder's own
	// bound.
	MaxSessions int `json:"maxSessions,omitzero"`
	// RecordAll records each session from its start.
	RecordAll bool `json:"recordAll,omitzero"`
	// RecordDays is how long recordings are kept, RecordMB how much they may have
	// together; 0 is the holder's default.
	RecordDays int `json:"recordDays,omitzero"`
	RecordMB   int `json:"recordMb,omitzero"`
}

// Defaults and bounds of what is kept of recordings.
const (
	RecordDays, MaxRecordDays = 30, 36500
	RecordMB, MaxRecordMB     = 1024, 1 << 20
)

// Validate checks shape and bounds.
func (p AdoptParams) Validate() error {
	if len(p.Environ) > maxEnviron {
		return fmt.Errorf("%d variables are over the limit of %d", len(p.Environ), maxEnviron)
	}
	for _, s := range []string{p.Version, p.Dir, string(p.Node)} {
		if len(s) > maxText || strings.ContainsRune(s, 0) {
			return fmt.Errorf("a text is over the limit of %d bytes or has a NUL in it", maxText)
		}
	}
	if p.LingerMs < 0 || p.IdleEndMs < 0 {
		return errors.New("sessions can't end before their node")
	}
	if p.RecordDays < 0 || p.RecordDays > MaxRecordDays || p.RecordMB < 0 || p.RecordMB > MaxRecordMB {
		return fmt.Errorf("recordings can't be kept for %d days in %d MB", p.RecordDays, p.RecordMB)
	}
	if p.MaxSessions < 0 {
		return errors.New("there can't be fewer sessions than none")
	}
	return nil
}

// Adopted describes the holder.
type Adopted struct {
	Version string `json:"version"` // of the holder's program
	// Program identifies the file that the holder runs. Equal ones are equal.
	Program  string `json:"program"`
	PID      int    `json:"pid"`
	Sessions int    `json:"sessions"` // whose programs run
}

// ReplaceParams name the program to put in place.
type ReplaceParams struct {
	Path string `json:"path"` // absolute
}

// Validate checks shape and bounds.
func (p ReplaceParams) Validate() error {
	if !filepath.IsAbs(p.Path) || len(p.Path) > maxText || strings.ContainsRune(p.Path, 0) {
		return fmt.Errorf("%.80q is no absolute path", p.Path)
	}
	return nil
}

// ResolveParams ask where a session would start, and with which program.
type ResolveParams struct {
	Dir     string   `json:"dir"`  // asked for, "" for none
	Base    string   `json:"base"` // what Dir is relative to, and the default
	Home    string   `json:"home"`
	Shell   string   `json:"shell"`
	Command []string `json:"command"` // empty for the shell
	Path    string   `json:"path"`    // in which programs are looked for
}

// Validate checks the bounds.
func (p ResolveParams) Validate() error {
	for _, s := range append([]string{p.Dir, p.Base, p.Home, p.Shell}, p.Command...) {
		if len(s) > maxText || strings.ContainsRune(s, 0) {
			return fmt.Errorf("a text is over the limit of %d bytes or has a NUL in it", maxText)
		}
	}
	return nil
}

// Resolved says where, and with which program.
type Resolved struct {
	Dir     string `json:"dir"`     // absolute
	Program string `json:"program"` // absolute
}

// InfoFile is the file in a node's state directory that says which process
// holds its PTYs, for whoever looks after the machine. It is there while the
// holder is, and after one that was killed.
const InfoFile = "holder.json"

// Info is what InfoFile has, as JSON.
type Info struct {
	PID    int    `json:"pid"`
	Socket string `json:"socket"`
}
