package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"homie/bench/measure"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// maxMessage holds any message of a terminal.
const maxMessage = wire.HeaderSize + wire.MaxFrame + 1

// homieTerminal is a terminal behind the gateway, as a browser has it.
type homieTerminal struct {
	ws      *websocket.Conn
	calls   uint64
	session terminal.Session
	stream  wire.StreamID
	buf     []byte // of the message at hand
	out     []byte // for the frame to be sent

	typed    uint64        // bytes
	next     uint64        // offset of the output to come
	consumed uint64        // bytes of output
	notes    atomic.Uint64 // bytes that count as output does
	window   rpc.Window
	trip     time.Duration // round trip to the gateway
	granted  uint64        // bytes of output the gateway may send in all

	// A socket has one reader. Once that is who calls Receive, which may go on
	// after the measurement, answers come to them and are told here.
	received atomic.Bool
	answered chan string // ids; capacity 1
}

func (v *viewer) openHomie(ctx context.Context, command []string) (openTerminal, error) {
	ws, err := v.device.DialSocket(ctx, v.homie, wire.Path, http.Header{"Sec-Homie": {"1"}}, wire.Subprotocol)
	if err != nil {
		return nil, err
	}
	t := &homieTerminal{ws: ws, buf: make([]byte, maxMessage), granted: wire.Window, answered: make(chan string, 1)}
	context.AfterFunc(ctx, func() { _ = ws.Close() }) // ends what waits for the other side
	if err := t.open(ctx, wire.NodeName(v.node), command); err != nil {
		_ = ws.Close()
		return nil, err
	}
	return t, nil
}

// open says hello, starts a session, and attaches to it.
func (t *homieTerminal) open(ctx context.Context, node wire.NodeName, command []string) error {
	hello := wire.HelloParams{
		Protocol: wire.Range{Min: wire.ProtocolMin, Max: wire.ProtocolMax},
		Client:   wire.ClientInfo{Kind: "script", Version: "bench"},
	}
	if err := t.call(rpc.HelloMethod, hello, new(wire.HelloResult)); err != nil {
		return err
	}
	if err := t.start(ctx, terminal.StartParams{Node: node, Command: command, Cols: 80, Rows: 24}); err != nil {
		return err
	}
	asked := time.Now()
	if err := t.call(rpc.PingMethod, wire.Nothing{}, new(wire.Nothing)); err != nil {
		return err
	}
	t.trip = time.Since(asked)
	var from terminal.Attached
	if err := t.call(terminal.Attach.Name, terminal.AttachParams{Node: node, Session: t.session.ID, Offset: new(uint64)}, &from); err != nil {
		return err
	}
	t.stream = wire.StreamID(t.calls)
	return nil
}

