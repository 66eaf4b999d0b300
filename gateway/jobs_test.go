package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/jobs"
)

// waitForRun waits until a run is in a state.
func waitForRun(t *testing.T, c *rpc.Conn, r jobs.Run, want jobs.State) jobs.Run {
	t.Helper()
	homietest.Eventually(t, fmt.Sprintf("%s of %s is %s", r.ID, r.Job, want), func() (err error) {
		var now jobs.Run
		if now, err = rpc.Invoke(t.Context(), c, jobs.Status, jobs.RunParams{Node: r.Node, Run: r.ID}); err != nil {
			return err
		}
		if r = now; r.State != want {
			return fmt.Errorf("it is %s (%s %s)", r.State, r.Outcome, r.Why)
		}
		return nil
	})
	return r
}

// defineJob defines a job that has to be fine.
func defineJob(t *testing.T, c *rpc.Conn, node wire.NodeName, id jobs.ID, text string) {
	t.Helper()
	got, err := rpc.Invoke(t.Context(), c, jobs.Define, jobs.DefineParams{Node: node, Job: id, TOML: text})
	if err != nil || got.Job == nil {
		t.Fatalf("defining %s: %+v, %v", id, got, err)
	}
}

// readLog returns what a run printed, until it is done.
func readLog(t *testing.T, c *rpc.Conn, r jobs.Run) string {
	t.Helper()
	_, st, err := rpc.Open(t.Context(), c, jobs.Tail, jobs.TailParams{Node: r.Node, Run: r.ID, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close(nil)
	var out strings.Builder
	for {
		chunk, err := st.Recv(t.Context())
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		out.Write(chunk.Data)
	}
}

// The family sees buttons and presses them, whoever they run as; whoever may run
// any job needs the account, too, and only who may edit sees a job's file.
func TestJobRights(t *testing.T) {
	h := homietest.New(t, homietest.Everybody, func(o *tailbox.Options) {
		o.Policy = homietest.Policy(o.Policy,
			homietest.Grant(tailbox.Max, `{"role": "member", "allow": ["jobs:run"], "as": ["nobody-here"]}`),
			homietest.Grant(homietest.Gus, `{"role": "guest", "allow": ["jobs:*"], "nodes": ["nas"]}`))
	})
	h.StartNode(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	as := fmt.Sprintf("account = %q\n", h.Account)
	defineJob(t, owner, "den", "secret", as+`argv = ["/bin/echo", "hush"]`)
	defineJob(t, owner, "den", "bell", as+`
argv = ["/bin/sh", "-c", "echo ding; sleep 1000"]
button = true
confirm = "Ring it?"
`)
	mia, _ := h.Connect(homietest.MiaPhone)
	events, err := listen(t, mia, jobs.RunChanged.Name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := rpc.Invoke(t.Context(), mia, jobs.List, jobs.ListParams{})
	if err != nil || len(all.Jobs) != 1 || all.Jobs[0].ID != "bell" || len(all.Jobs[0].Command) > 0 || all.Jobs[0].Confirm != "Ring it?" {
		t.Fatalf("the member sees %+v, %v", all, err)
	}
	_, err = rpc.Invoke(t.Context(), mia, jobs.Start, jobs.LaunchParams{Node: "den", Job: "bell"})
	wantReason(t, "the member starts a button as a job", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), mia, jobs.Press, jobs.LaunchParams{Node: "den", Job: "secret"})
	wantReason(t, "the member presses what is no button", err, wire.Forbidden)
	hidden, err := rpc.Invoke(t.Context(), owner, jobs.Start, jobs.LaunchParams{Node: "den", Job: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, owner, hidden); got != "hush\n" {
		t.Errorf("the log is %q", got)
	}
	for what, try := range map[string]func() error{
		"status": func() error {
			_, err := rpc.Invoke(t.Context(), mia, jobs.Status, jobs.RunParams{Node: "den", Run: hidden.ID})
			return err
		},
		"log": func() error {
			_, _, err := rpc.Open(t.Context(), mia, jobs.Tail, jobs.TailParams{Node: "den", Run: hidden.ID})
			return err
		},
	} {
		wantReason(t, "the member asks for the "+what+" of what is no button", try(), wire.NotFound)
	}
	r, err := rpc.Invoke(t.Context(), mia, jobs.Press, jobs.LaunchParams{Node: "den", Job: "bell"})
	if err != nil || !strings.HasPrefix(r.By, "Mia") {
		t.Fatalf("the member's run is %+v, %v", r, err)
	}
	waitForRun(t, mia, r, jobs.Running)
	if _, err := rpc.Invoke(t.Context(), mia, jobs.Cancel, jobs.RunParams{Node: "den", Run: r.ID}); err != nil {
		t.Errorf("the member cancels what she started: %v", err)
	}
	if r = waitForRun(t, mia, r, jobs.Done); r.Outcome != jobs.Cancelled {
		t.Errorf("the run ended as %+v", r)
	}
	for seen := map[jobs.State]bool{}; !seen[jobs.Done]; {
		e := next(t, "an event of the run", events)
		if text := string(e.Data); strings.Contains(text, string(hidden.ID)) {
			t.Errorf("the member is told of what is no button: %s", text)
		} else {
			seen[jobs.State(field(text, "state"))] = true
		}
	}
	max, _ := h.Connect(tailbox.MaxTablet)
	_, err = rpc.Invoke(t.Context(), max, jobs.Start, jobs.LaunchParams{Node: "den", Job: "secret"})
	wantReason(t, "starting as an account that the grant does not name", err, wire.Forbidden)
	_, err = rpc.Invoke(t.Context(), max, jobs.Source, jobs.SourceParams{Node: "den", Job: "secret"})
	wantReason(t, "reading a file without the right to edit", err, wire.Forbidden)
	gus, _ := h.Connect(homietest.GusPhone)
	_, err = rpc.Invoke(t.Context(), gus, jobs.List, jobs.ListParams{Node: "den"})
	wantReason(t, "listing a machine of others", err, wire.Forbidden)
}

// field returns the text of a member of a JSON object.
func field(text, name string) string {
	_, after, _ := strings.Cut(text, `"`+name+`":"`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

// A run outlives its node and its gateway, which are killed in each of its
// states, and is started once.
func TestJobsOutliveKilled(t *testing.T) {
	h := homietest.WithoutGateway(t)
	gateway, den := h.Spawn(tailbox.Gateway), h.Spawn(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	marks := t.TempDir()
	defineJob(t, owner, "den", "long", fmt.Sprintf(`
account = %q
argv = ["/bin/sh", "-c", 'echo $$ >> %[2]s/starts; echo on; until test -e %[2]s/go; do sleep 0.05; done; echo off']
`, h.Account, marks))
	start := jobs.LaunchParams{Node: "den", Job: "long"}
	running, err := rpc.Invoke(t.Context(), owner, jobs.Start, start)
	if err != nil {
		t.Fatal(err)
	}
	start.Key = "twice"
	queued, err := rpc.Invoke(t.Context(), owner, jobs.Start, start)
	if err != nil {
		t.Fatal(err)
	}
	waitForRun(t, owner, running, jobs.Running)

	den.Kill()
	gateway.Kill()
	h.Spawn(tailbox.Gateway)
	den = h.Spawn(tailbox.NodeDen)
	owner, _ = h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	homietest.Eventually(t, "the run goes on", func() error {
		r, err := rpc.Invoke(t.Context(), owner, jobs.Status, jobs.RunParams{Node: "den", Run: running.ID})
		if err == nil && r.State != jobs.Running {
			err = fmt.Errorf("it is %+v", r)
		}
		return err
	})
	if again, err := rpc.Invoke(t.Context(), owner, jobs.Start, start); err != nil || again.ID != queued.ID {
		t.Errorf("the same key returned %s, %v; want %s", again.ID, err, queued.ID)
	}
	if err := os.WriteFile(filepath.Join(marks, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range []jobs.Run{running, queued} {
		if got := waitForRun(t, owner, r, jobs.Done); got.Outcome != jobs.Succeeded {
			t.Errorf("it ended as %+v", got)
		}
		if got := readLog(t, owner, r); got != "on\noff\n" {
			t.Errorf("its log is %q", got)
		}
	}
	den.Kill() // what is done stays as it is
	h.Spawn(tailbox.NodeDen)
	online(t, owner, "den")
	homietest.Eventually(t, "the history is there", func() error {
		all, err := rpc.Invoke(t.Context(), owner, jobs.Runs, jobs.RunsParams{Node: "den"})
		if err == nil && (len(all.Runs) != 2 || slices.ContainsFunc(all.Runs, func(r jobs.Run) bool { return r.Outcome != jobs.Succeeded })) {
			err = fmt.Errorf("it is %+v", all.Runs)
		}
		return err
	})
	starts, err := os.ReadFile(filepath.Join(marks, "starts"))
	if n := strings.Count(string(starts), "\n"); err != nil || n != 2 {
		t.Errorf("programs were started %d times, want 2; %v", n, err)
	}
}

// What a machine says of its jobs is bounded, and shows in nobody's place.
func TestLyingJobs(t *testing.T) {
	h := homietest.New(t)
	long := strings.Repeat("x", 5000) + "\x1b[31m"
	c := h.Machine(tailbox.NodeDen,
		rpc.Serve(jobs.List, func(_ context.Context, _ tsidentity.Caller, _ jobs.ListParams) (jobs.Jobs, error) {
			return jobs.Jobs{Jobs: []jobs.Job{{ID: jobs.ID(long), Node: "nas", Name: "evil\x1b]0;x\x07\u202e", Button: true, Description: long, Concurrency: -1}}}, nil
		}),
		rpc.Serve(jobs.Press, func(_ context.Context, _ tsidentity.Caller, p jobs.LaunchParams) (jobs.Run, error) {
			return jobs.Run{ID: "../../x", Node: "nas", Job: p.Job, Why: long}, nil
		}),
		rpc.Events(jobs.Changed), rpc.Events(jobs.RunChanged))
	h.Register(c, homietest.Offer("jobs"))
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	var all jobs.Jobs
	homietest.Eventually(t, "den has a job", func() (err error) {
		all, err = rpc.Invoke(t.Context(), owner, jobs.List, jobs.ListParams{})
		if err == nil && len(all.Jobs) != 1 {
			err = fmt.Errorf("the list is %+v", all)
		}
		return err
	})
	j := all.Jobs[0]
	if j.Node != "den" || len(j.ID) > jobs.MaxName || strings.ContainsAny(j.Name, "\x1b\x07\u202e") || len(j.Description) > 1024 || j.Concurrency != 1 || j.Params == nil {
		t.Errorf("the job shows as %+v", j)
	}
	r, err := rpc.Invoke(t.Context(), owner, jobs.Press, jobs.LaunchParams{Node: "den", Job: "x"})
	if err != nil || r.Node != "den" || len(r.Why) > 1024 || strings.Contains(r.Why, "\x1b") {
		t.Errorf("the run shows as %+v, %v", r, err)
	}
}

// A log is streamed through gateway and node as fast as that takes.
func TestLogSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 200 MB")
	}
	h := homietest.New(t)
	h.StartNode(tailbox.NodeDen)
	owner, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, owner, "den")
	const size = 200 << 20
	defineJob(t, owner, "den", "flood", fmt.Sprintf("account = %q\nargv = [\"head\", \"-c\", \"%d\", \"/dev/zero\"]\nlog_mb = 256\n", h.Account, size))
	r, err := rpc.Invoke(t.Context(), owner, jobs.Start, jobs.LaunchParams{Node: "den", Job: "flood"})
	if err != nil {
		t.Fatal(err)
	}
	waitForRun(t, owner, r, jobs.Done)
	_, st, err := rpc.Open(t.Context(), owner, jobs.Tail, jobs.TailParams{Node: "den", Run: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close(nil)
	begun, got := time.Now(), 0
	for {
		c, err := st.Recv(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got += len(c.Data)
	}
	took := time.Since(begun)
	t.Logf("%d MB in %v, %.0f MB/s", got>>20, took.Round(time.Millisecond), float64(got)/(1<<20)/took.Seconds())
	if got != size {
		t.Errorf("%d bytes came, want %d", got, size)
	}
}
