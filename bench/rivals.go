package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"homie/bench/limits/device"
	"homie/bench/measure"
)

// rival is another program that shows a terminal in a browser, as it is measured
// where it is installed: without TLS, on loopback, with a client that is as quick
// as the one beside it.
type rival struct {
	name     string
	flags    func(port string) []string // before the command
	protocol string                     // subprotocol of its socket, at /ws
	hello    any                        // the first message
	resize   byte                       // kind of a message that tells the size
	input    byte
	kind     int // of the messages that are sent, as gorilla names them
	output   byte
	encoded  bool // output is in base64
}

// rivals are those whose protocol is spoken here. Neither keeps a program when its
// viewer goes, so that there is nothing to attach to.
var rivals = []rival{
	{
		name:     "ttyd",
		flags:    func(port string) []string { return []string{"-p", port, "-i", "127.0.0.1", "-W"} },
		protocol: "tty", hello: map[string]any{"AuthToken": "", "columns": 80, "rows": 24},
		resize: '1', input: '0', output: '0', kind: websocket.BinaryMessage,
	},
	{
		name: "gotty",
		flags: func(port string) []string {
			return []string{"--address", "127.0.0.1", "--port", port, "--permit-write", "--quiet"}
		},
		protocol: "webtty", hello: map[string]any{"Arguments": "", "AuthToken": ""},
		resize: '3', input: '1', output: '1', kind: websocket.TextMessage, encoded: true,
	},
}

// unspoken are rivals that are named, and why they are not measured.
var unspoken = []struct{ name, why string }{
	{"sshx", "its sessions go through a server of its own, end-to-end encrypted"},
	{"vt", "VibeTunnel's sessions are reached through its macOS app or server"},
	{"wetty", "it logs in by ssh, which is part of what would be measured"},
}

// announceRivals says which rivals are measured, and which are not.
func (h *house) announceRivals() {
	for _, v := range rivals {
		path, err := exec.LookPath(v.name)
		if err != nil {
			fmt.Fprintf(h.progress, "%s: not installed, not measured\n", v.name)
			continue
		}
		fmt.Fprintf(h.progress, "%s: measuring %s; it has no attach_ms, as a program ends with its viewer\n", v.name, path)
	}
	for _, v := range unspoken {
		state := "not installed"
		if _, err := exec.LookPath(v.name); err == nil {
			state = "installed"
		}
		fmt.Fprintf(h.progress, "%s: %s, and not measured: %s\n", v.name, state, v.why)
	}
}

// rivalRound measures each rival that is installed, beside a bare PTY.
func (h *house) rivalRound(ctx context.Context, r runs, file string, want measure.Output) error {
	for _, v := range rivals {
		if _, err := exec.LookPath(v.name); err != nil {
			continue
		}
		if err := h.measureRival(ctx, r, v, file, want); err != nil {
			return fmt.Errorf("measuring %s: %w", v.name, err)
		}
	}
	return nil
}

