package rpc

import (
	"context"

	"homie/tsidentity"
	"homie/wire"
)

// HelloMethod is the first call on a connection.
const HelloMethod = "rpc.hello"

// PingMethod is answered at once.
const PingMethod = "rpc.ping"

const subscribeMethod = "rpc.subscribe"

// builtins are the methods that rpc itself serves.
func (r *Registry) builtins() []Entry {
	return []Entry{
		Call(HelloMethod, tsidentity.CapSelf, r.hello),
		Call(PingMethod, tsidentity.CapUse, r.ping),
		Call(subscribeMethod, tsidentity.CapUse, r.subscribe),
		Call("rpc.unsubscribe", tsidentity.CapUse, r.unsubscribe),
		Call("rpc.discover", tsidentity.CapUse, r.discover, Limit(Expensive)),
	}
}

// hello opens a connection: the protocol version to speak, who the tailnet says
// the caller is and what they may do, and the limits. It is the first call on a
// WebSocket and may be repeated to learn of changes.
func (r *Registry) hello(ctx context.Context, who tsidentity.Caller, p wire.HelloParams) (wire.HelloResult, error) {
	version := min(p.Protocol.Max, wire.ProtocolMax)
	if version < max(p.Protocol.Min, wire.ProtocolMin) {
		return wire.HelloResult{}, wire.Errorf(wire.VersionMismatch,
			"this Homie speaks protocol versions %d to %d, the client %d to %d; update the older one",
			wire.ProtocolMin, wire.ProtocolMax, p.Protocol.Min, p.Protocol.Max)
	}
	if c := ConnFrom(ctx); c != nil {
		c.mu.Lock()
		c.greeted = true
		c.peer = wire.ClientInfo{Kind: clip(p.Client.Kind), Version: clip(p.Client.Version)}
		c.mu.Unlock()
		if p.Client.Kind == kindNode {
			c.SetKeepalive(LinkKeepalive)
		}
	}
	server := r.opts.Server
	server.Epoch = r.epoch
	return wire.HelloResult{
		Protocol: version,
		Server:   server,
		Caller:   r.opts.Describe(who),
		Limits: wire.Limits{
			MessageBytes: wire.MaxMessage, FrameBytes: wire.MaxFrame,
			WindowBytes: wire.Window, MaxWindowBytes: wire.MaxWindow,
			Streams: wire.MaxStreams, Calls: wire.MaxCalls,
		},
	}, nil
}

// kindNode is the client kind of a node; it chooses a keepalive and no right.
const kindNode = "node"

// ping answers at once; clients measure the round trip with it.
func (r *Registry) ping(context.Context, tsidentity.Caller, wire.Nothing) (wire.Nothing, error) {
	return wire.Nothing{}, nil
}

// maxTopics bounds one subscription request.
const maxTopics = 64

// subscribe starts events of topics, from now on or from where the caller left
// off. Subscribe first, then read the snapshot, then apply events: an event
// carries the new state, so that seeing a change twice is harmless.
func (r *Registry) subscribe(ctx context.Context, who tsidentity.Caller, p wire.SubscribeParams) (wire.Subscribed, error) {
	c := ConnFrom(ctx)
	if c == nil {
		return wire.Subscribed{}, wire.Errorf(wire.Unsupported, "events need a WebSocket")
	}
	if len(p.Topics) == 0 || len(p.Topics) > maxTopics {
		return wire.Subscribed{}, wire.Errorf(wire.InvalidParams, "name 1 to %d topics", maxTopics)
	}
	for _, t := range p.Topics {
		log := r.topics[t.Topic]
		if log == nil {
			return wire.Subscribed{}, wire.Errorf(wire.NotFound, "there is no topic %q", clip(t.Topic))
		}
		if !who.Can(log.capability) {
			return wire.Subscribed{}, refusal(who, log.capability)
		}
	}
	out := wire.Subscribed{Topics: make([]wire.TopicState, 0, len(p.Topics))}
	for _, t := range p.Topics {
		out.Topics = append(out.Topics, c.subs.subscribe(r.topics[t.Topic], r.epoch, t))
	}
	return out, nil
}

// unsubscribe ends events of topics.
func (r *Registry) unsubscribe(ctx context.Context, _ tsidentity.Caller, p wire.UnsubscribeParams) (wire.Nothing, error) {
	if c := ConnFrom(ctx); c != nil {
		for _, t := range p.Topics {
			c.subs.unsubscribe(t)
		}
	}
	return wire.Nothing{}, nil
}

// discover returns the OpenRPC document of every method and topic.
func (r *Registry) discover(context.Context, tsidentity.Caller, wire.Nothing) (Document, error) {
	if len(r.opts.Document) == 0 {
		return nil, wire.Errorf(wire.NotFound, "this program has no protocol document")
	}
	return Document(r.opts.Document), nil
}
