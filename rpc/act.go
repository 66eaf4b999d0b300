package rpc

import (
	"context"
	"net/http"

	"homie/tsidentity"
	"homie/wire"
)

// Act carries out what a declared method is about for a caller who came in
// another way than the protocol, as a download comes by plain HTTP. Rate, right,
// confirmation and audit entry are those of a call with the params; act says
// what it acted on. The error is what the caller is told.
func (r *Registry) Act(ctx context.Context, who tsidentity.Caller, method string, params any, act func(context.Context) (target string, err error)) *wire.Error {
	q := request{id: newID(), name: method, method: r.methods[method]}
	ctx = withTrace(ctx, newID())
	target, err := r.act(ctx, who, q, params, act)
	r.noteGuess(q, who, err)
	var refused *wire.Error
	if err != nil {
		refused = r.failed(q, who, err)
	}
	r.audit(ctx, who, q, outcome{target: target}, refused)
	return refused
}

func (r *Registry) act(ctx context.Context, who tsidentity.Caller, q request, params any, act func(context.Context) (string, error)) (target string, err error) {
	if err := r.admit(who, q); err != nil {
		return "", err
	}
	err = q.method.guarded(func() (err error) {
		if t, ok := params.(targeter); ok {
			target = t.Target()
		}
		if err := r.confirm(ctx, who, q.method.act(who, target, params)); err != nil {
			return err
		}
		target, err = act(ctx)
		return err
	})
	return target, err
}

// Status is the HTTP code of an error.
func Status(e *wire.Error) int {
	if s, ok := statuses[e.Data.Reason]; ok {
		return s
	}
	return http.StatusBadGateway
}