// start starts a session, waiting for a machine that is only coming up.
func (t *homieTerminal) start(ctx context.Context, p terminal.StartParams) error {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := t.call(terminal.Start.Name, p, &t.session)
		if r := wire.ReasonOf(err); r != wire.Unavailable && r != wire.NotFound {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// call makes a call and waits for its answer; what else arrives is dropped.
func (t *homieTerminal) call(method string, params, result any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	t.calls++
	id := strconv.AppendUint(nil, t.calls, 10)
	if err := t.ws.WriteJSON(wire.Message{JSONRPC: wire.Version, ID: id, Method: method, Params: raw}); err != nil {
		return fmt.Errorf("calling %s: %w", method, err)
	}
	if t.received.Load() {
		return t.awaitAnswer(method, string(id))
	}
	for {
		kind, r, err := t.ws.NextReader()
		if err != nil {
			return fmt.Errorf("calling %s: %w", method, err)
		}
		if kind == websocket.BinaryMessage {
			continue
		}
		var m wire.Message
		if err := json.NewDecoder(r).Decode(&m); err != nil {
			return fmt.Errorf("calling %s: %w", method, err)
		}
		switch {
		case string(m.ID) != string(id):
		case m.Error != nil:
			return fmt.Errorf("calling %s: %w", method, m.Error)
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
}

// awaitAnswer waits until the other reader has seen an answer, whatever it says.
func (t *homieTerminal) awaitAnswer(method, id string) error {
	late := time.NewTimer(askLong)
	defer late.Stop()
	for {
		select {
		case got := <-t.answered:
			if got == id {
				return nil
			}
		case <-late.C:
			return fmt.Errorf("calling %s: no answer within %s", method, askLong)
		}
	}
}

// askLong bounds the wait for an answer that another reader takes.
const askLong = 20 * time.Second

// Type sends what is typed as a frame of the stream.
func (t *homieTerminal) Type(p []byte) error {
	offset := t.typed
	t.typed += uint64(len(p))
	return t.send(wire.Frame{Kind: wire.Data, Offset: offset, Payload: p})
}

func (t *homieTerminal) send(f wire.Frame) error {
	f.FromOpener, f.Stream = true, t.stream
	t.out = f.Append(t.out[:0])
	return t.ws.WriteMessage(websocket.BinaryMessage, t.out)
}

// Read returns the payload of the next frame of output, as used up.
func (t *homieTerminal) Read() ([]byte, error) {
	p, err := t.receive()
	if err != nil {
		return nil, err
	}
	t.Waited()
	return p, t.Used(len(p))
}

// Receive returns the payload of the next frame of output. Whoever calls it is
// the socket's reader from then on.
func (t *homieTerminal) Receive() ([]byte, error) {
	t.received.Store(true)
	return t.receive()
}

func (t *homieTerminal) receive() ([]byte, error) {
	for {
		kind, n, err := receive(t.ws, t.buf)
		if err != nil {
			return nil, err
		}
		if kind != websocket.BinaryMessage {
			t.noteAnswer(t.buf[:n])
			continue
		}
		f, err := wire.ParseFrame(t.buf[:n])
		switch {
		case err != nil:
			return nil, err
		case f.Kind == wire.End:
			return nil, fmt.Errorf("the stream ended: %s", f.Payload)
		case f.Kind == wire.Note: // counts as bytes do
			t.notes.Add(uint64(len(f.Payload)))
			continue
		case f.Kind != wire.Data:
			continue
		case f.Offset != t.next:
			return nil, fmt.Errorf("%w: it is at byte %d, not at %d", measure.ErrSkipped, f.Offset, t.next)
		}
		t.next += uint64(len(f.Payload))
		return f.Payload, nil
	}
}

// noteAnswer tells whoever waits of an answer that came to the reader.
func (t *homieTerminal) noteAnswer(text []byte) {
	var m wire.Message
	if json.Unmarshal(text, &m) != nil || len(m.ID) == 0 {
		return
	}
	select {
	case t.answered <- string(m.ID):
	default: // nobody waits
	}
}

// Waited notes that there was nothing to use up until now.
func (t *homieTerminal) Waited() { t.window.Arrived(time.Now(), t.trip) }

// Window is how much may be under way, in bytes.
func (t *homieTerminal) Window() int { return int(t.window.Size(t.trip)) }

// Used gives credit for n bytes that were used up, by the web app's rule.
func (t *homieTerminal) Used(n int) error {
	t.consumed += uint64(n)
	t.window.Used(n, time.Now(), t.trip)
	want := t.consumed + t.notes.Load() + t.window.Size(t.trip)
	if want < t.granted+t.window.Step(t.trip) {
		return nil
	}
	t.granted = want
	return t.send(wire.Frame{Kind: wire.Credit, Offset: t.granted})
}

// Close ends the session and hangs up.
func (t *homieTerminal) Close() {
	p := terminal.KillParams{Node: t.session.Node, Session: t.session.ID}
	_ = t.call(terminal.Kill.Name, p, new(wire.Nothing)) // at worst the node's end ends it
	_ = t.ws.Close()
}

// receive reads a message into buf, and says how long it is.
func receive(ws *websocket.Conn, buf []byte) (kind, n int, err error) {
	kind, r, err := ws.NextReader()
	if err != nil {
		return kind, 0, err
	}
	n, err = io.ReadFull(r, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	} else if err == nil {
		err = fmt.Errorf("a message of more than %d bytes", len(buf)-1)
	}
	return kind, n, err
}
