package door

import (
	"context"
	"io"
	"net"

	"golang.org/x/sync/errgroup"
)

// Raw pipes connections through a person's device to the gateway's own front
// door and changes nothing, for tests that attack it. It checks who connects as
// a door does, where that can be known, and serves until ctx ends.
func Raw(ctx context.Context, ln net.Listener, conf Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	for {
		c, err := ln.Accept()
		if err != nil {
			ended := ctx.Err() != nil
			cancel() // ends the pipes
			_ = g.Wait()
			if ended {
				return nil
			}
			return err
		}
		g.Go(func() error {
			defer c.Close()
			if conf.Peers == nil || admitted(conf.Peers, c) {
				pipe(ctx, c, conf)
			}
			return nil
		})
	}
}

// pipe copies both ways until both sides have ended.
func pipe(ctx context.Context, c net.Conn, conf Config) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	there, err := conf.Dial(dialing, "tcp", net.JoinHostPort(conf.Gateway, "443"))
	cancel()
	if err != nil {
		return // the client sees its connection close
	}
	defer there.Close()
	defer context.AfterFunc(ctx, func() { _, _ = c.Close(), there.Close() })()
	var g errgroup.Group
	g.Go(func() error { return copyHalf(there, c) })
	g.Go(func() error { return copyHalf(c, there) })
	_ = g.Wait() // how a connection ended is the client's business
}

// copyHalf copies one way and passes its end on.
func copyHalf(to, from net.Conn) error {
	_, err := io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil {
		return half.CloseWrite()
	}
	return to.Close()
}
