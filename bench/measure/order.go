package measure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what is measured.
type Kind string

// The kinds of measurement.
const (
	EchoProgram Kind = "echo"        // a program in raw mode types back
	EchoKernel  Kind = "echo-kernel" // the terminal driver does
	EchoFlood   Kind = "echo-flood"  // a program does, while another session floods
	BulkOutput  Kind = "bulk"
	// CtrlC stops a flood that is shown at ParseRate.
	CtrlC Kind = "ctrl-c"
	// Stall starts the same flood and takes nothing of it for StallFor.
	Stall Kind = "stall"
	// Health waits until the gateway that is the target answers.
	Health Kind = "health"
	// CrowdStart starts Count sessions on the machine Node, which stay. CrowdLook
	// has Count viewers look at one each, CrowdPrint has each session print
	// CrowdBytes, and CrowdEnd lets go of them.
	CrowdStart Kind = "crowd-start"
	CrowdLook  Kind = "crowd-look"
	CrowdPrint Kind = "crowd-print"
	CrowdEnd   Kind = "crowd-end"
)

// CrowdBytes is how much each session of a crowd prints.
const CrowdBytes = 2_000_000

// The targets of measurements of a terminal.
const (
	Homie = "homie"
	Relay = "relay"
	Bare  = "bare"
)

// Order asks for one measurement.
type Order struct {
	Kind   Kind   `json:"kind"`
	Target string `json:"target"` // who is measured
	Node   string `json:"node"`   // "" for the household's own
	Count  int    `json:"count"`  // of echoes, sessions or viewers
	File   string `json:"file"`   // to print
	Output Output `json:"output"` // that the file makes
	FarMs  int    `json:"farMs"`  // added to each round trip
}

// ParseRate is how fast a browser's terminal takes output, in bytes a second.
const ParseRate = 10e6

// StallFor is how long a viewer takes nothing.
const StallFor = 10 * time.Second

// Result is what was measured.
type Result struct {
	EchoUs  []float64 `json:"echoUs,omitzero"`
	Seconds float64   `json:"seconds,omitzero"` // of bulk output
	StopMs  float64   `json:"stopMs,omitzero"`  // from Ctrl-C to the prompt
	Windows float64   `json:"windows,omitzero"` // that waited in the viewer at most
	Error   string    `json:"error,omitzero"`
	Skipped bool      `json:"skipped,omitzero"` // the error is ErrSkipped
}

// OfCrowd reports whether the order is about a crowd.
func (o Order) OfCrowd() bool {
	return o.Kind == CrowdStart || o.Kind == CrowdLook || o.Kind == CrowdPrint || o.Kind == CrowdEnd
}

// ErrSkipped is output that was passed over: its viewer was held up for so long
// that the program went on without it.
var ErrSkipped = errors.New("output was skipped")

// Warm is how many echoes come before the first that counts.
const Warm = 100

// MaxEchoes bounds the echoes of one measurement: nobody reads what the kernel
// echoes, and a terminal's input queue holds 4,096 bytes.
const MaxEchoes = 4000 - Warm

// Command is the program whose terminal is measured.
func (o Order) Command() []string {
	const begin = "printf 'ready\\n'; "
	switch o.Kind {
	case EchoKernel:
		return []string{"/bin/sh", "-c", "stty -icanon; " + begin + "exec sleep 600"}
	case BulkOutput:
		return []string{"/bin/sh", "-c", `stty -echo; ` + begin + `read go; exec cat "$0"`, o.File}
	case CtrlC, Stall:
		line := strings.Repeat("all work and no play ", 4)
		return []string{"/bin/sh", "-c", "stty -echo; trap : INT; " + begin + `read go; yes "$0"; printf ` + floodPrompt + "; exec sleep 600", line}
	case CrowdStart: // a shell's own words print 2 MB of lines, without another process
		return []string{"/bin/sh", "-c", fmt.Sprintf(`printf '$ '; read go; i=0; l=$(printf '%%01000d' 0); while [ $i -lt %d ]; do echo "$l"; i=$((i+1)); done; printf '$ '; read go`, CrowdBytes/1000)}
	default:
		return []string{"/bin/sh", "-c", "stty raw -echo; " + begin + "exec cat"}
	}
}

// Take measures a terminal that runs o.Command, and ends early with ctx where it
// only waits.
func (o Order) Take(ctx context.Context, t Terminal) (r Result, err error) {
	if err := AwaitReady(t); err != nil {
		return r, err
	}
	if o.Kind == BulkOutput {
		took, err := Bulk(t, o.Output)
		r.Seconds = took.Seconds()
		return r, err
	}
	if o.Kind == Stall {
		return r, stall(ctx, t)
	}
	if o.Kind == CtrlC {
		paced, ok := t.(Paced)
		if !ok {
			return r, fmt.Errorf("%s has no pace", o.Target)
		}
		took, windows, err := FloodStop(paced, ParseRate)
		r.StopMs, r.Windows = float64(took.Microseconds())/1e3, windows
		return r, err
	}
	r.EchoUs, err = Echo(t, Warm, o.Count)
	return r, err
}

// stall starts the flood and takes nothing of it.
func stall(ctx context.Context, t Terminal) error {
	if err := t.Type([]byte("\n")); err != nil {
		return fmt.Errorf("typing: %w", err)
	}
	over := time.NewTimer(StallFor)
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
