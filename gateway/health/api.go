package health

import (
	"fmt"
	"time"
)

// Report is how the gateway is.
type Report struct {
	Version  string    `json:"version"`
	At       time.Time `json:"at"` // by the gateway's clock
	Findings []Finding `json:"findings"`
}

// State is how something is.
type State string

// The states of a finding.
const (
	OK   State = "ok"
	Warn State = "warn" // works, and wants looking after
	Fail State = "fail" // does not work
)

// Finding is one thing that was looked at.
type Finding struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Text  string `json:"text"`
	Next  string `json:"next,omitzero"` // what to do, unless all is well

	// tell says that owners are told wherever they look.
	tell bool
}

func ok(name, format string, args ...any) Finding {
	return Finding{Name: name, State: OK, Text: fmt.Sprintf(format, args...)}
}

func warn(name, text, next string) Finding {
	return Finding{Name: name, State: Warn, Text: text, Next: next}
}

func fail(name, text, next string) Finding {
	return Finding{Name: name, State: Fail, Text: text, Next: next}
}
