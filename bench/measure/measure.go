// Package measure takes the two measurements of a terminal, in the same way
// whatever is between the one who types and the PTY.
package measure

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"time"
)

// Terminal is what is measured.
type Terminal interface {
	// Type sends what a person types.
	Type(p []byte) error
	// Read waits for output; it is valid until the next call.
	Read() ([]byte, error)
}

// Ready is what a program under measurement prints before it begins.
const Ready = "ready\n"

// AwaitReady reads until the program has begun.
func AwaitReady(t Terminal) error {
	var all []byte
	for {
		p, err := t.Read()
		if err != nil {
			return fmt.Errorf("waiting for the program after %q: %w", all, err)
		}
		all = append(all, p...)
		if bytes.Equal(bytes.ReplaceAll(all, []byte("\r"), nil), []byte(Ready)) {
			return nil
		}
	}
}

// Echo types a byte n times and returns how long each took to come back, in
// microseconds, not counting the first warm ones.
func Echo(t Terminal, warm, n int) ([]float64, error) {
	key := []byte("x")
	took := make([]float64, 0, n)
	for i := range warm + n {
		began := time.Now()
		if err := t.Type(key); err != nil {
			return nil, fmt.Errorf("typing: %w", err)
		}
		p, err := t.Read()
		if err != nil {
			return nil, fmt.Errorf("waiting for the echo: %w", err)
		}
		elapsed := time.Since(began)
		if !bytes.Equal(p, key) {
			return nil, fmt.Errorf("the echo of %q is %q", key, p)
		}
		if i >= warm {
			took = append(took, float64(elapsed.Nanoseconds())/1e3)
		}
	}
	return took, nil
}

// table is that of the checksum which processors compute by themselves.
var table = crc32.MakeTable(crc32.Castagnoli)

// Output is what a bulk measurement expects.
type Output struct {
	Bytes int    `json:"bytes"`
	Sum   uint32 `json:"sum"`
}

// Expect returns what a terminal makes of a program's output: a line ends with
// a carriage return too.
func Expect(printed []byte) Output {
	seen := bytes.ReplaceAll(printed, []byte("\n"), []byte("\r\n"))
	return Output{Bytes: len(seen), Sum: crc32.Checksum(seen, table)}
}

// Bulk starts the output by a return and reads it all. It returns how long that
// took, or an error if a byte is missing or wrong.
func Bulk(t Terminal, want Output) (time.Duration, error) {
	began := time.Now()
	if err := t.Type([]byte("\n")); err != nil {
		return 0, fmt.Errorf("typing: %w", err)
	}
	var got Output
	for got.Bytes < want.Bytes {
		p, err := t.Read()
		if err != nil {
			return 0, fmt.Errorf("after %d of %d bytes: %w", got.Bytes, want.Bytes, err)
		}
		got.Bytes += len(p)
		got.Sum = crc32.Update(got.Sum, table, p)
	}
	took := time.Since(began)
	if got != want {
		return 0, fmt.Errorf("the output has %d bytes and checksum %#x, want %d and %#x", got.Bytes, got.Sum, want.Bytes, want.Sum)
	}
	return took, nil
}
