//go:build linux || darwin

package holder

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"homie/wire"
	"homie/wire/terminal"
)

// TestMain also serves as the program of TestIgnoredSignals, and as that of
// agents.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == Command && os.Args[2] == AgentFlag {
		if err := ServeAgent(context.Background(), 3, "test"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("HOMIE_TEST_SIGNALS") != "" {
		interruptOne()
		return
	}
	os.Exit(m.Run())
}

func TestKillReachesAllProcesses(t *testing.T) {
	m := run(t, Config{})
	// Jobs with process groups of their own: one that ignores hangups, one that
	// is stopped, and a child of a child.
	s := begin(t, m, "bash", "-c", `set -m; trap "" HUP
		sleep 1000 & sh -c 'sleep 1000 & echo up; wait' & sleep 1000 & kill -STOP %3
		echo ready; wait`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready\r\n")
	c.shows(t, "up\r\n")
	pid := s.proc.(*unixProcess).pid
	if all, err := members(pid); err != nil || len(all) < 5 {
		t.Fatalf("session has %d processes, %v, want 5 or more", len(all), err)
	}
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	if err := m.Kill(s.id); err != nil {
		t.Errorf("second Kill = %v, want nil", err)
	}
	if info := end(t, s); info.Signal != "SIGKILL" {
		t.Errorf("signal = %q, want SIGKILL for a program that ignores hangups", info.Signal)
	}
	if left, err := members(pid); err != nil || len(left) > 0 {
		t.Errorf("%d processes are left, %v", len(left), err)
	}
}

func TestKillIsPromptAndRemoves(t *testing.T) {
	m := run(t, Config{})
	s := begin(t, m, "bash", "--norc", "-i")
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	// Had it taken longer than hangupGrace, it would be SIGKILL.
	if info := end(t, s); info.Signal != "SIGHUP" {
		t.Errorf("ended by %q, want SIGHUP", info.Signal)
	}
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	if list := m.List(); len(list) != 0 {
		t.Errorf("list = %+v, want the ended session removed", list)
	}
	if err := m.Kill(s.id); wire.ReasonOf(err) != wire.NotFound {
		t.Errorf("Kill of a removed session = %v, want not found", err)
	}
	// It said "any more", and a shell that had ended was looked for.
	if _, err := m.Get(s.id); wire.ReasonOf(err) != wire.NotFound || !strings.Contains(err.Error(), "has ended and is no longer kept") {
		t.Errorf("Get of a removed session = %v, want not found", err)
	}
}

// TestKillTakesTheTerminalAway is about programs that end with their terminal
// but not by a signal.
func TestKillTakesTheTerminalAway(t *testing.T) {
	m := run(t, Config{})
	s := shell(t, m, `trap "" HUP; echo ready; cat; exit 6`)
	c, done := attach(t, s, 0)
	c.shows(t, "ready")
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	if info := end(t, s); info.ExitCode == nil || *info.ExitCode != 6 {
		t.Errorf("code %v, signal %q, want the program to end by itself with 6", info.ExitCode, info.Signal)
	}
	if err := served(t, done); err != nil {
		t.Errorf("Serve = %v, want an orderly end", err)
	}
}

func TestLimits(t *testing.T) {
	m := run(t, Config{MaxRunning: 3, KeptExited: 2})
	for range 3 {
		begin(t, m, "cat")
	}
	_, err := m.Start(terminal.StartParams{Command: []string{"cat"}, Cols: 80, Rows: 24}, wire.OnBehalf{})
	if wire.ReasonOf(err) != wire.Busy {
		t.Errorf("Start of one too many = %v, want busy", err)
	}
	m.SetMaxRunning(4) // as a node may say
	end(t, begin(t, m, "true"))
	m.SetMaxRunning(0)
	first := m.List()[0].ID
	if err := m.Kill(first); err != nil {
		t.Fatal(err)
	}
	s, err := m.Get(first)
	if err != nil {
		t.Fatal(err)
	}
	end(t, s)
	for range 3 {
		end(t, begin(t, m, "true"))
	}
	m.changed(s) // the ends above are known; their own notices may be under way
	var running, exited int
	for _, i := range m.List() {
		switch i.State {
		case terminal.Running:
			running++
		case terminal.Exited:
			exited++
		}
	}
	if running != 2 || exited != 2 || m.Running() != 2 {
		t.Errorf("%d sessions run and %d are kept, want 2 and 2", running, exited)
	}
	if _, err := m.Get(first); wire.ReasonOf(err) != wire.NotFound {
		t.Error("the session that ended first is still kept")
	}
}

func TestListIsInOrder(t *testing.T) {
	m := run(t, Config{})
	var want []wire.SessionID
	for range 10 {
		want = append(want, begin(t, m, "cat").id)
	}
	for i, s := range m.List() {
		if s.ID != want[i] {
			t.Errorf("session %d = %s, want %s", i, s.ID, want[i])
		}
	}
}

func TestChangedTellsTheNewestState(t *testing.T) {
	var mu sync.Mutex
	told := map[wire.SessionID]terminal.Session{}
	m := NewManager(Config{Changed: func(s terminal.Session) {
		mu.Lock()
		defer mu.Unlock()
		told[s.ID] = s
	}})
	ctx, cancel := context.WithCancel(t.Context())
	m.setOpen(true)
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	quick := begin(t, m, "true")
	end(t, quick)
	long := begin(t, m, "cat")
	if err := long.Resize(20, 10); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Session{quick, long} {
		if got := told[s.id]; got.State != terminal.Exited || got.EndedAt == nil {
			t.Errorf("told of %s: %+v, want that it ended", s.Info().Name, got)
		}
	}
	if got := told[long.id]; got.Cols != 20 || got.Rows != 10 {
		t.Errorf("told of the size %d×%d, want 20×10", got.Cols, got.Rows)
	}
	if _, err := m.Start(terminal.StartParams{Cols: 80, Rows: 24}, wire.OnBehalf{}); wire.ReasonOf(err) != wire.Unavailable {
		t.Errorf("Start after Run = %v, want unavailable", err)
	}
}

// TestIgnoredSignals runs a Manager in a process that was started as with
// nohup: its sessions can be interrupted and hung up all the same.
func TestIgnoredSignals(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP INT QUIT; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), "HOMIE_TEST_SIGNALS=1")
	out, err := cmd.CombinedOutput()
	if want := "SIGINT SIGHUP\n"; err != nil || string(out) != want {
		t.Errorf("sessions ended by %q, %v, want %q", out, err, want)
	}
}

