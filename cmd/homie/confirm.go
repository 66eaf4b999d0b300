package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
	"tailscale.com/util/qrcodes"

	"homie/cmd/homie/internal/api"
	"homie/gateway/stepup"
	"homie/rpc"
	"homie/wire"
)

const (
	// confirmWithin bounds the wait for a person. The gateway gives up before.
	confirmWithin = 15 * time.Minute
	confirmEvery  = 500 * time.Millisecond
)

// Call makes a call, and again when its person has confirmed it, if that is what
// it takes.
func (s *session) Call(ctx context.Context, method string, params, result any) error {
	return s.confirmed(ctx, func() error { return s.Conn.Call(ctx, method, params, result) })
}

// open is Call for a method that carries a stream.
func open[P, R any](ctx context.Context, s *session, m wire.Method[P, R], p P) (r R, stream *rpc.Stream, err error) {
	err = s.confirmed(ctx, func() (err error) {
		r, stream, err = rpc.Open(ctx, s.Conn, m, p)
		return err
	})
	return r, stream, err
}

// confirmed does something, and has its person confirm it if it is refused for
// want of that. What was refused has not happened, so that doing it again does
// not do it twice.
func (s *session) confirmed(ctx context.Context, do func() error) error {
	for {
		err := do()
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Data.Reason != wire.ConfirmationRequired || e.Data.Confirm == nil {
			return err
		}
		if s.pause != nil {
			s.pause()
		}
		if err := s.await(ctx, *e.Data.Confirm); err != nil {
			return err
		}
	}
}

// await shows a person where to confirm something, and waits until they did.
func (s *session) await(ctx context.Context, c wire.Confirm) error {
	s.showQuestion(c)
	ctx, cancel := context.WithTimeout(ctx, confirmWithin)
	defer cancel() // after the look at ctx below
	ticker := time.NewTicker(confirmEvery)
	defer ticker.Stop()
	defer func() {
		if ctx.Err() != nil {
			s.giveUp(c.ID)
		}
	}()
	for {
		all, err := api.StepupConfirmationList(ctx, s.Conn, wire.Nothing{})
		if err != nil {
			return err
		}
		switch standing(all, c.ID) {
		case stepup.Confirmed:
			fmt.Fprintln(s.notes, "Confirmed.")
			return nil
		case stepup.Denied:
			return wire.Errorf(wire.Forbidden, "this was denied: %s", c.Words)
		case stepup.Over:
			return wire.Errorf(wire.ConfirmationRequired, "nobody confirmed it in time: %s", c.Words)
		case stepup.Waiting:
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func standing(all stepup.Confirmations, id wire.ConfirmationID) stepup.Standing {
	for _, c := range all.Confirmations {
		if c.ID == id {
			return c.State
		}
	}
	return stepup.Over
}

// giveUp takes a question back that nobody waits for any more.
func (s *session) giveUp(id wire.ConfirmationID) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = api.StepupConfirmationAnswer(ctx, s.Conn, stepup.AnswerParams{ID: id}) // it ends by itself
}

// showQuestion says what is to be confirmed, and where.
func (s *session) showQuestion(c wire.Confirm) {
	var out strings.Builder // written in one piece, so that nothing gets between
	fmt.Fprintf(&out, "\nPlease confirm that it is you: %s.\n", c.Words)
	home := strings.TrimSuffix(s.hello.Caller.Home, "/")
	if home == "" {
		fmt.Fprintf(&out, "Open Homie on another device of yours; it asks there.\n")
	} else {
		link := home + "/confirm/" + string(c.ID)
		fmt.Fprintf(&out, "Open Homie on another device of yours, or this address on any of them:\n\n    %s\n\n", link)
		if f, ok := s.notes.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			_, _ = qrcodes.Fprintln(&out, qrcodes.FormatSmall, link) // the address is there without it
		}
	}
	fmt.Fprintf(&out, "Waiting for you; Ctrl-C gives it up.\n")
	_, _ = io.WriteString(s.notes, out.String())
}
