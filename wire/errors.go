package wire

import (
	"errors"
	"fmt"
	"time"
)

// Reason is the stable name of a kind of failure; programs branch on it.
type Reason string

// The reasons there are. Each has one numeric code, see Reason.Code.
const (
	ParseError      Reason = "parse_error"       // the frame is not JSON
	InvalidRequest  Reason = "invalid_request"   // JSON, but no JSON-RPC 2.0 call
	UnknownMethod   Reason = "unknown_method"    // no such method
	InvalidParams   Reason = "invalid_params"    // params of the wrong shape
	Internal        Reason = "internal"          // a fault of Homie's; see the log
	Unauthenticated Reason = "unauthenticated"   // the tailnet does not know the caller
	Forbidden       Reason = "forbidden"         // no grant allows it
	NotFound        Reason = "not_found"         // no such thing, or not visible
	Conflict        Reason = "conflict"          // the thing is in another state
	RateLimited     Reason = "rate_limited"      // too many; see RetryAfterMs
	TooLarge        Reason = "payload_too_large" // over a documented size
	Unavailable     Reason = "unavailable"       // e.g. the machine is offline
	Timeout         Reason = "timeout"           // no answer in time
	Busy            Reason = "busy"              // a bound on concurrent work is reached
	Unsupported     Reason = "unsupported"       // this machine or build cannot
	VersionMismatch Reason = "version_mismatch"  // no protocol version in common
	HelloRequired   Reason = "hello_required"    // a connection starts with rpc.hello
	Canceled        Reason = "canceled"          // the caller or the connection went away
	Protocol        Reason = "protocol_violation"
	// ConfirmationRequired refuses an act that the caller may do and has to
	// confirm first; see ErrorData.Confirm.
	ConfirmationRequired Reason = "confirmation_required"
)

// codes are JSON-RPC 2.0's own for the first five and its implementation range
// (-32000 to -32099) for the rest. They are frozen: append, never renumber.
var codes = map[Reason]int{
	ParseError:      -32700,
	InvalidRequest:  -32600,
	UnknownMethod:   -32601,
	InvalidParams:   -32602,
	Internal:        -32603,
	Unauthenticated: -32001,
	Forbidden:       -32002,
	NotFound:        -32003,
	Conflict:        -32004,
	RateLimited:     -32005,
	TooLarge:        -32006,
	Unavailable:     -32007,
	Timeout:         -32008,
	Busy:            -32009,
	Unsupported:     -32010,
	VersionMismatch: -32011,
	HelloRequired:   -32012,
	Canceled:        -32013,
	Protocol:        -32014,

	ConfirmationRequired: -32015,
}

// Code returns the JSON-RPC error code of r, Internal's for an unknown reason.
func (r Reason) Code() int {
	if c, ok := codes[r]; ok {
		return c
	}
	return codes[Internal]
}

// Retryable reports whether the same call may succeed later without the caller
// changing anything.
func (r Reason) Retryable() bool {
	switch r {
	case RateLimited, Unavailable, Timeout, Busy:
		return true
	default:
		return false
	}
}

// Reasons returns every reason with its code, for documentation and goldens.
func Reasons() map[Reason]int {
	m := make(map[Reason]int, len(codes))
	for r, c := range codes {
		m[r] = c
	}
	return m
}

// Error is a failure as it crosses the wire. Message is for people: what
// happened and what to do next, without internals.
type Error struct {
	Code    int       `json:"code"`
	Message string    `json:"message"`
	Data    ErrorData `json:"data"`

	cause error // stays in this process, for the log
}

// ErrorData is the part of an Error that programs read.
type ErrorData struct {
	Reason       Reason `json:"reason"`
	Retryable    bool   `json:"retryable"`
	RetryAfterMs int64  `json:"retryAfterMs,omitzero"`
	RequestID    string `json:"requestId,omitzero"`
	Needs        *Needs `json:"needs,omitzero"`
	// Confirm comes with ConfirmationRequired.
	Confirm *Confirm `json:"confirm,omitzero"`
}

// Confirm is the confirmation that a refused call waits for. When the person has
// given it, the same call is let through.
type Confirm struct {
	ID    ConfirmationID `json:"id"`
	Words string         `json:"words"` // what is to be confirmed, e.g. "Open a terminal on den as max"
}

// Needs says which right a refused call was missing, so that a client can show
// the grant to ask for.
type Needs struct {
	Capability string   `json:"capability"`
	Node       NodeName `json:"node,omitzero"`
	Account    string   `json:"account,omitzero"`
}

// Errorf returns an Error for reason r with a message for people.
func Errorf(r Reason, format string, args ...any) *Error {
	return &Error{
		Code:    r.Code(),
		Message: fmt.Sprintf(format, args...),
		Data:    ErrorData{Reason: r, Retryable: r.Retryable()},
	}
}

// Because returns a copy of e that carries cause for the log; the cause never
// leaves the process.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy of e that asks the caller to wait for d before a retry.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.Data.Retryable = true
	c.Data.RetryAfterMs = max(1, d.Milliseconds())
	return &c
}

// Missing returns a copy of e that names the right the caller lacked.
func (e *Error) Missing(n Needs) *Error {
	c := *e
	c.Data.Needs = &n
	return &c
}

// ToConfirm returns a copy of e that names the confirmation it waits for.
func (e *Error) ToConfirm(c Confirm) *Error {
	out := *e
	out.Data.Confirm = &c
	return &out
}

// Error returns the message for people.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause that was attached with Because, if any.
func (e *Error) Unwrap() error { return e.cause }

// ReasonOf returns the reason of the *Error in err's chain: "" for nil, and
// Internal for an error that is none of ours.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Data.Reason
	}
	return Internal
}
