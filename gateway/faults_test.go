package gateway_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"homie/gateway"
	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/store"
	"homie/tsidentity/up"
	"homie/wire"
	"homie/wire/terminal"
)

// noticed is within how long the other side of a link must notice a dead one:
// five seconds, and one for a machine that runs all the other tests too.
const noticed = 6 * time.Second

// A damaged state file is refused at the start, in words that say what to do,
// and stays as it is.
func TestDamagedState(t *testing.T) {
	for name, damage := range map[string]string{
		"garbage":     strings.Repeat("this is no database\n", 4096),
		"cut in half": "",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "homie.db")
			if damage == "" {
				damage = half(t, dir)
			}
			if err := os.WriteFile(path, []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := gateway.Open(gateway.Config{StateDir: dir})
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move the file away") {
				t.Errorf("Open() = %v, want ErrCorrupt that names the file and says what to do", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != damage {
				t.Errorf("the damaged file was changed: %v", err)
			}
		})
	}
	t.Run("a node's", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "node.json")
		if err := os.WriteFile(path, []byte(`{"gateway": "nX`), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := node.New(node.Config{StateDir: dir})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "pair this machine anew") {
			t.Errorf("New() = %v, want an error that names the file and says what to do", err)
		}
	})
}

// half returns the first half of a good state file.
func half(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "good.db")
	s, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(whole[:len(whole)/2])
}

// A second gateway on the state of one that runs is refused, and the first is
// not disturbed.
func TestTwoGatewaysOnOneState(t *testing.T) {
	h := homietest.New(t)
	c, _ := h.Connect(tailbox.OliviaLaptop)
	_, err := gateway.Open(gateway.Config{StateDir: h.Dir(tailbox.Gateway)})
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "another homie has") {
		t.Errorf("a second gateway: %v, want ErrInUse in words", err)
	}
	_, err = up.Start(t.Context(), up.Config{
		Hostname: tailbox.Gateway, Dir: filepath.Join(h.Dir(tailbox.Gateway), "tailnet"), ControlURL: h.URL(), AuthKey: h.AuthKey(),
	})
	if !errors.Is(err, up.ErrInUse) {
		t.Errorf("a second device on one state: %v, want ErrInUse", err)
	}
	if err := c.Call(t.Context(), "audit.list", nil, nil); err != nil {
		t.Errorf("the first gateway is disturbed: %v", err)
	}
}

// Whatever somebody sends, they get a clear answer or a clean close, it is
// logged at most once, and nobody else notices.
func TestBadFramesOverTheTailnet(t *testing.T) {
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	st := attached(t, owner, start(t, owner, "den"))
	session := start(t, owner, "den")
	open := fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"terminal.session.attach","params":{"node":"den","session":%q}}`, session.ID)
	typed := wire.Frame{Kind: wire.Data, FromOpener: true, Stream: 2, Payload: []byte("x")}
	offset := func(n uint64) wire.Frame { f := typed; f.Offset = n; return f }
	credit := wire.Frame{Kind: wire.Credit, FromOpener: true, Stream: 2, Offset: 1 << 40}
	for _, tt := range []struct {
		name   string
		text   []string
		frames [][]byte
		want   string // in an answer or in the close
	}{
		{name: "oversized text", text: []string{`"` + strings.Repeat("x", wire.MaxMessage) + `"`}, want: "close 1009"},
		{name: "no JSON", text: []string{`{`}, want: "parse_error"},
		{name: "a deep nest", text: []string{strings.Repeat("[", 100_000)}, want: "parse_error"},
		{name: "a doubled member", text: []string{`{"jsonrpc":"2.0","id":3,"id":4,"method":"rpc.ping"}`}, want: "parse_error"},
		{name: "a batch", text: []string{`[{"jsonrpc":"2.0","id":3,"method":"rpc.ping"}]`}, want: "parse_error"},
		{name: "unknown method", text: []string{`{"jsonrpc":"2.0","id":3,"method":"house.burn"}`}, want: "unknown_method"},
		{name: "a claimed role", text: []string{`{"jsonrpc":"2.0","id":3,"method":"rpc.ping","role":"owner"}`}, want: "parse_error"},
		{name: "wrong version", text: []string{strings.ReplaceAll(helloLine, `"max":1`, `"max":0`)}, want: "version_mismatch"},
		{name: "a version to come", text: []string{strings.NewReplacer(`"min":1`, `"min":2`, `"max":1`, `"max":9`).Replace(helloLine)}, want: "version_mismatch"},
		{name: "a replayed call", text: []string{open, open}, want: "invalid_request"},
		{name: "short binary", frames: [][]byte{{1, 2, 3}}, want: "close 1002"},
		{name: "oversized binary", frames: [][]byte{make([]byte, wire.HeaderSize+wire.MaxFrame+1)}, want: "close 1002"},
		{name: "an unknown kind", frames: [][]byte{wire.Frame{Kind: 9}.Append(nil)}, want: "close 1002"},
		{name: "reserved bits", frames: [][]byte{{1, 0x80, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}}, want: "close 1002"},
		{name: "replayed bytes", text: []string{open}, frames: [][]byte{typed.Append(nil), typed.Append(nil)}, want: "close 1002"},
		{name: "reordered bytes", text: []string{open}, frames: [][]byte{offset(7).Append(nil), offset(3).Append(nil)}, want: "close 1002"},
		{name: "bytes from the end of time", text: []string{open}, frames: [][]byte{offset(1<<64 - 1).Append(nil)}, want: "close 1002"},
		{name: "endless credit", text: []string{open}, frames: [][]byte{credit.Append(nil)}, want: `"id":9`},
		{name: "a stream of nobody", frames: [][]byte{offset(0).Append(nil)}, want: `"id":9`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ws := h.In(t).Socket(tailbox.MaxTablet)
			say(t, ws, helloLine)
			hear(ws, `"id":1`)
			for _, text := range tt.text {
				say(t, ws, text)
			}
			for i, f := range tt.frames {
				if i == 0 && len(tt.text) > 0 {
					hear(ws, `"id":2`)
				}
				if err := ws.WriteMessage(websocket.BinaryMessage, f); err != nil {
					t.Fatal(err)
				}
			}
			_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":9,"method":"rpc.ping"}`)) // it may be closed
			if got := hear(ws, tt.want); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if err := st.Send(t.Context(), 5, []byte("undisturbed\n")); err != nil {
		t.Errorf("another's terminal: %v", err)
	}
	readUntil(t, st, "undisturbed")
	if said := h.Said.Lines("level=ERROR"); len(said) > 0 {
		t.Errorf("what strangers send is logged as our error: %s", said)
	}
}

