package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// weighSessions measures what a session costs that has shown its prompt, and
// what after it has printed a lot.
func (h *house) weighSessions(ctx context.Context, r runs) (err error) {
	l, err := h.openLoopback(ctx, "crowd", h.crowd+1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	empty, _, err := memory(l.pid)
	if err != nil {
		return nil //nolint:nilerr // this system does not say
	}
	// A shell function that prints 2 MB of lines without another process.
	const chatty = `printf '$ '; read go; i=0; l=$(printf '%01000d' 0); while [ $i -lt 2000 ]; do echo "$l"; i=$((i+1)); done; printf '$ '; read go`
	var ids []wire.SessionID
	for range h.crowd {
		s, err := l.start(ctx, "/bin/sh", "-c", chatty)
		if err != nil {
			return fmt.Errorf("starting session %d: %w", len(ids)+1, err)
		}
		ids = append(ids, s.ID)
	}
	for _, id := range ids {
		if err := l.printed(ctx, id, "$ "); err != nil {
			return err
		}
	}
	if err := pause(ctx, h.settle/10); err != nil {
		return err
	}
	full, _, err := memory(l.pid)
	if err != nil {
		return err
	}
	threads, err := entries(l.pid, "task")
	if err != nil {
		return err
	}
	r.add("session", "loopback", (full-empty)*1e3/float64(h.crowd))
	r.add("session threads", "loopback", threads)
	return h.weighChatty(ctx, l, r, ids, empty)
}

func (h *house) weighChatty(ctx context.Context, l *loopback, r runs, ids []wire.SessionID, empty float64) error {
	for _, id := range ids {
		if _, err := rpc.Invoke(ctx, l.conn, terminal.Input, terminal.InputParams{Node: "bench", Session: id, Data: "\n"}); err != nil {
			return err
		}
	}
	for deadline := time.Now().Add(5 * time.Minute); ; {
		list, err := rpc.Invoke(ctx, l.conn, terminal.List, terminal.ListParams{})
		if err != nil {
			return err
		}
		waiting := 0
		for _, s := range list.Sessions {
			if s.Offset < 2e6 {
				waiting++
			}
		}
		if waiting == 0 {
			break
		}
		if time.Now().After(deadline) {
			return errors.New("sessions do not print")
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	full, _, err := memory(l.pid)
	if err != nil {
		return err
	}
	r.add("session full", "loopback", (full-empty)*1e3/float64(h.crowd))
	return nil
}
