// Package audit declares how machines keep the head of the gateway's audit log,
// so that a log whose end was cut off does not pass for a whole one.
package audit

import (
	"encoding/hex"
	"errors"
	"time"

	"homie/wire"
)

// Keep asks a machine to remember the head of the log. It refuses one that is
// older than what it has, or another one with the same number.
var Keep = wire.Method[Head, Kept]{Name: "audit.head.keep", Capability: "audit:keep"}

// Recall asks a machine for what it remembers.
var Recall = wire.Method[wire.Nothing, Kept]{Name: "audit.head.get", Capability: "audit:keep"}

// Head is the last line of an audit log at some moment.
type Head struct {
	Seq  uint64 `json:"seq"`  // its number, from 1
	Hash string `json:"hash"` // SHA-256 of the line, in hex
}

// hashLength is that of a SHA-256 in hex.
const hashLength = 64

// Validate checks that it can be the head of a log.
func (h Head) Validate() error {
	if b, err := hex.DecodeString(h.Hash); err != nil || len(h.Hash) != hashLength || hex.EncodeToString(b) != h.Hash {
		return errors.New("hash: want a SHA-256 in lower-case hex")
	}
	if h.Seq == 0 {
		return errors.New("seq: lines count from 1")
	}
	return nil
}

// Kept is what a machine remembers of a log.
type Kept struct {
	Heads []Sighting `json:"heads"` // the newest last
	// Refused is the first head that did not fit to what the machine had; null if
	// there was none.
	Refused *Sighting `json:"refused"`
}

// Sighting is a head, and when the machine was told of it, by its own clock.
type Sighting struct {
	Seq  uint64    `json:"seq"`
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

// Head is what was seen.
func (s Sighting) Head() Head { return Head{Seq: s.Seq, Hash: s.Hash} }

// Newest is the last head, the zero one if there is none.
func (k Kept) Newest() Sighting {
	if len(k.Heads) == 0 {
		return Sighting{}
	}
	return k.Heads[len(k.Heads)-1]
}