// A link whose other end reads nothing, not even pings, is dropped.
func TestHalfOpenLink(t *testing.T) {
	h := homietest.New(t)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	ws := h.Socket(tailbox.NodeNAS)
	say(t, ws, strings.Replace(helloLine, "web", "node", 1))
	hear(ws, `"id":1`)
	say(t, ws, `{"jsonrpc":"2.0","id":2,"method":"node.register","params":{"os":"linux","arch":"arm64","version":"x","account":"pi","root":false,"capabilities":["terminal"]}}`)
	call := hear(ws, `"node.pairing.changed"`)
	id := call[strings.Index(call, `"id":`)+len(`"id":`):]
	say(t, ws, `{"jsonrpc":"2.0","id":`+id[:strings.IndexAny(id, ",}")]+`,"result":{}}`)
	waitOnline(t, owner, "nas") // and from here on it reads nothing more
	homietest.Within(t, noticed, "noticing a half-open link", func() error {
		if m, ok := machine(t, owner, "nas"); !ok || m.Online {
			return errors.New("nas is online")
		}
		return nil
	})
}

// A machine that floods the gateway is held to its rate, and the others go on.
func TestFloodOfHeartbeats(t *testing.T) {
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	st := attached(t, owner, start(t, owner, "den"))
	flood := h.Machine(tailbox.NodeNAS)
	h.Register(flood, homietest.Offer("terminal"))
	const beats = 2000
	outcomes := make(chan wire.Reason, beats)
	for worker := range 20 {
		go func() {
			for range beats / 20 {
				outcomes <- wire.ReasonOf(flood.Call(t.Context(), "presence.heartbeat", rawJSON(fmt.Sprintf(`{"sessions":%d}`, worker)), nil))
			}
		}()
	}
	count := map[wire.Reason]int{}
	for range beats {
		count[next(t, "the answer to a heartbeat", outcomes)]++
	}
	if count[""] == 0 || count[wire.RateLimited] == 0 || count[""]+count[wire.RateLimited] != beats {
		t.Errorf("the heartbeats were answered %v, want some taken and the others refused for their rate", count)
	}
	if err := st.Send(t.Context(), 5, []byte("undisturbed\n")); err != nil {
		t.Error(err)
	}
	readUntil(t, st, "undisturbed")
	if err := owner.Call(t.Context(), "presence.list", nil, nil); err != nil {
		t.Errorf("the owner is disturbed: %v", err)
	}
}

// After the gateway was restarted the node comes back by itself with its
// terminals, and a client that resumes is told to look afresh.
func TestGatewayRestart(t *testing.T) {
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen, sharing)
	owner, hello := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	s := start(t, owner, "den")
	st := attached(t, owner, s)
	h.Stop(tailbox.Gateway)
	ends(t, "the end of the connection", owner, noticed)
	if err := ending(t, st); !errors.Is(err, rpc.ErrClosed) {
		t.Errorf("the terminal ended with %v, want ErrClosed", err)
	}
	h.StartGateway()
	owner, again := h.Connect(tailbox.OliviaLaptop)
	if again.Server.Epoch == hello.Server.Epoch {
		t.Error("the gateway has the epoch of its life before")
	}
	var got wire.Subscribed
	p := wire.SubscribeParams{Topics: []wire.TopicCursor{{Topic: "presence.changed", Epoch: hello.Server.Epoch, After: 1}}}
	if err := owner.Call(t.Context(), "rpc.subscribe", p, &got); err != nil || len(got.Topics) != 1 || !got.Topics[0].Reset {
		t.Errorf("resuming in another life of the gateway = %+v, %v, want a reset", got, err)
	}
	online(t, owner, "den")
	_, st, err := rpc.Open(t.Context(), owner, terminal.Attach, terminal.AttachParams{Node: "den", Session: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, st, "open")
	if said := h.Said.Lines("level=WARN", "part=homie-den", "gateway lost"); len(said) != 1 {
		t.Errorf("that the gateway was lost is said %d times: %s", len(said), said)
	}
}
