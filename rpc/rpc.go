// Package rpc is the engine under every service: a method, an event topic or a
// stream is declared once, in one line of a table, and from that line come
// decoding, validation, authorization, the audit entry and delivery.
//
//	socket ── read loop ──> Registry (who? may they? decode, validate) ──> handler
//	       <── outbox <──── answers, events from topic logs, stream frames
//
// A Conn is symmetrical: whoever dialed it, both sides may call methods, open
// streams and subscribe to topics of the other. Three rules keep it bounded:
//
//   - every queue has a bound. Answers and events wait for room in the outbox,
//     stream data waits for the receiver's credit, and a connection that holds
//     more than its share of unsent bytes is closed as too slow;
//   - a subscription is a cursor into the topic's log, never a queue: whoever
//     falls behind the log is told to take a fresh snapshot;
//   - the read loop never blocks on a handler or on the other side.
//
// The caller of each method comes from an Identify function, at most a second
// old; open streams and subscriptions are checked against it every second.
//
// rpc knows no service. It does not dial the tailnet, and does not decide who
// may do what: it asks tsidentity.
package rpc
