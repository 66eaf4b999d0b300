package gateway_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"homie/rpc"
	"homie/wire"
	"homie/wire/jobs"
	"homie/wire/terminal"
)

// define defines a job of the machine den.
func (p *permissions) define(id jobs.ID, more string) {
	defineJob(p.t, p.owner.conn, "den", id, fmt.Sprintf("account = %q\nargv = [\"/bin/echo\", \"hello\"]\n%s", p.Account, more))
}

// start starts one.
func (p *permissions) start(id jobs.ID, m wire.Method[jobs.LaunchParams, jobs.Run]) jobs.Run {
	r, err := rpc.Invoke(p.t.Context(), p.owner.conn, m, jobs.LaunchParams{Node: "den", Job: id})
	p.must(err)
	return r
}

// runOnce defines a job of the machine den and runs it.
func (p *permissions) runOnce(id jobs.ID, m wire.Method[jobs.LaunchParams, jobs.Run], more string) jobs.RunID {
	p.define(id, more)
	return waitForRun(p.t, p.owner.conn, p.start(id, m), jobs.Done).ID
}

// jobParams are what the methods of jobs are tried with.
func (p *permissions) jobParams() map[string]string {
	file := `{"node":"den","job":"new","toml":"argv = [\"ls\"]\naccount = \"` + p.Account + `\""}`
	return map[string]string{
		jobs.List.Name:   `{"node":"den"}`,
		jobs.Source.Name: `{"node":"den","job":"tidy"}`,
		jobs.Check.Name:  file,
		jobs.Define.Name: file,
		jobs.Remove.Name: `{"node":"den","job":"gone"}`,
		jobs.Start.Name:  `{"node":"den","job":"tidy"}`,
		jobs.Press.Name:  `{"node":"den","job":"bell"}`,
		jobs.Status.Name: `{"node":"den","run":"` + string(p.bell) + `"}`,
		jobs.Cancel.Name: `{"node":"den","run":"` + string(p.bell) + `"}`,
		jobs.Runs.Name:   `{"node":"den"}`,
	}
}

// tails tries to read the log of a button's run, and of another one.
func (p *permissions) tails() {
	for _, of := range []struct {
		what string
		run  jobs.RunID
	}{{"a button", p.bell}, {"another job", p.job}} {
		for _, c := range p.callers {
			p.set("stream "+jobs.Tail.Name+" (of "+of.what+")", c, opens(p, c, jobs.Tail, jobs.TailParams{Node: "den", Run: of.run}))
		}
	}
}

// fileStreams are how the streams of files are tried.
func (p *permissions) fileStreams() map[string]func(*caller) string {
	return map[string]func(*caller) string{
		terminal.ReadFile.Name: func(c *caller) string {
			return opens(p, c, terminal.ReadFile, terminal.ReadFileParams{Node: "den", Session: p.session.ID, Path: p.file})
		},
		terminal.WriteFile.Name: func(c *caller) string {
			return opens(p, c, terminal.WriteFile, terminal.WriteFileParams{
				Node: "den", Session: p.session.ID, Dir: filepath.Dir(p.file), Name: "sent", Size: 1, Upload: "upload" + c.kind,
			})
		},
	}
}

// opens tries to open a stream, or is told that it would take a socket.
func opens[P, R any](p *permissions, c *caller, m wire.Method[P, R], params P) string {
	if c.conn == nil {
		raw, err := json.Marshal(params)
		p.must(err)
		return cell(c.call(p.t.Context(), m.Name, raw))
	}
	_, s, err := rpc.Open(p.t.Context(), c.conn, m, params)
	if err == nil {
		s.Close(nil)
	}
	return cell(err)
}
