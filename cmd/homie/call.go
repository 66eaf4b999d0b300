package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"homie/wire"
)

const callHelp = `
PARAMS are one JSON object; "-" reads it from standard input. The result is
printed as JSON. 'homie call rpc.discover' describes every method; those that
carry a stream need a program of your own.

  homie call presence.list
  homie call terminal.session.list '{"node":"nas"}'
` + targetHelp

func callCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	return func(ctx context.Context, args []string) error {
		params := json.RawMessage("{}")
		if len(args) == 2 {
			var err error
			if params, err = readParams(p, args[1]); err != nil {
				return err
			}
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			var result json.RawMessage
			if err := s.Call(ctx, args[0], params, &result); err != nil {
				return err
			}
			return printJSON(p, result)
		})
	}
}

func readParams(p process, arg string) (json.RawMessage, error) {
	raw := []byte(arg)
	if arg == "-" {
		var err error
		if raw, err = io.ReadAll(io.LimitReader(p.In, wire.MaxMessage+1)); err != nil {
			return nil, fmt.Errorf("reading params: %w", err)
		}
		if len(raw) > wire.MaxMessage {
			return nil, usagef("the params are over the limit of %d bytes", wire.MaxMessage)
		}
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, usagef("the params are no JSON object like '{\"node\":\"nas\"}'")
	}
	return raw, nil
}
