package wire

import "encoding/json"

// Version is the value of every envelope's "jsonrpc" member.
const Version = "2.0"

// Message is any JSON-RPC 2.0 envelope, as read from a text frame. Which one it
// is follows from its members: a method with an id is a call, without an id a
// notification, and no method is an answer.
type Message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitzero"` // number or string, absent in notifications
	Method  string          `json:"method,omitzero"`
	Params  json.RawMessage `json:"params,omitzero"`
	Result  json.RawMessage `json:"result,omitzero"`
	Error   *Error          `json:"error,omitzero"`
	Meta    *Meta           `json:"meta,omitzero"`
}

// Meta travels beside params. A node believes it only from its own gateway; the
// gateway takes nothing but TraceID from a client.
type Meta struct {
	// TraceID follows one call through gateway, node and both logs.
	TraceID string `json:"traceId,omitzero"`
	// OnBehalf says for whom the gateway asks.
	OnBehalf *OnBehalf `json:"onBehalf,omitzero"`
}

// OnBehalf is the person and device behind a call that the gateway makes to a
// node, for that node's log and for what it shows of its sessions.
type OnBehalf struct {
	Person   PersonID `json:"person,omitzero"`
	Name     string   `json:"name"` // the person's name, or a tagged device's
	Device   DeviceID `json:"device,omitzero"`
	DeviceOf string   `json:"deviceName,omitzero"`
}

// Event is the params of an event notification; the notification's method is
// the topic.
type Event struct {
	// Seq numbers the events of a topic from 1, in one life of the gateway.
	Seq uint64 `json:"seq"`
	// Data is the topic's payload; absent when Reset or Error is set.
	Data json.RawMessage `json:"data,omitzero"`
	// Reset means events were missed for good: read a fresh snapshot. Seq is
	// that of the last event published.
	Reset bool `json:"reset,omitzero"`
	// Error ends the subscription, for example because a grant was taken away.
	Error *Error `json:"error,omitzero"`
}

// SubscribeParams asks for the events of topics. See TopicCursor for resuming.
type SubscribeParams struct {
	Topics []TopicCursor `json:"topics"`
}

// TopicCursor names a topic and the last event seen of it.
type TopicCursor struct {
	Topic string `json:"topic"`
	// Epoch and After resume: the values of the last answer and event. Events
	// after After are replayed if the log still has them.
	Epoch string `json:"epoch,omitzero"`
	After uint64 `json:"after,omitzero"`
}

// Subscribed answers a subscription, one entry per topic asked for.
type Subscribed struct {
	Topics []TopicState `json:"topics"`
}

// TopicState is where a subscription starts.
type TopicState struct {
	Topic string `json:"topic"`
	Epoch string `json:"epoch"` // changes when the gateway restarts
	Seq   uint64 `json:"seq"`   // the first event to come is after this one
	// Reset means that what was asked for can't be replayed: read a snapshot.
	Reset bool `json:"reset"`
}

// UnsubscribeParams ends subscriptions; unknown topics are ignored.
type UnsubscribeParams struct {
	Topics []string `json:"topics"`
}

// Nothing is the params or the result of a method that takes or gives none.
type Nothing struct{}

// String names the person and the device, for logs and session lists.
func (o OnBehalf) String() string {
	if o.DeviceOf == "" {
		return o.Name
	}
	return o.Name + " on " + o.DeviceOf
}

// Key is the same for all calls of one person, or of a device that is nobody's.
// It is to compare with, not to show.
func (o OnBehalf) Key() string {
	switch {
	case o.Person != "":
		return "person:" + string(o.Person)
	case o.Device != "":
		return "device:" + string(o.Device)
	}
	return o.Name
}
