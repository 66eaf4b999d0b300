//go:build linux || darwin

package jobs_test

import (
	"testing"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/jobs"
)

// A gateway that the policy file bounds to an account neither sees nor starts nor
// changes what runs as another one.
func TestBound(t *testing.T) {
	dir := t.TempDir()
	m := begin(t, dir)
	m.define("mine", "argv = [\"/bin/echo\", \"hello\"]\nbutton = true\n")
	r := m.wait(m.run(jobs.LaunchParams{Job: "mine"}).ID, jobs.Done)
	m.end()

	m = beginFor(t, dir, tsidentity.Value{Allow: []string{"jobs:*"}, As: []string{"another"}})
	all, err := rpc.Invoke(m.ctx(), m.Conn, jobs.List, jobs.ListParams{})
	if err != nil || len(all.Jobs) > 0 {
		t.Errorf("the list is %+v, %v", all, err)
	}
	past, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Runs, jobs.RunsParams{})
	if err != nil || len(past.Runs) > 0 {
		t.Errorf("the runs are %+v, %v", past, err)
	}
	for what, try := range map[string]func() error{
		"start": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Start, jobs.LaunchParams{Job: "mine"})
			return err
		},
		"press": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Press, jobs.LaunchParams{Job: "mine"})
			return err
		},
		"status": func() error { _, err := m.status(r.ID); return err },
		"cancel": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Cancel, jobs.RunParams{Run: r.ID})
			return err
		},
		"source": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Source, jobs.SourceParams{Job: "mine"})
			return err
		},
		"remove": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Remove, jobs.RemoveParams{Job: "mine"})
			return err
		},
		"define": func() error {
			_, err := rpc.Invoke(m.ctx(), m.Conn, jobs.Define, jobs.DefineParams{Job: "other", TOML: asMe(t, `argv = ["/bin/true"]`)})
			return err
		},
		"tail": func() error {
			_, _, err := rpc.Open(m.ctx(), m.Conn, jobs.Tail, jobs.TailParams{Run: r.ID})
			return err
		},
	} {
		if err := try(); wire.ReasonOf(err) != wire.Forbidden {
			t.Errorf("%s: %v, want it refused", what, err)
		}
	}
}
