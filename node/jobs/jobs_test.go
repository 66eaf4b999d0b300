//go:build linux || darwin

package jobs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/internal/homietest"
	"homie/node/jobs"
	"homie/rpc"
	"homie/wire"
	wirejobs "homie/wire/jobs"
)

// A job runs with its parameters where they belong, and says how it ended.
func TestRun(t *testing.T) {
	m := begin(t, t.TempDir())
	m.define("greet", `
name = "Greet"
argv = ["/bin/sh", "-c", 'echo "$0|$1|$HOMIE_PARAM_WHO|$GREETING|$HOMIE_JOB"; echo "::progress 40 half way"; pwd; exit 3', "first", "fixed"]
directory = "/"
environment = { GREETING = "good; day" }
[[parameter]]
name = "who"
default = "nobody"
`)
	r := m.run(wirejobs.LaunchParams{Job: "greet", Params: map[string]string{"who": `$(id); "x"`}})
	if r.State != wirejobs.Queued || r.By != "Olivia on olivia-laptop" {
		t.Errorf("the run is %+v", r)
	}
	want := "first|fixed|$(id); \"x\"|good; day|greet\n::progress 40 half way\n/\n"
	if got := m.log(wirejobs.TailParams{Run: r.ID, Follow: true}); got != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
	r = m.wait(r.ID, wirejobs.Done)
	if r.Outcome != wirejobs.Failed || r.ExitCode == nil || *r.ExitCode != 3 || r.Percent == nil || *r.Percent != 40 || r.Doing != "half way" || r.LastLine != "/" || r.LogBytes != uint64(len(want)) || r.StartedAt == nil {
		t.Errorf("the run ended as %+v", r)
	}
	if got := m.log(wirejobs.TailParams{Run: r.ID, Offset: uint64(len(want) - 2)}); got != "/\n" {
		t.Errorf("the end of the log is %q", got)
	}
}

// A script is a file that an interpreter reads; parameters reach it as variables.
func TestScript(t *testing.T) {
	m := begin(t, t.TempDir())
	m.define("script", `
script = '''
set -eu
echo "got $HOMIE_PARAM_N"
'''
[[parameter]]
name = "n"
type = "int"
min = 1
max = 9
`)
	r := m.run(wirejobs.LaunchParams{Job: "script", Params: map[string]string{"n": "7"}})
	if got := m.log(wirejobs.TailParams{Run: r.ID, Follow: true}); got != "got 7\n" {
		t.Errorf("the log is %q", got)
	}
	if r = m.wait(r.ID, wirejobs.Done); r.Outcome != wirejobs.Succeeded {
		t.Errorf("the run ended as %+v", r)
	}
	for _, bad := range []map[string]string{nil, {"n": "0"}, {"n": "07"}, {"n": "10"}, {"n": "x"}, {"n": "1", "other": "2"}} {
		_, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Start, wirejobs.LaunchParams{Job: "script", Params: bad})
		if wire.ReasonOf(err) != wire.InvalidParams {
			t.Errorf("started with %v: %v", bad, err)
		}
	}
}

