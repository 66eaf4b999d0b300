// Command bare is the limit of every terminal: a PTY in the process that
// measures, and no network. It reads one order and answers with its result.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"homie/bench/limits/rawpty"
	"homie/bench/measure"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run() error {
	var o measure.Order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	t, err := rawpty.Start(o.Command())
	if err != nil {
		return err
	}
	defer t.Close()
	r, err := o.Take(context.Background(), &terminal{t: t})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

type terminal struct {
	t   *rawpty.Terminal
	buf [rawpty.Chunk]byte
}

// Type writes to the PTY.
func (t *terminal) Type(p []byte) error {
	_, err := t.t.Write(p)
	return err
}

// Read reads from it.
func (t *terminal) Read() ([]byte, error) {
	n, err := t.t.Read(t.buf[:])
	return t.buf[:n], err
}
