package rpc

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// Entry is one line of a service's table: a *Method or a *Topic.
type Entry interface {
	declared() (name, capability string)
}

// Method is a declared call or stream. It is immutable after NewRegistry.
type Method struct {
	Name       string
	Capability string
	// Streaming methods answer like calls and then carry binary frames.
	Streaming bool
	// Consequential methods leave an audit entry whatever their outcome; of the
	// others only refusals do.
	Consequential bool
	// Class bounds how often one caller may call the method, beside the bound of
	// all their calls; "" for no bound of its own. Guessed: see the option.
	Class   Class
	Guessed bool
	// Timeout bounds a call; the stream that follows one is bounded by its
	// connection.
	Timeout time.Duration
	// OnRecord are the params that an audit entry has, by their names on the
	// wire; see Audited.
	OnRecord []string
	// Params and Result are the types on the wire, Handler is the function
	// that serves the method; all three are for code generation.
	Params, Result reflect.Type
	Handler        any
	// Tells and Told are what the opener of a stream and whoever serves it say
	// in Note frames; nil if nothing.
	Tells, Told reflect.Type

	// question is set for a sensitive method; eachTime, if an earlier
	// confirmation does not do.
	question func(context.Context, tsidentity.Caller, any) (Question, error)
	eachTime bool

	invoke func(ctx context.Context, who tsidentity.Caller, raw stdjson.RawMessage, confirm confirm) (outcome, error)
}

// outcome is what a handler gave back.
type outcome struct {
	result stdjson.RawMessage
	pump   Pump   // streams only
	target string // for the audit entry
	args   map[string]string
}

// Pump carries a stream after its call was answered. Its ctx ends with the
// connection, the stream, or the caller's right to it. Returning ends the
// stream: orderly for nil, with the error's code and message otherwise.
type Pump func(ctx context.Context, s *Stream) error

// Option adjusts a Method at its declaration.
type Option func(*Method)

// Timeout bounds each call of the method; the default is DefaultTimeout.
func Timeout(d time.Duration) Option { return func(m *Method) { m.Timeout = d } }

// Notes declares what the two sides of a stream say in Note frames: its opener a
// Tells, whoever serves it a Told.
func Notes[Tells, Told any]() Option {
	return func(m *Method) { m.Tells, m.Told = reflect.TypeFor[Tells](), reflect.TypeFor[Told]() }
}

// DefaultTimeout bounds a call, so that no caller waits for ever.
const DefaultTimeout = 30 * time.Second

// Call declares a method that answers once.
func Call[P, R any](name, capability string, h func(context.Context, tsidentity.Caller, P) (R, error), opts ...Option) *Method {
	return newMethod(name, capability, h, func(ctx context.Context, who tsidentity.Caller, p P) (R, Pump, error) {
		r, err := h(ctx, who, p)
		return r, nil, err
	}, opts)
}

// Serve declares a call whose name, capability and types stand in wire.
func Serve[P, R any](d wire.Method[P, R], h func(context.Context, tsidentity.Caller, P) (R, error), opts ...Option) *Method {
	return Call(d.Name, d.Capability, h, opts...)
}

// StreamCall declares a method that answers and then carries a stream.
func StreamCall[P, R any](name, capability string, h func(context.Context, tsidentity.Caller, P) (R, Pump, error), opts ...Option) *Method {
	m := newMethod(name, capability, h, h, opts)
	m.Streaming = true
	return m
}

// ServeStream declares a stream whose name, capability and types stand in wire.
func ServeStream[P, R any](d wire.Method[P, R], h func(context.Context, tsidentity.Caller, P) (R, Pump, error), opts ...Option) *Method {
	return StreamCall(d.Name, d.Capability, h, opts...)
}

// newMethod declares a method that is served by serve, in whatever form its
// handler has been written.
func newMethod[P, R any](name, capability string, handler any, serve func(context.Context, tsidentity.Caller, P) (R, Pump, error), opts []Option) *Method {
	m := &Method{
		Name:       name,
		Capability: capability,
		Timeout:    DefaultTimeout,
		Params:     reflect.TypeFor[P](),
		Result:     reflect.TypeFor[R](),
		Handler:    handler,
	}
	m.invoke = func(ctx context.Context, who tsidentity.Caller, raw stdjson.RawMessage, confirm confirm) (outcome, error) {
		p, err := decodeParams[P](raw)
		if err != nil {
			return outcome{}, err
		}
		o := outcome{target: targetOf(&p), args: arguments(p, m.OnRecord)}
		if err := confirm(ctx, who, m.act(who, o.target, p)); err != nil {
			return o, err
		}
		r, pump, err := serve(ctx, who, p)
		if err != nil {
			return o, err
		}
		switch more := targetOf(&r); {
		case o.target == "":
			o.target = more
		case more != "":
			o.target += ": " + more
		}
		if o.result, err = encode(r); err != nil {
			return o, err
		}
		o.pump = pump
		return o, nil
	}
	for _, o := range opts {
		o(m)
	}
	return m
}

func (m *Method) declared() (name, capability string) { return m.Name, m.Capability }

// run calls the handler, once what it needs is confirmed.
func (m *Method) run(ctx context.Context, who tsidentity.Caller, raw stdjson.RawMessage, confirm confirm) (o outcome, err error) {
	err = m.guarded(func() (err error) {
		o, err = m.invoke(ctx, who, raw, confirm)
		return err
	})
	return o, err
}

// carry runs the pump of a stream.
func (m *Method) carry(ctx context.Context, s *Stream, pump Pump) error {
	return m.guarded(func() error { return pump(ctx, s) })
}

// errPanic is what a panic becomes; the error has its stack, for the log.
var errPanic = errors.New("panic")

// guarded calls f. A panic in it is a bug that costs its own call only.
func (m *Method) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w in %s: %v\n%s", errPanic, m.Name, p, debug.Stack())
		}
	}()
	return f()
}

// targeter is implemented by params that name what they act on, and by results
// that know more of it.
type targeter interface{ Target() string }

func targetOf(p any) string {
	if t, ok := p.(targeter); ok {
		return t.Target()
	}
	return ""
}
