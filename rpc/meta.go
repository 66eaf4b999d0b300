package rpc

import (
	"context"

	"homie/tsidentity"
	"homie/wire"
)

type metaKey struct{}

// WithOnBehalf makes the calls under ctx say for whom they are made. The other
// side believes it only of its own gateway, or of its own node.
//
// In a program that trusts who called it, it is for whom that one calls: a node
// passes on what its gateway said.
func WithOnBehalf(ctx context.Context, who tsidentity.Caller) context.Context {
	m := wire.Meta{TraceID: TraceID(ctx)}
	if told, ok := ctx.Value(onBehalfKey{}).(wire.OnBehalf); ok {
		m.OnBehalf = &told
		return context.WithValue(ctx, metaKey{}, m)
	}
	behalf := BehalfOf(who)
	m.OnBehalf = &behalf
	return context.WithValue(ctx, metaKey{}, m)
}

type onBehalfKey struct{}

// withTold notes for whom a trusted caller calls.
func withTold(ctx context.Context, o wire.OnBehalf) context.Context {
	return context.WithValue(ctx, onBehalfKey{}, o)
}

// OnBehalf returns for whom a trusted caller makes the call being handled; ok is
// false if it does not say.
func OnBehalf(ctx context.Context) (o wire.OnBehalf, ok bool) {
	o, ok = ctx.Value(onBehalfKey{}).(wire.OnBehalf)
	return o, ok
}

// BehalfOf is what a call under WithOnBehalf says of a caller.
func BehalfOf(who tsidentity.Caller) wire.OnBehalf {
	return wire.OnBehalf{
		Person:   wire.PersonID(who.Person.ID),
		Name:     who.Name(),
		Device:   wire.DeviceID(who.Device.ID),
		DeviceOf: who.Device.Name,
	}
}

// TraceID returns the id that follows the call being handled through every
// process and log, "" outside a call.
func TraceID(ctx context.Context) string {
	m, _ := ctx.Value(metaKey{}).(wire.Meta)
	return m.TraceID
}

func withTrace(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, metaKey{}, wire.Meta{TraceID: id})
}

func outgoingMeta(ctx context.Context) *wire.Meta {
	m, ok := ctx.Value(metaKey{}).(wire.Meta)
	if !ok {
		return nil
	}
	return &m
}

// maxTraceID bounds a trace id that a caller brings along, in bytes.
const maxTraceID = 64

// traceOf returns the caller's trace id if it is plain, or a new one: it goes
// into logs, so that nothing but letters, digits and dashes may be in it.
func traceOf(m *wire.Meta) string {
	if m == nil || m.TraceID == "" || len(m.TraceID) > maxTraceID {
		return newID()
	}
	for _, r := range m.TraceID {
		plain := r == '-' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !plain {
			return newID()
		}
	}
	return m.TraceID
}
