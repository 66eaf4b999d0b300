// Command relay is the limit of the gateway: a process between two WebSockets
// over the tailnet that passes messages on as they are, and does nothing more.
// It knows nobody, checks nothing, bounds nothing and keeps nothing.
//
//	viewer ── wss /view ──> relay <── wss /end ── ptyend
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"homie/bench/limits/device"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	f := flag.NewFlagSet("relay", flag.ExitOnError)
	settings := device.Flags(f)
	if err := f.Parse(os.Args[1:]); err != nil {
		return err
	}
	d, err := device.Join(ctx, settings)
	if err != nil {
		return err
	}
	defer d.Close()
	ln, err := d.Listen("tcp", ":443")
	if err != nil {
		return fmt.Errorf("listening on the tailnet: %w", err)
	}
	srv := &http.Server{Handler: &relay{ends: make(chan *websocket.Conn)}, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	conf := &tls.Config{GetCertificate: d.Local.GetCertificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if err := srv.Serve(tls.NewListener(ln, conf)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// relay joins each viewer with the next end that has dialed.
type relay struct {
	ends chan *websocket.Conn
}

// ServeHTTP takes a viewer or an end, each by its path.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	up := websocket.Upgrader{ReadBufferSize: device.ReadBuffer, WriteBufferSize: device.WriteBuffer}
	ws, err := up.Upgrade(w, req, nil)
	if err != nil {
		return
	}
	if req.URL.Path == "/end" {
		r.ends <- ws
		return
	}
	end := <-r.ends
	var both sync.WaitGroup
	both.Go(func() { pass(end, ws) })
	both.Go(func() { pass(ws, end) })
	both.Wait()
}

// pass sends on what src receives until either side has gone.
func pass(dst, src *websocket.Conn) {
	defer func() { _ = dst.Close() }()
	buf := make([]byte, device.WriteBuffer)
	for {
		kind, r, err := src.NextReader()
		if err != nil {
			return
		}
		n, err := io.ReadFull(r, buf)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return
		}
		if dst.WriteMessage(kind, buf[:n]) != nil {
			return
		}
	}
}
