//go:build linux || darwin

package holder

import (
	"os"
	"testing"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// agentOf returns the one agent of a manager's account, once it answers.
func agentOf(t *testing.T, m *Manager, name string) *agent {
	t.Helper()
	a, err := m.accountFor(name)
	if err != nil {
		t.Fatal(err)
	}
	_, leave, err := m.use(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	m.agents.mu.Lock()
	defer m.agents.mu.Unlock()
	return m.agents.running[name]
}

// An account's process is one for all who need it, ends a while after, and comes
// again.
func TestAgentLives(t *testing.T) {
	_, cfg := others(t)
	m := run(t, cfg)
	first := agentOf(t, m, "media")
	if again := agentOf(t, m, "media"); again != first {
		t.Error("a second process was started for one account")
	}
	if other := agentOf(t, m, "other"); other == first {
		t.Error("two accounts share a process")
	}
	m.agents.mu.Lock()
	m.agents.idle = time.Millisecond
	m.agents.mu.Unlock()
	if again := agentOf(t, m, "media"); again != nil && again != first {
		t.Error("a second process was started for one account")
	}
	select {
	case <-first.conn.Done():
	case <-time.After(patience):
		t.Fatal("a process that nobody needs goes on")
	}
	m.agents.mu.Lock()
	m.agents.idle = time.Minute
	m.agents.mu.Unlock()
	second := agentOf(t, m, "media")
	if second == first || second.over() {
		t.Error("no other process took its place")
	}
	// One that dies is replaced at once.
	second.conn.Close(rpc.ErrClosed)
	<-second.conn.Done()
	if third := agentOf(t, m, "media"); third == second {
		t.Error("the one that died is still asked")
	}
	m.agents.end()
	if n := len(m.agents.running); n != 0 {
		t.Errorf("%d are left at the end", n)
	}
}

// A program that the account may not run, and one that says nothing, are refused
// with words, and tried again the next time.
func TestAgentThatDoesNotStart(t *testing.T) {
	_, cfg := others(t)
	m := run(t, cfg)
	m.agents.start = func(account, []string) (child, error) { return child{}, os.ErrPermission }
	_, err := m.Start(terminal.StartParams{Account: "media", Cols: 80, Rows: 24}, wire.OnBehalf{})
	if wire.ReasonOf(err) != wire.Unavailable {
		t.Errorf("Start = %v", err)
	}
	m.agents.start = startAgent
	if out := output(t, as(t, m, "media", "echo", "hello")); out != "hello\r\n" {
		t.Errorf("it prints %q", out)
	}
}
