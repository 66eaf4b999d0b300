package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"homie/bench/measure"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// viewersPerSocket is how many terminals one connection shows: a client may have
// wire.MaxStreams open.
const viewersPerSocket = 50

// crowd are many terminals of one machine, and those who look at some of them,
// who stay from one order to the next.
type crowd struct {
	node  wire.NodeName
	conns []*rpc.Conn
	ids   []wire.SessionID
}

// connect opens a connection to the gateway, as homie's own client does; it lasts
// until it is closed.
func (v *viewer) connect(ctx context.Context) (*rpc.Conn, error) {
	if err := v.device.Reach(ctx, v.homie); err != nil {
		return nil, err
	}
	d := rpc.Dialer{URL: "https://" + v.homie, TLS: &tls.Config{MinVersion: tls.VersionTLS12}}
	d.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return v.device.Dial(ctx, network, addr)
	}
	c, err := d.Dial(ctx)
	if err != nil {
		return nil, err
	}
	c.SetKeepalive(rpc.ClientKeepalive)
	go func() { _ = c.Run(context.WithoutCancel(ctx)) }() // how it ended shows in what waits for it
	if _, err := c.Hello(ctx, wire.ClientInfo{Kind: "script", Version: "bench"}); err != nil {
		c.Close(nil)
		return nil, err
	}
	return c, nil
}

// gather starts sessions that show a prompt.
func (c *crowd) gather(ctx context.Context, v *viewer, count int) error {
	conn, err := v.connect(ctx)
	if err != nil {
		return err
	}
	c.conns = append(c.conns, conn)
	for len(c.ids) < count {
		s, err := rpc.Invoke(ctx, conn, terminal.Start, terminal.StartParams{
			Node: c.node, Command: measure.Order{Kind: measure.CrowdStart}.Command(), Cols: 80, Rows: 24,
		})
		if err != nil {
			return fmt.Errorf("starting session %d: %w", len(c.ids)+1, err)
		}
		c.ids = append(c.ids, s.ID)
	}
	return c.printed(ctx, 1)
}

// printed waits until each session has printed so many bytes.
func (c *crowd) printed(ctx context.Context, least uint64) error {
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		list, err := rpc.Invoke(ctx, c.conns[0], terminal.List, terminal.ListParams{Node: c.node})
		if err != nil {
			return fmt.Errorf("listing a crowd: %w", err)
		}
		waiting := len(c.ids)
		for _, s := range list.Sessions {
			if s.Offset >= least && s.State == terminal.Running {
				waiting--
			}
		}
		if waiting <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d sessions have not printed %d bytes: %w", waiting, len(c.ids), least, context.Cause(ctx))
		case <-again.C:
		}
	}
}

// look has viewers look at as many sessions.
func (c *crowd) look(ctx context.Context, v *viewer, count int) error {
	var conn *rpc.Conn
	for i := range min(count, len(c.ids)) {
		if i%viewersPerSocket == 0 {
			var err error
			if conn, err = v.connect(ctx); err != nil {
				return err
			}
			c.conns = append(c.conns, conn)
		}
		_, stream, err := rpc.Open(ctx, conn, terminal.Attach, terminal.AttachParams{Node: c.node, Session: c.ids[i], Watch: true})
		if err != nil {
			return fmt.Errorf("viewer %d: %w", i+1, err)
		}
		if _, err := stream.Recv(ctx); err != nil {
			return fmt.Errorf("viewer %d: %w", i+1, err)
		}
		go drain(context.WithoutCancel(ctx), stream)
	}
	return nil
}

// drain takes what comes until the stream ends.
func drain(ctx context.Context, s *rpc.Stream) {
	for {
		if _, err := s.Recv(ctx); err != nil {
			return
		}
	}
}

// chat has each session print a lot.
func (c *crowd) chat(ctx context.Context) error {
	for _, id := range c.ids {
		if _, err := rpc.Invoke(ctx, c.conns[0], terminal.Input, terminal.InputParams{Node: c.node, Session: id, Data: "\n"}); err != nil {
			return fmt.Errorf("typing into a crowd: %w", err)
		}
	}
	return c.printed(ctx, measure.CrowdBytes)
}

// leave closes the connections; the sessions end with their machine.
func (c *crowd) leave() {
	for _, conn := range c.conns {
		conn.Close(nil)
		<-conn.Done()
	}
}

// attend carries out an order that is about a crowd.
func (v *viewer) attend(ctx context.Context, o measure.Order) error {
	switch {
	case o.Kind == measure.CrowdStart:
		v.crowd = &crowd{node: wire.NodeName(o.Node)}
		return v.crowd.gather(ctx, v, o.Count)
	case v.crowd == nil:
		return errors.New("there is no crowd")
	case o.Kind == measure.CrowdLook:
		return v.crowd.look(ctx, v, o.Count)
	case o.Kind == measure.CrowdPrint:
		return v.crowd.chat(ctx)
	}
	v.crowd.leave()
	v.crowd = nil
	return nil
}

// flood has another terminal print, and takes all of it, until stop is called.
func (v *viewer) flood(ctx context.Context, target string) (stop func(), err error) {
	command := measure.Order{Kind: measure.CtrlC}.Command()
	if target == measure.Relay {
		t, err := v.openRelay(ctx, command)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(measure.AwaitReady(t), t.Type([]byte("\n"))); err != nil {
			t.Close()
			return nil, err
		}
		go func() {
			for err := error(nil); err == nil; {
				_, err = t.Read()
			}
		}()
		return t.Close, nil
	}
	conn, err := v.connect(ctx)
	if err != nil {
		return nil, err
	}
	id, err := begin(ctx, conn, wire.NodeName(v.node), command)
	if err != nil {
		conn.Close(nil)
		return nil, err
	}
	return func() {
		_, _ = rpc.Invoke(ctx, conn, terminal.Kill, terminal.KillParams{Node: wire.NodeName(v.node), Session: id}) // the node's end ends it
		conn.Close(nil)
		<-conn.Done()
	}, nil
}

// begin starts a program, waits until it has begun, and lets it print.
func begin(ctx context.Context, conn *rpc.Conn, node wire.NodeName, command []string) (wire.SessionID, error) {
	s, err := rpc.Invoke(ctx, conn, terminal.Start, terminal.StartParams{Node: node, Command: command, Cols: 80, Rows: 24})
	if err != nil {
		return "", err
	}
	_, stream, err := rpc.Open(ctx, conn, terminal.Attach, terminal.AttachParams{Node: node, Session: s.ID, Offset: new(uint64)})
	if err != nil {
		return s.ID, err
	}
	for seen := []byte(nil); !bytes.Contains(seen, []byte("ready")); {
		c, err := stream.Recv(ctx)
		if err != nil {
			return s.ID, fmt.Errorf("waiting for a flood: %w", err)
		}
		if c.Kind == wire.Data {
			seen = append(seen, c.Data...)
		}
	}
	if err := stream.Send(ctx, 0, []byte("\n")); err != nil {
		return s.ID, err
	}
	go drain(ctx, stream)
	return s.ID, nil
}
