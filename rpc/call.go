package rpc

import (
	"context"
	stdjson "encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"homie/wire"
)

// cancelMethod is the notification that a caller no longer waits.
const cancelMethod = "rpc.cancel"

// Invoke calls m on the other side and waits for its answer. An error from
// there is a *wire.Error; ErrClosed means that the connection went away, and
// that the call may or may not have been carried out.
func Invoke[P, R any](ctx context.Context, c *Conn, m wire.Method[P, R], p P) (R, error) {
	var r R
	err := c.Call(ctx, m.Name, p, &r)
	return r, err
}

// Open calls the stream method m and returns its answer and its stream, which
// the caller must Close.
func Open[P, R any](ctx context.Context, c *Conn, m wire.Method[P, R], p P) (R, *Stream, error) {
	var r R
	s, err := c.Open(ctx, m.Name, p, &r)
	return r, s, err
}

// Subscribe asks for the events of a topic of the other side, from now on.
// listen runs on the read loop and must not block; an event with Reset asks
// for a fresh snapshot, one with Error is the last.
func Subscribe[T any](ctx context.Context, c *Conn, t wire.Topic[T], listen func(T, wire.Event)) error {
	c.mu.Lock()
	c.listeners[t.Name] = func(e wire.Event) {
		var v T
		if e.Data != nil && decodeLenient(e.Data, &v) != nil {
			return
		}
		listen(v, e)
	}
	c.mu.Unlock()
	var got wire.Subscribed
	return c.Call(ctx, subscribeMethod, wire.SubscribeParams{Topics: []wire.TopicCursor{{Topic: t.Name}}}, &got)
}

// Call is Invoke with the method's name and its types left to the caller;
// result is a pointer, or nil to ignore the answer.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	id, ch := c.newCall()
	return c.do(ctx, id, ch, method, params, result)
}

// Open is like Call for a stream method.
func (c *Conn) Open(ctx context.Context, method string, params, result any) (*Stream, error) {
	id, ch := c.newCall()
	s := newStream(c, wire.StreamID(id), true)
	c.mu.Lock()
	if len(c.opened) >= wire.MaxLinkStreams { // the other side may allow less
		delete(c.calls, id)
		c.mu.Unlock()
		return nil, wire.Errorf(wire.Busy, "%d streams are open on this connection, the limit", wire.MaxLinkStreams)
	}
	c.opened[s.id] = s
	c.mu.Unlock()
	if err := c.do(ctx, id, ch, method, params, result); err != nil {
		s.Close(err)
		return nil, err
	}
	return s, nil
}

func (c *Conn) newCall() (uint32, chan wire.Message) {
	ch := make(chan wire.Message, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextID++
	c.calls[c.nextID] = ch
	return c.nextID, ch
}

func (c *Conn) do(ctx context.Context, id uint32, ch <-chan wire.Message, method string, params, result any) error {
	defer func() {
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
	}()
	raw, err := encode(params)
	if err != nil {
		return err
	}
	m := wire.Message{ID: strconv.AppendUint(nil, uint64(id), 10), Method: method, Params: raw, Meta: outgoingMeta(ctx)}
	b, err := encodeMessage(m)
	if err != nil {
		return err
	}
	if len(b) > wire.MaxMessage {
		return tooLarge("the call", len(b))
	}
	if err := c.out.addText(ctx, b); err != nil {
		return err
	}
	select {
	case answer, ok := <-ch:
		if !ok {
			return ErrClosed
		}
		return decodeAnswer(answer, method, result)
	case <-ctx.Done():
		c.abandon(m.ID)
		return context.Cause(ctx)
	case <-c.done:
		return ErrClosed
	}
}

// abandon tells the other side that nobody waits for call id any more.
func (c *Conn) abandon(id stdjson.RawMessage) {
	params, err := encode(cancelParams{ID: id})
	if err != nil {
		return
	}
	if b, err := encodeMessage(wire.Message{Method: cancelMethod, Params: params}); err == nil {
		c.out.tryText(b)
	}
}

func decodeAnswer(m wire.Message, method string, result any) error {
	if m.Error != nil {
		return foreign(m.Error)
	}
	if result == nil {
		return nil
	}
	if err := decodeLenient(m.Result, result); err != nil {
		return fmt.Errorf("decoding the answer to %s: %w", method, err)
	}
	return nil
}

// maxMessage bounds the words of an error that come from elsewhere, in bytes.
const maxMessage = 1000

// foreign is an error of the other side as it may be repeated: in an answer, in
// the audit log, on somebody's terminal. A machine chose the words, and they are
// short and without characters that a terminal obeys, or that turn text around.
func foreign(e *wire.Error) *wire.Error {
	out := *e
	out.Message = plain(e.Message, maxMessage)
	out.Data.Reason = wire.Reason(plain(string(e.Data.Reason), maxName))
	out.Data.RequestID = plain(e.Data.RequestID, maxName)
	if n := e.Data.Needs; n != nil {
		out.Data.Needs = &wire.Needs{
			Capability: plain(n.Capability, maxName), Account: plain(n.Account, maxName),
			Node: wire.NodeName(plain(string(n.Node), maxName)),
		}
	}
	if c := e.Data.Confirm; c != nil {
		out.Data.Confirm = &wire.Confirm{ID: wire.ConfirmationID(plain(string(c.ID), maxName)), Words: plain(c.Words, maxMessage)}
	}
	return &out
}

// maxName bounds a name in an error that comes from elsewhere, in bytes.
const maxName = 128

func plain(s string, most int) string {
	return shorten(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsGraphic(r):
			return r
		}
		return -1
	}, s), most)
}