// What is wrong with a file is said by line, and the good files stay.
func TestProblems(t *testing.T) {
	dir := t.TempDir()
	m := begin(t, dir)
	m.define("good", `argv = ["/bin/true"]`)
	for text, want := range map[string]string{
		"argv = [\"/bin/true\"]\nnope = 1\n": `line 3: there is no setting "nope"`,
		"argv = [\"/bin/true\"\n":            `line `,
		"name = \"x\"\n":                     `argv: it is missing`,
		"argv = [\"sh\", \"-c\", \"{x}\"]\n[[parameter]]\nname = \"x\"\n":                          `would be read as code`,
		"argv = [\"bash\", \"-lc\", \"{x}\"]\n[[parameter]]\nname = \"x\"\n":                       `would be read as code`,
		"argv = [\"env\", \"sh\", \"-c\", \"{x}\"]\n[[parameter]]\nname = \"x\"\n":                 `would be read as code`,
		"argv = [\"{x}\"]\n[[parameter]]\nname = \"x\"\n":                                          `can't be the program`,
		"argv = [\"ls\", \"{y}\"]\n":                                                               `no [[parameter]] called "y"`,
		"argv = [\"ls\"]\nscript = \"ls\"\n":                                                       `give one of the two`,
		"argv = [\"ls\"]\ntimeout = \"soon\"\n":                                                    `line 3: `,
		"argv = [\"ls\"]\nconcurrency = 1000\n":                                                    `line 3: concurrency: it is 1000`,
		"argv = [\"ls\"]\ndirectory = \"here\"\n":                                                  `no absolute path`,
		"argv = [\"ls\"]\nenvironment = { HOMIE_RUN = \"1\" }\n":                                   `set by Homie`,
		"argv = [\"ls\"]\n[[parameter]]\nname = \"x\"\ntype = \"choice\"\n":                        `choices`,
		"argv = [\"ls\"]\n[[parameter]]\nname = \"x\"\npattern = \"[\"\n":                          `regular expression`,
		"argv = [\"ls\"]\n[[parameter]]\nname = \"x\"\ntype = \"int\"\nmax = 3\ndefault = 4\n":     `default: it is 4, want at most 3`,
		"argv = [\"ls\"]\n[[parameter]]\nname = \"x\"\n[[parameter]]\nname = \"x\"\n":              `two of that name`,
		"argv = [\"ls\"]\n[[parameter]]\nname = \"x\"\ntype = \"choice\"\nchoices = []\nmin = 1\n": `choices`,
	} {
		got, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Check, wirejobs.DefineParams{Job: "bad", TOML: asMe(t, text)})
		if err != nil || got.Job != nil || len(got.Problems) == 0 || !strings.Contains(got.Problems[0].String(), want) {
			t.Errorf("Check(%q) = %v, %v; want %q", text, got.Problems, err, want)
		}
	}
	for name, text := range map[string]string{"broken.toml": "argv = [", "Bad Name.toml": `argv = ["/bin/true"]`} {
		if err := os.WriteFile(filepath.Join(dir, "jobs.d", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "jobs.d", "open.toml"), []byte(asMe(t, `argv = ["/bin/true"]`)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "jobs.d", "open.toml"), 0o666); err != nil {
		t.Fatal(err)
	}
	all, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.List, wirejobs.ListParams{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[wirejobs.ID]bool{}
	for _, j := range all.Jobs {
		got[j.ID] = j.Problem == ""
	}
	want := map[wirejobs.ID]bool{"good": true, "broken": false, "Bad Name": false, "open": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the list has\n%s", diff)
	}
	if _, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Start, wirejobs.LaunchParams{Job: "open"}); wire.ReasonOf(err) != wire.Conflict {
		t.Errorf("a file that all may write was run: %v", err)
	}
}

// Cancelling ends the whole group, by force if need be, and what waits at once.
func TestCancel(t *testing.T) {
	m := begin(t, t.TempDir())
	m.define("stubborn", `
argv = ["/bin/sh", "-c", 'trap "" TERM; sleep 1000 & echo $!; while :; do wait; done']
grace = "100ms"
`)
	r := m.run(wirejobs.LaunchParams{Job: "stubborn"})
	second := m.run(wirejobs.LaunchParams{Job: "stubborn"})
	m.wait(r.ID, wirejobs.Running)
	var child int
	homietest.Eventually(t, "it says its child", func() (err error) {
		child, err = strconv.Atoi(strings.TrimSpace(m.log(wirejobs.TailParams{Run: r.ID})))
		return err
	})
	cancel := func(id wirejobs.RunID) {
		t.Helper()
		if _, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Cancel, wirejobs.RunParams{Run: id}); err != nil {
			t.Fatal(err)
		}
	}
	cancel(second.ID)
	if got := m.wait(second.ID, wirejobs.Done); got.Outcome != wirejobs.Cancelled || got.StartedAt != nil {
		t.Errorf("what waited ended as %+v", got)
	}
	cancel(r.ID)
	if got := m.wait(r.ID, wirejobs.Done); got.Outcome != wirejobs.Cancelled || got.Signal != "SIGKILL" || got.CancelledBy != "Olivia on olivia-laptop" {
		t.Errorf("what ran ended as %+v", got)
	}
	homietest.Eventually(t, "its child ends", func() error {
		if syscall.Kill(child, 0) == nil {
			return fmt.Errorf("process %d is there", child)
		}
		return nil
	})
}

