package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"homie/wire"
	wireaudit "homie/wire/audit"
)

// Bounds of a page.
const (
	maxPage   = 500
	maxLines  = 1_000
	pageBytes = 384 << 10 // of lines, so that an answer fits into a message
	maxScan   = 20_000    // entries looked at for one filtered page
	maxFilter = 128       // bytes of a text to look for
)

// ListParams asks for a page of the audit log. What is absent does not matter;
// of what is given, all has to fit.
type ListParams struct {
	Before uint64 `json:"before,omitzero"` // entries older than this number
	Limit  int    `json:"limit,omitzero"`  // 1 to 500, default 100
	// Person is part of a name or a login, or a whole person's id.
	Person string `json:"person,omitzero"`
	// Device is part of a device's name, or a whole device's id.
	Device string `json:"device,omitzero"`
	// Method is what the method begins with, such as "terminal.".
	Method string `json:"method,omitzero"`
	// Target is part of what was acted on.
	Target   string     `json:"target,omitzero"`
	Decision string     `json:"decision,omitzero"` // allowed, denied, failed, asked
	From     *time.Time `json:"from,omitzero"`     // not before this time
	To       *time.Time `json:"to,omitzero"`       // before this time
}

// Validate checks the bounds on a page and on what to look for.
func (p ListParams) Validate() error {
	if p.Limit < 0 || p.Limit > maxPage {
		return fmt.Errorf("limit is %d, want 0 to %d", p.Limit, maxPage)
	}
	for _, text := range []string{p.Person, p.Device, p.Method, p.Target, p.Decision} {
		if len(text) > maxFilter {
			return fmt.Errorf("a text of %d bytes to look for is over the limit of %d", len(text), maxFilter)
		}
	}
	if p.From != nil && p.To != nil && !p.From.Before(*p.To) {
		return errors.New("from is not before to, so that nothing lies between")
	}
	return nil
}

// Entries is a page of the audit log, newest first.
type Entries struct {
	Entries []Entry `json:"entries"`
	// Next is where to go on: give it as before. 0 if there is nothing older.
	// A page may be short, or empty, and have a next one.
	Next uint64 `json:"next"`
	// Waiting is how many entries are not on the disk yet, since it is full.
	Waiting int `json:"waiting,omitzero"`
}

// Entry is one act or refusal, and one line of the log.
type Entry struct {
	Seq       uint64            `json:"seq"` // counts up without gaps
	At        time.Time         `json:"at"`
	Person    string            `json:"person"` // the name people use, or a device's
	PersonID  wire.PersonID     `json:"personId,omitzero"`
	Login     string            `json:"login"` // "" for who is no person
	Device    string            `json:"device"`
	DeviceID  string            `json:"deviceId"`
	Class     string            `json:"class"`
	Method    string            `json:"method"`
	Target    string            `json:"target"` // e.g. "den/k3v9q2mz", "" if the method has none
	Args      map[string]string `json:"args,omitempty"`
	Decision  string            `json:"decision"`  // allowed, denied, failed, asked
	Reason    string            `json:"reason"`    // why not, in words
	RequestID string            `json:"requestId"` // of the first time
	// Again is how often the same device did the same within the ten minutes
	// that follow, and LastAt when it last did.
	Again  int        `json:"again,omitzero"`
	LastAt *time.Time `json:"lastAt,omitzero"`
	// Of is the number of the entry that this one says Again of.
	Of uint64 `json:"of,omitzero"`
	// Dropped says which entries the log has no more.
	Dropped *Dropped `json:"dropped,omitzero"`
	// Prev is the SHA-256, in hex, of the line before this one.
	Prev string `json:"prev"`
}

// Dropped is where the log begins since its oldest entries were dropped.
type Dropped struct {
	Through uint64 `json:"through"` // the number of the last that was dropped
	Hash    string `json:"hash"`    // its hash, which the first that is left has as prev
}

// ExportParams asks for lines of the log.
type ExportParams struct {
	After uint64 `json:"after,omitzero"` // lines after this number
	Limit int    `json:"limit,omitzero"` // 1 to 1000, which is the default
}

// Validate checks the bound on a page.
func (p ExportParams) Validate() error {
	if p.Limit < 0 || p.Limit > maxLines {
		return fmt.Errorf("limit is %d, want 0 to %d", p.Limit, maxLines)
	}
	return nil
}

// Lines are lines of the log, oldest first, each as it is kept and hashed.
type Lines struct {
	Lines []string `json:"lines"`
	Next  uint64   `json:"next"` // give it as after; 0 if there is nothing newer
}

// HeadResult is the log's head, and what machines remember of it.
type HeadResult struct {
	Head     wireaudit.Head `json:"head"`
	Machines []Witness      `json:"machines"` // by name
	Waiting  int            `json:"waiting"`  // entries that are not on the disk yet
}

// Witness is a machine that remembers how far the log was.
type Witness struct {
	Node   wire.NodeName   `json:"node"`
	Device wire.DeviceID   `json:"device"`
	Kept   *wireaudit.Kept `json:"kept"`            // null for one that could not be asked
	Why    string          `json:"why,omitzero"`    // it could not
	Refuse string          `json:"refuse,omitzero"` // why it did not take the head of late
}

// Verification is what came out of checking the log.
type Verification struct {
	Verdict  Verdict   `json:"verdict"`
	Machines []Witness `json:"machines"`
	Waiting  int       `json:"waiting"` // entries that are not on the disk yet
}

// Verdict is what a log's lines say of themselves.
type Verdict struct {
	Lines int            `json:"lines"`
	First uint64         `json:"first"` // number of the first, 0 if there is none
	Head  wireaudit.Head `json:"head"`
	// Breaks are where the chain does not hold, the first ones first.
	Breaks []Break `json:"breaks"`
	// More is how many breaks there are beyond those.
	More int `json:"more,omitzero"`
	// Notes are what is no fault and yet good to know.
	Notes []string `json:"notes"`
}

// Break is a place where the chain does not hold.
type Break struct {
	Seq     uint64 `json:"seq"`           // of the entry there, 0 if it can't be told
	Line    int    `json:"line,omitzero"` // in a file, from 1
	Problem string `json:"problem"`       // in words
}

// matches reports whether an entry fits to what is asked for.
func (p ListParams) matches(e Entry) bool {
	return (p.Person == "" || p.Person == string(e.PersonID) || holds(e.Person, p.Person) || holds(e.Login, p.Person)) &&
		(p.Device == "" || p.Device == e.DeviceID || holds(e.Device, p.Device)) &&
		strings.HasPrefix(e.Method, p.Method) &&
		(p.Target == "" || holds(e.Target, p.Target)) &&
		(p.Decision == "" || p.Decision == e.Decision) &&
		(p.From == nil || !e.last().Before(*p.From)) &&
		(p.To == nil || e.At.Before(*p.To))
}

// last is when the act was done last.
func (e Entry) last() time.Time {
	if e.LastAt != nil {
		return *e.LastAt
	}
	return e.At
}

func holds(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
