package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// proc is a homie process in the background of a story.
type proc struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended, with err set
	err   error

	mu     sync.Mutex
	output bytes.Buffer // both streams, in the order of their writing
	grown  chan struct{}
}

// Write takes a piece of output in.
func (p *proc) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.grown)
	p.grown = make(chan struct{})
	return p.output.Write(b)
}

// read returns the output so far, and what is closed when there is more.
func (p *proc) read() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String(), p.grown
}

// start runs homie in the background: "start NAME ARGS...".
func (s *stage) start(ts *testscript.TestScript, args []string) {
	if s.procs[args[0]] != nil {
		ts.Fatalf("there is a process %q already", args[0])
	}
	p := &proc{cmd: exec.Command(s.exe, args[1:]...), ended: make(chan struct{}), grown: make(chan struct{})}
	p.cmd.Args[0] = "homie" // see testscript.Main
	p.cmd.Env = environ(ts)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Stdout, p.cmd.Stderr = p, p
	ts.Check(p.cmd.Start())
	s.procs[args[0]] = p
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
}

// environ is the script's environment.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"HOME", "PATH", "TMPDIR", "XDG_STATE_HOME", "STATE_DIRECTORY", "SSL_CERT_FILE",
		"TS_NO_LOGS_NO_SUPPORT", "TS_ASSUME_NETWORK_UP_FOR_TEST", "TS_DEBUG_ACME_DIRECTORY_URL", "TS_AUTHKEY",
		"HOMIE_AUTHKEY", "HOMIE_TAGS", "HOMIE_HOSTNAME", "HOMIE_STATE_DIR", "HOMIE_CONTROL_URL", "HOMIE_GATEWAY",
		"HOMIE_OWNER", "HOMIE_TLS_CERT", "HOMIE_TLS_KEY", "HOMIE_HTTP", "HOMIE_LOG", "HOMIE_DIR",
		"HOMIE_AUTHKEY_FILE", "TS_AUTHKEY_FILE", "CREDENTIALS_DIRECTORY",
		"HOMIE_NODE_HOSTNAME", "HOMIE_NODE_TAGS", "HOMIE_LINGER", "HOMIE_STEP_UP", "HOMIE_LIMITS",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (s *stage) proc(ts *testscript.TestScript, name string) *proc {
	p := s.procs[name]
	if p == nil {
		ts.Fatalf("there is no process %q", name)
	}
	return p
}

// waitFor returns the first match in the output, once there is one.
func (p *proc) waitFor(ts *testscript.TestScript, want *regexp.Regexp) string {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		output, grown := p.read()
		if m := want.FindString(output); m != "" {
			return m
		}
		select {
		case <-grown:
			continue
		case <-p.ended:
			if output, _ := p.read(); !want.MatchString(output) {
				ts.Fatalf("the process ended (%v) without output that matches %q:\n%s", p.err, want, output)
			}
		case <-deadline.C:
			ts.Fatalf("the output has nothing that matches %q:\n%s", want, output)
		}
	}
}

// expect waits until the output of a process matches: "expect NAME PATTERN".
func (s *stage) expect(ts *testscript.TestScript, args []string) {
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	s.proc(ts, args[0]).waitFor(ts, want)
}

// hides checks that the output of a process has no trace of a text: "hides NAME
// TEXT".
func (s *stage) hides(ts *testscript.TestScript, args []string) {
	output, _ := s.proc(ts, args[0]).read()
	if args[1] == "" || strings.Contains(output, args[1]) {
		ts.Fatalf("the output shows %q:\n%s", args[1], output)
	}
}

// ends waits until a process ends by itself: "ends NAME CODE".
func (s *stage) ends(ts *testscript.TestScript, args []string) {
	s.await(ts, args[0], args[1], patience)
}

// stopTime is how long an orderly end may take, on a machine that does much
// else.
const stopTime = 10 * time.Second

// signal asks a process to end: "signal NAME [SIGINT]".
func (s *stage) signal(ts *testscript.TestScript, args []string) {
	sig := syscall.SIGTERM
	if len(args) > 1 && args[1] == "SIGINT" {
		sig = syscall.SIGINT
	}
	ts.Check(s.proc(ts, args[0]).cmd.Process.Signal(sig))
}

// quit ends a process in an orderly way and checks that it is one: "quit NAME
// [SIGINT]".
func (s *stage) quit(ts *testscript.TestScript, args []string) {
	s.signal(ts, args)
	s.await(ts, args[0], "0", stopTime)
}

// crash ends a process without letting it: "crash NAME".
func (s *stage) crash(ts *testscript.TestScript, args []string) {
	s.proc(ts, args[0]).end()
	delete(s.procs, args[0])
}

func (s *stage) await(ts *testscript.TestScript, name, code string, atMost time.Duration) {
	want, err := strconv.Atoi(code)
	ts.Check(err)
	p := s.proc(ts, name)
	deadline := time.NewTimer(atMost)
	defer deadline.Stop()
	started := time.Now()
	select {
	case <-p.ended:
	case <-deadline.C:
		output, _ := p.read()
		ts.Fatalf("%s has not ended after %s:\n%s", name, atMost, output)
	}
	output, _ := p.read()
	ts.Logf("%s ended after %s\n%s", name, time.Since(started).Round(time.Millisecond), output)
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%s ended with exit code %d (%v), want %d:\n%s", name, got, p.err, want, output)
	}
	ts.Check(os.WriteFile(ts.MkAbs(name+".out"), []byte(output), 0o600))
	delete(s.procs, name)
}

// end kills the process if it still runs, and waits for it.
func (p *proc) end() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return
	}
	<-p.ended
}
