package rpc

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/tsidentity"
	"homie/wire"
)

// Options are what a Registry needs from the process around it. The zero value
// works: nothing is logged or audited, and every caller is described barely.
type Options struct {
	Log *slog.Logger
	// Audit gets an entry for each outcome of a consequential method and for
	// each refusal. It must not block for long.
	Audit func(context.Context, Audit)
	// Confirm lets a sensitive act pass, or returns the error that says what has
	// to be confirmed first. Nil lets all pass.
	Confirm func(context.Context, tsidentity.Caller, Act) error
	// Describe says who a caller is, for rpc.hello.
	Describe func(tsidentity.Caller) wire.Whoami
	// Explain gives an error that is none of wire's the words that a caller is
	// told, and nil if it has none better than that something went wrong.
	Explain func(error) *wire.Error
	// Server is what rpc.hello says of this program; Epoch is filled in.
	Server wire.ServerInfo
	// Document is the OpenRPC document that rpc.discover returns.
	Document stdjson.RawMessage
	// TrustMeta believes what a call says of whom it is made for. Only a node
	// sets it, for the connection to its own gateway, and what serves a node
	// only.
	TrustMeta bool
	// Rate bounds calls per caller; the zero value means DefaultRate. Rates
	// replaces those of classes.
	Rate  Rate
	Rates map[Class]Rate
}

// Audit is what happened to one call.
type Audit struct {
	At     time.Time
	Caller tsidentity.Caller
	Method string
	Target string // what it acted on, as the params name it
	// Args are the params that the method has put on record, see Audited.
	Args      map[string]string
	Decision  string // allowed, denied, failed, asked (to be confirmed first)
	Reason    string // of a refusal or failure, in words
	RequestID string
	TraceID   string
}

// Registry holds every method and topic a process offers, and serves calls to
// them. It is immutable after NewRegistry and safe for concurrent use.
type Registry struct {
	opts    Options
	epoch   string
	methods map[string]*Method
	topics  map[string]*eventLog
	limits  limits
	denials *Limiter // of audit entries about what did not happen
	sockets sockets

	carrying sync.WaitGroup // connections from ServeSocket
}

// Wait returns when every connection that ServeSocket carries has ended. Call it
// after the server has stopped.
func (r *Registry) Wait() { r.carrying.Wait() }

var (
	validName       = regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)
	validCapability = regexp.MustCompile(`^[a-z]+:[a-z]+$`)
)