func interruptOne() {
	m := NewManager(Config{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	var signals []string
	for _, end := range []func(*Session){
		func(s *Session) { s.Type(ctx, []byte("\x03")) },
		func(s *Session) { s.End() },
	} {
		var info terminal.Session
		for err := error(wire.Errorf(wire.Unavailable, "")); err != nil; runtime.Gosched() { // until Run runs
			info, err = m.Start(terminal.StartParams{Command: []string{"cat"}, Cols: 80, Rows: 24}, wire.OnBehalf{})
		}
		s, _ := m.Get(info.ID)
		s.Type(ctx, []byte("ready\n"))
		for at := uint64(0); !strings.Contains(kept(s), twice("ready")); _, at = s.ring.Bounds() {
			waitFor(ctx, &s.ring, at)
		}
		end(s)
		<-s.Ended()
		signals = append(signals, s.Info().Signal)
	}
	cancel()
	<-done
	os.Stdout.WriteString(strings.Join(signals, " ") + "\n")
}

// TestIdleSessionsHoldNoThreads guards against blocking reads and waits, each
// of which costs an OS thread; and against descriptors that stay open.
func TestIdleSessionsHoldNoThreads(t *testing.T) {
	const sessions = 50
	m := run(t, Config{})
	end(t, begin(t, m, "true"))
	files, threads := openFiles(t), threadCount(t)
	for range sessions {
		c, _ := attach(t, shell(t, m, "echo ready; exec cat"), 0)
		c.shows(t, "ready")
	}
	if n := threadCount(t) - threads; n > sessions/4 {
		t.Errorf("%d idle sessions took %d OS threads", sessions, n)
	}
	if n := openFiles(t) - files; n > sessions {
		t.Errorf("%d sessions hold %d descriptors, want one each", sessions, n)
	}
	m.endAll()
	if n := openFiles(t); n > files {
		t.Errorf("%d descriptors are open after all sessions ended, want %d", n, files)
	}
}

// TestManagerHammer starts, types, resizes, attaches, lists and kills at once.
func TestManagerHammer(t *testing.T) {
	m := run(t, Config{MaxRunning: 12, KeptExited: 3, Changed: func(terminal.Session) {}})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 12 {
				hammer(t, m, r)
			}
		})
	}
	wg.Wait()
	m.endAll()
	if n := m.Running(); n != 0 {
		t.Errorf("%d sessions run at the end", n)
	}
}

func hammer(t *testing.T, m *Manager, r *rand.Rand) {
	p := terminal.StartParams{Command: []string{"sh", "-c", "seq 1 2000; exec cat"}, Cols: 80, Rows: 24}
	info, err := m.Start(p, wire.OnBehalf{Name: "hammer"})
	if err != nil {
		if wire.ReasonOf(err) != wire.Busy {
			t.Errorf("Start = %v", err)
		}
		return
	}
	all := m.List()
	s, err := m.Get(all[r.IntN(len(all))].ID)
	if err != nil {
		return // removed meanwhile
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { _ = serveFrom(ctx, s, newOnlooker(0), 0, r.IntN(2) == 0) })
	for i := range 5 {
		_ = s.Resize(20+i, 10+i)
		_, _ = s.Type(ctx, []byte(fmt.Sprintf("line %d\n", i)))
	}
	cancel()
	wg.Wait()
	_ = m.Kill(info.ID)
	_ = m.Kill(all[0].ID)
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// threadCount returns the OS threads of this process.
func threadCount(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		out, err := exec.CommandContext(t.Context(), "ps", "-M", strconv.Itoa(unix.Getpid())).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(out), "\n") - 1
	}
	for line := range strings.Lines(string(status)) {
		if count, ok := strings.CutPrefix(line, "Threads:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(count))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no thread count")
	return 0
}
