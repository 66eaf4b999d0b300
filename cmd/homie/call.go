package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"homie/wire"
)

const callHelp = `
Params are one JSON object; "-" reads it from standard input. The result is
printed as JSON. Methods that carry a stream need a program of your own.

  homie call presence.list
  homie call terminal.session.list '{"node":"nas"}'`

func callCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	t := targetFlags(p, f)
	return func(ctx context.Context, args []string) error {
		if len(args) < 1 || len(args) > 2 {
			return fmt.Errorf("%w: name a method and, if it takes any, its params", errUsage)
		}
		params := json.RawMessage("{}")
		if len(args) == 2 {
			var err error
			if params, err = readParams(p, args[1]); err != nil {
				return err
			}
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			var result json.RawMessage
			err := s.Call(ctx, args[0], params, &result)
			if e, ok := errors.AsType[*wire.Error](err); ok && t.json {
				return errors.Join(printJSON(p, e), err)
			}
			if err != nil {
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
		if raw, err = io.ReadAll(io.LimitReader(p.In, wire.MaxMessage)); err != nil {
			return nil, fmt.Errorf("reading params: %w", err)
		}
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("%w: params are not a JSON object: %v", errUsage, err)
	}
	return raw, nil
}