func (h *house) measureRival(ctx context.Context, r runs, v rival, file string, want measure.Output) error {
	bulk := measure.Order{Kind: measure.BulkOutput, Target: measure.Bare, File: file, Output: want}
	bare, err := h.take(ctx, bulk)
	if err != nil {
		return err
	}
	r.add(v.name+" bulk", measure.Bare, float64(want.Bytes)/1e6/bare.Seconds)
	for _, o := range []measure.Order{bulk, {Kind: measure.EchoProgram, Count: h.echoes}, {Kind: measure.CtrlC}, {Kind: measure.Stall}} {
		var got measure.Result
		var grew []float64
		err := h.withRival(ctx, v, o.Command(), func(pid int, t *rivalTerminal) (err error) {
			grew, err = growing([]int{pid}, func() (err error) {
				got, err = o.Take(ctx, t)
				return err
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", o.Kind, err)
		}
		switch o.Kind {
		case measure.BulkOutput:
			r.add(v.name+" bulk", v.name, float64(want.Bytes)/1e6/got.Seconds)
		case measure.EchoProgram:
			r.add(v.name+" echo p50", v.name, percentile(got.EchoUs, 50))
			r.add(v.name+" echo p99", v.name, percentile(got.EchoUs, 99))
		case measure.CtrlC:
			r.add(v.name+" stop", v.name, got.StopMs)
			r.add(v.name+" queue", v.name, got.Windows/1e6)
		default:
			if grew != nil {
				r.add(v.name+" stall", v.name, grew[0])
			}
		}
	}
	return nil
}

// rivalResults are the rows of those that were measured, beside what Homie has to
// reach or a bare PTY does.
func rivalResults(r runs) (rows []Result) {
	for _, v := range rivals {
		row := func(name, unit, what string, most float64) Result {
			x := under(v.name+"_"+name, unit, r.of(v.name+" "+what, v.name), most)
			x.LimitIs, x.bound = "what Homie has to reach", bound{}
			return x
		}
		rows = append(rows,
			beside(v.name+"_bulk_mb_s", "MB/s", r.of(v.name+" bulk", v.name), r.of(v.name+" bulk", measure.Bare), limitNames[measure.Bare], bound{}),
			row("echo_p50", "us", "echo p50", 1), row("echo_p99", "us", "echo p99", 1),
			row("ctrlc_flood_ms", "ms", "stop", mostStopMs), row("ctrlc_queue_mb", "MB", "queue", 1), row("stall_growth_mb", "MB", "stall", mostStallMB))
	}
	for i := range rows {
		if rows[i].Limit == 1 {
			rows[i].LimitIs = "none"
		}
	}
	return rows
}

// withRival has a rival run a command, and calls f with its process and terminal.
func (h *house) withRival(ctx context.Context, v rival, command []string, f func(pid int, t *rivalTerminal) error) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err := errors.Join(err, ln.Close()); err != nil {
		return err
	}
	path, err := exec.LookPath(v.name)
	if err != nil {
		return err
	}
	p, err := start(ctx, h.dir, v.name, h.env, false, slices.Concat([]string{path}, v.flags(port), command)...)
	if err != nil {
		return err
	}
	defer p.stop()
	t, err := v.dial(ctx, port)
	if err != nil {
		return fmt.Errorf("%w; its log ends with: %s", err, p.tail())
	}
	defer t.ws.Close()
	return f(p.cmd.Process.Pid, t)
}

// dial opens a terminal of a rival that is only starting.
func (v rival) dial(ctx context.Context, port string) (*rivalTerminal, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := websocket.Dialer{Subprotocols: []string{v.protocol}, ReadBufferSize: device.ReadBuffer, WriteBufferSize: device.WriteBuffer}
	for {
		ws, resp, err := d.DialContext(ctx, "ws://127.0.0.1:"+port+"/ws", http.Header{})
		if resp != nil {
			resp.Body.Close()
		}
		if err == nil {
			t := &rivalTerminal{rival: v, ws: ws}
			return t, t.begin()
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			return nil, fmt.Errorf("dialing %s: %w", v.name, err)
		}
	}
}

// rivalTerminal is a terminal of a rival's. Nothing bounds what is under way to
// it: its window counts as one byte, so that what waits is told in bytes.
type rivalTerminal struct {
	rival
	ws *websocket.Conn
}

func (t *rivalTerminal) begin() error {
	hello, err := json.Marshal(t.hello)
	if err != nil {
		return err
	}
	size := append([]byte{t.resize}, `{"columns":80,"rows":24}`...)
	return errors.Join(t.ws.WriteMessage(websocket.TextMessage, hello), t.ws.WriteMessage(t.kind, size))
}

// Type sends what is typed.
func (t *rivalTerminal) Type(p []byte) error {
	return t.ws.WriteMessage(t.kind, append([]byte{t.input}, p...))
}

// Read waits for output.
func (t *rivalTerminal) Read() ([]byte, error) {
	for {
		_, p, err := t.ws.ReadMessage()
		if err != nil {
			return nil, err
		}
		if len(p) < 2 || p[0] != t.output {
			continue // titles and the like
		}
		if p = p[1:]; !t.encoded {
			return p, nil
		}
		n, err := base64.StdEncoding.Decode(p, p)
		return p[:n], err
	}
}

// Receive is Read.
func (t *rivalTerminal) Receive() ([]byte, error) { return t.Read() }

// Waited does nothing.
func (t *rivalTerminal) Waited() {}

// Used does nothing.
func (t *rivalTerminal) Used(int) error { return nil }

// Window is one byte.
func (t *rivalTerminal) Window() int { return 1 }