// NewRegistry returns a registry of the given entries and rpc's own methods. A
// name that is malformed or declared twice is an error.
func NewRegistry(opts Options, entries ...Entry) (*Registry, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Describe == nil {
		opts.Describe = func(who tsidentity.Caller) wire.Whoami { return wire.Whoami{Name: who.Name()} }
	}
	if opts.Explain == nil {
		opts.Explain = func(error) *wire.Error { return nil }
	}
	if opts.Audit == nil {
		opts.Audit = func(context.Context, Audit) {}
	}
	r := &Registry{
		opts:    opts,
		epoch:   newID(),
		methods: map[string]*Method{},
		topics:  map[string]*eventLog{},
		limits:  newLimits(opts.Rate, opts.Rates),
		denials: NewLimiter(denialRate),
	}
	for _, e := range append(r.builtins(), entries...) {
		if err := r.add(e); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Registry) add(e Entry) error {
	name, capability := e.declared()
	if !validName.MatchString(name) {
		return fmt.Errorf("rpc: %q is not a method name", name)
	}
	if !validCapability.MatchString(capability) {
		return fmt.Errorf("rpc: %s: %q is not a capability", name, capability)
	}
	if r.methods[name] != nil || r.topics[name] != nil {
		return fmt.Errorf("rpc: %s is declared twice", name)
	}
	switch e := e.(type) {
	case *Method:
		if e.Class != "" && r.limits.classes[e.Class] == nil {
			return fmt.Errorf("rpc: %s is of no class %q", name, e.Class)
		}
		r.methods[name] = e
	case topic:
		r.topics[name] = e.eventLog()
	}
	return nil
}

// Methods returns every method, by name.
func (r *Registry) Methods() []*Method {
	out := make([]*Method, 0, len(r.methods))
	for _, m := range r.methods {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *Method) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// request is one call on its way to a handler.
type request struct {
	id     string // for the caller and the log
	name   string
	method *Method // nil if there is none of that name
	params stdjson.RawMessage
	meta   *wire.Meta
	stream bool // the transport can carry a stream
}

func (r *Registry) request(m wire.Message, stream bool) request {
	return request{id: newID(), name: m.Method, method: r.methods[m.Method], params: m.Params, meta: m.Meta, stream: stream}
}

// serve authorizes, decodes and runs one call. The error is what the caller is
// told; everything else about it is in the log.
func (r *Registry) serve(ctx context.Context, who tsidentity.Caller, q request) (outcome, *wire.Error) {
	started := time.Now()
	ctx = withTrace(ctx, traceOf(q.meta))
	if r.opts.TrustMeta && q.meta != nil && q.meta.OnBehalf != nil {
		who.OnBehalf = q.meta.OnBehalf.String()
		ctx = withTold(ctx, *q.meta.OnBehalf)
	}
	o, err := r.attempt(ctx, who, q)
	r.noteGuess(q, who, err)
	var refused *wire.Error
	if err != nil {
		refused = r.failed(q, who, err)
	}
	r.audit(ctx, who, q, o, refused)
	r.opts.Log.Debug("call", "method", q.name, "caller", who.Name(), "device", who.Device.Name,
		"ms", time.Since(started).Milliseconds(), "reason", wire.ReasonOf(err), "request_id", q.id, "trace_id", TraceID(ctx))
	return o, refused
}

func (r *Registry) attempt(ctx context.Context, who tsidentity.Caller, q request) (outcome, error) {
	if err := r.admit(who, q); err != nil {
		return outcome{}, err
	}
	m := q.method
	if m.Streaming && !q.stream {
		return outcome{}, wire.Errorf(wire.Unsupported, "%s carries a stream; call it over a WebSocket", m.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, m.Timeout) // of the answer; a stream's pump has another
	defer cancel()
	return m.run(ctx, who, q.params, r.confirm)
}

// admit checks the caller's rates, and their right to the method, which must
// exist.
func (r *Registry) admit(who tsidentity.Caller, q request) error {
	dear := q.method
	if dear != nil && !who.Can(dear.Capability) {
		dear = nil // a refusal costs what any call does, and says that it is one
	}
	if err := r.limits.admit(who, dear); err != nil {
		return err
	}
	if q.method == nil {
		return wire.Errorf(wire.UnknownMethod, "there is no method %q", clip(q.name))
	}
	if dear == nil {
		return refusal(who, q.method.Capability)
	}
	return nil
}

// failed returns what the caller is told of err, and puts the rest into the log
// under the same id.
func (r *Registry) failed(q request, who tsidentity.Caller, err error) *wire.Error {
	e := patient(asWire(err))
	if _, ours := errors.AsType[asking](err); e.Data.Reason == wire.ConfirmationRequired && !ours {
		e = wire.Errorf(wire.Protocol, "The machine asked for a confirmation, which only the gateway may.").Because(err)
	}
	log := r.opts.Log.With("method", q.name, "caller", who.Name(), "request_id", q.id)
	if e.Data.Reason != wire.Internal {
		if cause := errors.Unwrap(e); cause != nil {
			log.Debug("call failed", "err", cause)
		}
	} else if told := r.opts.Explain(err); told != nil {
		e = told.Because(err)
		log.Warn("call failed", "err", err)
	} else {
		log.Error("call broke", "err", err)
	}
	e.Data.RequestID = q.id
	return e
}

func (r *Registry) audit(ctx context.Context, who tsidentity.Caller, q request, o outcome, e *wire.Error) {
	denied := e != nil && (e.Data.Reason == wire.Forbidden || e.Data.Reason == wire.Unauthenticated)
	asked := e != nil && e.Data.Reason == wire.ConfirmationRequired
	if q.method == nil || (!q.method.Consequential && !denied && !asked) {
		return
	}
	if e != nil { // an act that did not happen: of those, a caller has any number
		if _, ok := r.denials.Allow(who.Key()); !ok {
			return // enough is on record of this caller for now
		}
	}
	a := Audit{At: time.Now(), Caller: who, Method: q.name, Target: shorten(o.target, maxTarget), Args: o.args, Decision: "allowed", RequestID: q.id, TraceID: TraceID(ctx)}
	switch {
	case asked:
		a.Decision, a.Reason = "asked", shorten(e.Message, maxMessage)
	case denied:
		a.Decision, a.Reason = "denied", shorten(e.Message, maxMessage)
	case e != nil:
		a.Decision, a.Reason = "failed", shorten(e.Message, maxMessage)
	}
	r.opts.Audit(ctx, a)
}

// maxTarget bounds what the audit log says of what was acted on, in bytes.
const maxTarget = 400

// refusal is the answer to a caller without the capability. What a machine refuses
// to its gateway is no right of whoever the gateway asks for.
func refusal(who tsidentity.Caller, capability string) *wire.Error {
	if who.Class == tsidentity.ClassGateway {
		return wire.Errorf(wire.Forbidden,
			"This machine does not let Homie's gateway do that (%s). Either its pairing does not cover it, or the grant of %s from the gateway to this machine in the tailnet policy file.",
			capability, tsidentity.BoundCap)
	}
	return wire.Errorf(wire.Forbidden, "You may not do this here. The person who runs this home can allow it by granting %q in the tailnet policy file.", capability).
		Missing(wire.Needs{Capability: capability})
}

// asWire returns the error that the caller is told.
func asWire(err error) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		c := *e
		return &c
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return wire.Errorf(wire.Timeout, "This took too long and was given up. Try again.").Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, ErrClosed), errors.Is(err, errViolation):
		return wire.Errorf(wire.Canceled, "This was canceled before it was done.").Because(err)
	}
	return wire.Errorf(wire.Internal, "Something went wrong inside Homie. The log has the details under this request id.").Because(err)
}

