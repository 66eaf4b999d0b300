package gateway_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/rpc"
	"homie/wire"
)

// TestMain also serves the processes that tests start and kill.
func TestMain(m *testing.M) { homietest.Main(m) }

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with a file in testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is out of date. Read what changed in who may do what, and rewrite it with -update if it is meant:\n%s", path, got)
	}
}

// wantReason fails the test unless err carries the reason.
func wantReason(t *testing.T, what string, err error, want wire.Reason) {
	t.Helper()
	if got := wire.ReasonOf(err); got != want {
		t.Errorf("%s: error %v with reason %q, want %q", what, err, got, want)
	}
}

// awhile bounds what has to come and does on a healthy machine.
const awhile = 30 * time.Second

// next returns what comes on ch, and fails the test if nothing does.
func next[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(awhile):
		t.Fatalf("%s: nothing came", what)
	}
	panic("unreachable")
}

// listen subscribes to a topic, whatever its payload is, and returns a channel
// of what comes.
func listen(t *testing.T, c *rpc.Conn, topic string) (<-chan wire.Event, error) {
	t.Helper()
	ch := make(chan wire.Event, 4096)
	err := rpc.Subscribe(t.Context(), c, wire.Topic[any]{Name: topic}, func(_ any, e wire.Event) {
		select {
		case ch <- e:
		default: // a test that reads nothing counts nothing
		}
	})
	return ch, err
}
