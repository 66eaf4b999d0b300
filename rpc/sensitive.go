package rpc

import (
	"context"
	"fmt"
	"reflect"

	"homie/tsidentity"
	"homie/wire"
)

// Question is what a person is asked before a sensitive act.
type Question struct {
	// Words say what is about to happen, as an order: "Open a terminal on den as
	// max". Whoever confirms sees them and nothing else. Empty: this call needs
	// no confirmation.
	Words string
	// About is what of the params the answer holds for; nil for all of them.
	About any
}

// Act is a call of a sensitive method, on its way to the handler.
type Act struct {
	Method string
	Target string // as the audit log has it
	Params any
	// EachTime is set if an earlier confirmation of something else does not do.
	EachTime bool
	// Ask returns what has to be confirmed. It looks first whether the caller may
	// do it at all, and returns the refusal if not.
	Ask func(context.Context) (Question, error)
}

// confirm is Options.Confirm, or what stands for it.
type confirm func(context.Context, tsidentity.Caller, *Act) error

// Sensitive marks a method that a person has to confirm, by more than the
// device that they use. ask puts a call into words; P is the method's params.
func Sensitive[P any](ask func(context.Context, tsidentity.Caller, P) (Question, error)) Option {
	return func(m *Method) {
		if want := reflect.TypeFor[P](); m.Params != want {
			panic(fmt.Sprintf("rpc: %s is asked about %v, and takes %v", m.Name, want, m.Params))
		}
		m.question = func(ctx context.Context, who tsidentity.Caller, p any) (Question, error) { return ask(ctx, who, p.(P)) }
	}
}

// EachTime asks for a confirmation of each call of a sensitive method, however
// recently the person confirmed another.
func EachTime() Option { return func(m *Method) { m.eachTime = true } }

// Confirmed reports whether calls of the method may have to be confirmed.
func (m *Method) Confirmed() bool { return m.question != nil }

// act is a call of the method, nil if it is not sensitive.
func (m *Method) act(who tsidentity.Caller, target string, p any) *Act {
	if m.question == nil {
		return nil
	}
	return &Act{
		Method: m.Name, Target: target, Params: p, EachTime: m.eachTime,
		Ask: func(ctx context.Context) (Question, error) { return m.question(ctx, who, p) },
	}
}

// confirm lets an act pass, or says what has to be confirmed first.
func (r *Registry) confirm(ctx context.Context, who tsidentity.Caller, a *Act) error {
	if a == nil || r.opts.Confirm == nil {
		return nil
	}
	if err := r.opts.Confirm(ctx, who, *a); err != nil {
		if wire.ReasonOf(err) == wire.ConfirmationRequired {
			return asking{err}
		}
		return err
	}
	return nil
}

// asking is an error of this registry's own Confirm. A machine that asks for a
// confirmation has none to offer, and would only confuse who reads it.
type asking struct{ error }

// Unwrap returns what is asked.
func (a asking) Unwrap() error { return a.error }