// noteGuess remembers how a call ended at which somebody could guess.
func (r *Registry) noteGuess(q request, who tsidentity.Caller, err error) {
	if wait := r.limits.note(who, q.method, err); wait > 0 {
		r.opts.Log.Warn("attempts fail again and again", "method", q.name, "caller", who.Name(), "device", who.Device.Name, "wait", wait)
	}
}

// patient says when to try again what was refused for being too much.
func patient(e *wire.Error) *wire.Error {
	tooMuch := e.Data.Reason == wire.Busy || e.Data.Reason == wire.RateLimited
	if !tooMuch || e.Data.RetryAfterMs > 0 {
		return e
	}
	return e.After(time.Second)
}

// clip shortens what a caller sent before it is repeated.
func clip(s string) string { return shorten(s, 80) }

// shorten cuts text that is longer than the given bytes.
func shorten(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// TopicInfo describes a declared topic.
type TopicInfo struct {
	Name, Capability string
	Data             reflect.Type // of an event's data
}

// Topics returns every topic, by name.
func (r *Registry) Topics() []TopicInfo {
	out := make([]TopicInfo, 0, len(r.topics))
	for _, t := range r.topics {
		out = append(out, TopicInfo{Name: t.name, Capability: t.capability, Data: t.data})
	}
	slices.SortFunc(out, func(a, b TopicInfo) int { return strings.Compare(a.Name, b.Name) })
	return out
}
