package gateway_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// helloLine opens the protocol on a bare socket.
const helloLine = `{"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"protocol":{"min":1,"max":1},"client":{"kind":"web","version":"x"}}}`

// say sends a text frame.
func say(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// hear reads until a frame contains want, and returns that frame; otherwise it
// returns what came, or how the socket was closed.
func hear(ws *websocket.Conn, want string) string {
	_ = ws.SetReadDeadline(time.Now().Add(awhile)) // a failure shows in the read
	var seen []string
	for range 2000 {
		_, b, err := ws.ReadMessage()
		if err != nil {
			return fmt.Sprintf("%v after %.300q", err, seen)
		}
		if strings.Contains(string(b), want) {
			return string(b)
		}
		seen = append(seen, string(b[:min(len(b), 60)]))
	}
	return fmt.Sprintf("%.300q", seen)
}

// rawJSON is params as they stand.
func rawJSON(s string) json.RawMessage { return json.RawMessage(s) }
