//go:build linux || darwin

package holder

import (
	"os"
	"sync"
	"testing"
	"time"
)

// TestCloseWhileItReads takes a terminal away from a program that prints while
// what it printed is on its way. Closing a file waits for its readers, so that
// it must have begun before it waits, and hold nothing that a read needs: it once
// did, and now and then one of a hundred sessions that printed never ended.
func TestCloseWhileItReads(t *testing.T) {
	p, err := start(program{
		path: "/bin/sh", argv: []string{"sh", "-c", "while :; do echo all work and no play; done"}, env: os.Environ(), dir: "/", cols: 80, rows: 24,
	}, newChildren())
	if err != nil {
		t.Fatal(err)
	}
	some, taken := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() {
		close(some)
		<-taken
	})
	var both sync.WaitGroup
	both.Go(func() {
		for p.read(func([]byte) { once() }) == nil {
		}
	})
	<-some
	both.Go(p.close)
	deadline := time.Now().Add(patience)
	for p.resize(80, 24) == nil {
		if time.Now().After(deadline) {
			t.Error("closing waits for a read before it begins")
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(taken)
	both.Wait()
	for _, ended := p.reap(); !ended; _, ended = p.reap() {
		p.hangup(true)
		time.Sleep(time.Millisecond)
	}
}

// TestEndIsNotPutOff ends a program whose terminal another one opens anew, and
// which prints there for ever: the session ends all the same.
func TestEndIsNotPutOff(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `t=$(tty); setsid sh -c 'i=0; while [ $i -lt 50 ]; do yes 2>/dev/null >'$t'; i=$((i+1)); done' </dev/null >/dev/null 2>&1 & sleep 0.2; exit 5`)
	if info := end(t, s); info.ExitCode == nil || *info.ExitCode != 5 {
		t.Errorf("it ended with code %v, signal %q, want 5", info.ExitCode, info.Signal)
	}
}

// TestUnseenIsNotGone has a session end whose processes can't be looked at, for
// example because there are too many open files: it is no sign that they ended.
func TestUnseenIsNotGone(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `trap '' HUP; echo ready; while :; do sleep 0.05 </dev/null >/dev/null 2>&1; done`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	s.proc = unseen{s.proc}
	began := time.Now()
	s.End()
	if info := s.Info(); info.Signal != "SIGKILL" {
		t.Errorf("it ended with code %v, signal %q after %s, want it to be killed", info.ExitCode, info.Signal, time.Since(began))
	}
}

// unseen is a process that seems to have ended.
type unseen struct{ process }

func (unseen) left() int { return 0 }