// A run that takes too long, one that a signal ends, and one that can't start
// say so.
func TestOutcomes(t *testing.T) {
	m := begin(t, t.TempDir())
	m.define("slow", "argv = [\"/bin/sleep\", \"1000\"]\ntimeout = \"50ms\"\n")
	m.define("killed", `argv = ["/bin/sh", "-c", "kill -9 $$"]`)
	m.define("missing", `argv = ["/no/such/program"]`)
	m.define("nowhere", "argv = [\"/bin/true\"]\ndirectory = \"/no/such/folder\"\n")
	for id, want := range map[wirejobs.ID]wirejobs.Outcome{
		"slow": wirejobs.TimedOut, "killed": wirejobs.Signaled, "missing": wirejobs.Broken, "nowhere": wirejobs.Broken,
	} {
		r := m.wait(m.run(wirejobs.LaunchParams{Job: id}).ID, wirejobs.Done)
		if r.Outcome != want || r.Why == "" {
			t.Errorf("%s ended as %s, %q; want %s", id, r.Outcome, r.Why, want)
		}
	}
}

// A node that ends and comes back goes on with what ran and what waited, and a
// run whose runner was killed is lost.
func TestRestart(t *testing.T) {
	dir, marks := t.TempDir(), t.TempDir()
	m := begin(t, dir, func(o *jobs.Options) { o.MaxRunning = 2 })
	m.define("long", fmt.Sprintf(`
argv = ["/bin/sh", "-c", 'echo $$ >> %[1]s/starts; echo on; until test -e %[1]s/go; do sleep 0.02; done; echo off']
concurrency = 9
`, marks))
	ran, killed := m.run(wirejobs.LaunchParams{Job: "long"}), m.run(wirejobs.LaunchParams{Job: "long"})
	waits := m.run(wirejobs.LaunchParams{Job: "long", Key: "once"})
	for _, id := range []wirejobs.RunID{ran.ID, killed.ID} {
		homietest.Eventually(t, "it prints", func() error {
			if got := m.log(wirejobs.TailParams{Run: id}); got != "on\n" {
				return fmt.Errorf("it printed %q", got)
			}
			return nil
		})
		m.wait(id, wirejobs.Running)
	}
	if again := m.run(wirejobs.LaunchParams{Job: "long", Key: "once"}); again.ID != waits.ID {
		t.Errorf("a key started two runs, %s and %s", waits.ID, again.ID)
	}
	m.end()
	killRunner(t, filepath.Join(dir, "runs", string(killed.ID)))

	m = begin(t, dir, func(o *jobs.Options) { o.MaxRunning = 2 })
	if r := m.wait(killed.ID, wirejobs.Done); r.Outcome != wirejobs.Lost {
		t.Errorf("the run whose runner was killed ended as %+v", r)
	}
	if r, err := m.status(ran.ID); err != nil || r.State != wirejobs.Running {
		t.Errorf("the run that goes on is %+v, %v", r, err)
	}
	if again := m.run(wirejobs.LaunchParams{Job: "long", Key: "once"}); again.ID != waits.ID {
		t.Errorf("after a restart a key started a second run, %s", again.ID)
	}
	if err := os.WriteFile(filepath.Join(marks, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []wirejobs.RunID{ran.ID, waits.ID} {
		if r := m.wait(id, wirejobs.Done); r.Outcome != wirejobs.Succeeded {
			t.Errorf("%s ended as %+v", id, r)
		}
		if got := m.log(wirejobs.TailParams{Run: id}); got != "on\noff\n" {
			t.Errorf("its log is %q", got)
		}
	}
	starts, err := os.ReadFile(filepath.Join(marks, "starts"))
	if n := strings.Count(string(starts), "\n"); err != nil || n != 3 {
		t.Errorf("programs were started %d times, want 3; %v", n, err)
	}
}

// killRunner kills the runner of a run, as the kernel does that is out of
// memory.
func killRunner(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "started"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(b))
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// So many runs are kept as the job says, and none of a job that is removed.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	m := begin(t, dir)
	m.define("often", "argv = [\"/bin/true\"]\nkeep = 2\n")
	var ids []wirejobs.RunID
	for range 5 {
		r := m.run(wirejobs.LaunchParams{Job: "often"})
		m.wait(r.ID, wirejobs.Done)
		ids = append(ids, r.ID)
	}
	homietest.Eventually(t, "two are kept", func() error {
		all, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Runs, wirejobs.RunsParams{Job: "often"})
		if err == nil && (len(all.Runs) != 2 || all.Runs[0].ID != ids[4] || all.Runs[1].ID != ids[3]) {
			err = fmt.Errorf("there are %+v", all.Runs)
		}
		return err
	})
	if _, err := rpc.Invoke(m.ctx(), m.Conn, wirejobs.Remove, wirejobs.RemoveParams{Job: "often"}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil || len(entries) > 0 {
		t.Errorf("after the job was removed there are %v, %v", entries, err)
	}
}

// A flood of output is kept at its beginning and its end, and holds up nobody.
func TestFlood(t *testing.T) {
	m := begin(t, t.TempDir())
	m.define("flood", "argv = [\"/bin/sh\", \"-c\", \"echo first; head -c 20000000 /dev/zero | tr '\\\\0' x; echo; echo last\"]\nlog_mb = 1\n")
	r := m.wait(m.run(wirejobs.LaunchParams{Job: "flood"}).ID, wirejobs.Done)
	got := m.log(wirejobs.TailParams{Run: r.ID})
	before, after, cut := strings.Cut(got, "~")
	if !strings.HasPrefix(before, "first\n") || !strings.HasSuffix(after, "\nlast\n") || !cut || len(got) > 1<<20 || len(got) < 700_000 || r.LogBytes < 20_000_000 {
		t.Errorf("%d bytes are kept of %d, from %.20q, cut: %v", len(got), r.LogBytes, got, cut)
	}
	if r.LastLine != "last" {
		t.Errorf("the last line is %q", r.LastLine)
	}
}

// A machine carries so many runs at once as it may, and a job as it says.
func TestConcurrency(t *testing.T) {
	marks := t.TempDir()
	m := begin(t, t.TempDir(), func(o *jobs.Options) { o.MaxRunning = 3 })
	text := fmt.Sprintf("argv = [\"/bin/sh\", \"-c\", \"until test -e %s/go; do sleep 0.02; done\"]\n", marks)
	m.define("two", text+"concurrency = 2\n")
	m.define("one", text)
	var ids []wirejobs.RunID
	for _, id := range []wirejobs.ID{"two", "two", "two", "one", "one"} {
		ids = append(ids, m.run(wirejobs.LaunchParams{Job: id}).ID)
	}
	for _, i := range []int{0, 1, 3} {
		m.wait(ids[i], wirejobs.Running)
	}
	for _, i := range []int{2, 4} {
		if r, err := m.status(ids[i]); err != nil || r.State != wirejobs.Queued {
			t.Errorf("run %d is %s, %v; want it to wait", i, r.State, err)
		}
	}
	if err := os.WriteFile(filepath.Join(marks, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		m.wait(id, wirejobs.Done)
	}
}
