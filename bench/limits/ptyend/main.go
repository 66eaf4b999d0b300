// Command ptyend is the limit of the node: it dials the relay as a node dials
// its gateway, waits to be told a command, joins the socket with a raw PTY, and
// dials again for the next.
// One read of the PTY is one message; there is no session and no scrollback.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/gorilla/websocket"

	"homie/bench/limits/device"
	"homie/bench/limits/rawpty"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ptyend:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	f := flag.NewFlagSet("ptyend", flag.ExitOnError)
	settings := device.Flags(f)
	relay := f.String("relay", "", "the relay's full `name` on the tailnet")
	if err := f.Parse(os.Args[1:]); err != nil {
		return err
	}
	d, err := device.Join(ctx, settings)
	if err != nil {
		return err
	}
	defer d.Close()
	var terminals sync.WaitGroup
	defer terminals.Wait()
	for ctx.Err() == nil {
		ws, err := d.DialSocket(ctx, *relay, "/end", nil)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
		t, err := begin(ws)
		if err != nil {
			stop()
			_ = ws.Close()
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		terminals.Go(func() {
			defer stop()
			serve(ws, t)
		})
	}
	return nil
}

// begin starts a terminal when it is told what runs there.
func begin(ws *websocket.Conn) (*rawpty.Terminal, error) {
	_, first, err := ws.ReadMessage()
	if err != nil {
		return nil, fmt.Errorf("waiting for a command: %w", err)
	}
	var command []string
	if err := json.Unmarshal(first, &command); err != nil || len(command) == 0 {
		return nil, fmt.Errorf("reading the command %q: %w", first, err)
	}
	return rawpty.Start(command)
}

// serve joins a terminal with its viewer until either has gone.
func serve(ws *websocket.Conn, t *rawpty.Terminal) {
	var typing sync.WaitGroup
	typing.Go(func() {
		defer t.Close()
		typed(t, ws)
	})
	show(ws, t)
	_ = ws.Close()
	typing.Wait()
}

// show sends what the program prints until it or the viewer has gone.
func show(ws *websocket.Conn, t *rawpty.Terminal) {
	buf := make([]byte, rawpty.Chunk)
	for {
		n, err := t.Read(buf)
		if err != nil || ws.WriteMessage(websocket.BinaryMessage, buf[:n]) != nil {
			return
		}
	}
}

// typed hands what the viewer types to the program.
func typed(t *rawpty.Terminal, ws *websocket.Conn) {
	for {
		_, p, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if _, err := t.Write(p); err != nil {
			return
		}
	}
}
