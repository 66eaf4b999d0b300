//go:build linux || darwin

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"homie/wire/jobs"
)

// Times of a runner.
const (
	// drainTime is how long output is waited for from who left the group.
	drainTime = time.Second
	// tellEvery is the least time between two words on how far it is.
	tellEvery = 250 * time.Millisecond
	// groupPoll is how often it is looked whether a group has gone.
	groupPoll = 20 * time.Millisecond
	// reserve is the room for the outcome, in bytes, taken while there is some.
	reserve = 8 << 10
)

// Run carries the run of a folder to its end. The error is for the log: what
// concerns the run is in its outcome.
func Run(dir string) error {
	if err := seal(); err != nil {
		return err
	}
	asked := make(chan os.Signal, 4)
	signal.Notify(asked, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	f, err := Load(dir)
	if err != nil {
		return err
	}
	if _, ended := Ended(dir); ended {
		return errors.New("this run has ended already")
	}
	if err := begin(dir); err != nil {
		return err
	}
	r := &run{dir: dir, spec: f.Spec, log: newLog(dir, f.Spec.MaxLog), asked: asked}
	o := r.carry()
	o.EndedAt = time.Now()
	return finish(dir, o)
}

// begin makes the file that can be made once, and takes room for the outcome.
func begin(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, reserveFile), []byte(strings.Repeat(" ", reserve)), 0o600); err != nil {
		return fmt.Errorf("taking room for how a run ends: %w", err)
	}
	s, err := os.OpenFile(filepath.Join(dir, startedFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("noting that a run starts: %w", err)
	}
	_, err = s.WriteString(strconv.Itoa(os.Getpid()))
	return errors.Join(err, s.Close())
}

// finish writes the outcome into the room that was taken for it.
func finish(dir string, o Outcome) error {
	b, err := encode(o)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, reserveFile)
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return End(dir, o)
	}
	_, err = out.WriteAt(b, 0)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("writing how a run ended: %w", err)
	}
	if err := os.Rename(path, filepath.Join(dir, outcomeFile)); err != nil {
		return fmt.Errorf("writing how a run ended: %w", err)
	}
	return nil
}

// run is a program that runs.
type run struct {
	dir   string
	spec  Spec
	log   *logWriter
	lines lines
	asked <-chan os.Signal

	told     Progress  // as last written
	toldAt   time.Time // when that was
	tempDir  string    // of the script, "" for none
	group    int
	stopping bool
	why      Outcome     // why it is ended, once stopping
	kill     *time.Timer // when it is forced to
}

// carry starts the program and returns how it ended.
func (r *run) carry() (o Outcome) {
	defer r.log.close()
	out, in, err := os.Pipe()
	if err != nil {
		return broken("%v", err)
	}
	defer out.Close()
	exited, err := r.start(in)
	in.Close()
	defer r.removeScript()
	if err != nil {
		return broken("%v", err)
	}
	output := make(chan []byte)
	done := make(chan struct{})
	defer close(done)
	go pump(out, output, done)
	o = r.attend(exited, output)
	r.lines.end()
	o.Progress = r.progress()
	if r.log.fault != nil {
		o.Why = strings.TrimSpace(o.Why + fmt.Sprintf(" Its log is not complete: %v.", reason(r.log.fault)))
	}
	return o
}

func broken(format string, args ...any) Outcome {
	return Outcome{Outcome: jobs.Broken, Why: fmt.Sprintf(format, args...)}
}

// pump hands over what is printed, in two buffers in turn, so that one is filled
// while the other is kept.
func pump(out *os.File, to chan<- []byte, done <-chan struct{}) {
	defer close(to)
	var bufs [3][64 << 10]byte // one filled, one waiting, one in use
	for i := 0; ; i = (i + 1) % len(bufs) {
		n, err := out.Read(bufs[i][:])
		if n > 0 {
			select {
			case to <- bufs[i][:n]:
			case <-done:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// attend keeps what is printed until the program and its group have ended.
func (r *run) attend(exited <-chan unix.WaitStatus, output <-chan []byte) Outcome {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	timeout, drained := newAlarm(), newAlarm()
	defer timeout.Stop()
	defer drained.Stop()
	r.kill = newAlarm()
	defer r.kill.Stop()
	if r.spec.Timeout > 0 {
		timeout.Reset(r.spec.Timeout)
	}
	if by, ok := askedToEnd(r.dir); ok {
		r.stop(Outcome{Outcome: jobs.Cancelled, By: by})
	}
	var end *unix.WaitStatus
	for {
		select {
		case p, more := <-output:
			if !more {
				output = nil
				if end != nil {
					return r.outcome(*end)
				}
				continue
			}
			r.log.add(p)
			r.lines.add(p)
		case status := <-exited:
			end, exited = &status, nil
			timeout.Stop()
			r.kill.Stop()
			r.clear()
			if output == nil {
				return r.outcome(status)
			}
			drained.Reset(drainTime)
		case <-drained.C:
			return r.outcome(*end)
		case <-r.asked:
			if by, ok := askedToEnd(r.dir); ok {
				r.stop(Outcome{Outcome: jobs.Cancelled, By: by})
			} else {
				r.stop(Outcome{Outcome: jobs.Cancelled, Why: "The machine was going down.", By: "the machine"})
			}
		case <-timeout.C:
			r.stop(Outcome{Outcome: jobs.TimedOut, Why: fmt.Sprintf("It took longer than the %v that it may.", r.spec.Timeout)})
		case <-r.kill.C:
			_ = unix.Kill(-r.group, unix.SIGKILL) // what is gone needs none
		case <-tick.C:
			r.tell()
		}
	}
}

// newAlarm returns a timer that is not set.
func newAlarm() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// stop asks the group to end, once, and has it forced to after the grace.
func (r *run) stop(why Outcome) {
	if r.stopping {
		return
	}
	r.stopping, r.why = true, why
	r.kill.Reset(r.spec.Grace)
	_ = unix.Kill(-r.group, unix.SIGTERM) // what is gone needs none
	_ = unix.Kill(-r.group, unix.SIGCONT)
}

// clear ends what the program has left behind in its group.
func (r *run) clear() {
	if unix.Kill(-r.group, 0) != nil {
		return
	}
	_ = unix.Kill(-r.group, unix.SIGTERM)
	_ = unix.Kill(-r.group, unix.SIGCONT)
	ctx, cancel := context.WithTimeout(context.Background(), min(r.spec.Grace, drainTime))
	defer cancel()
	poll := time.NewTicker(groupPoll)
	defer poll.Stop()
	for unix.Kill(-r.group, 0) == nil {
		select {
		case <-poll.C:
		case <-ctx.Done():
			_ = unix.Kill(-r.group, unix.SIGKILL)
			return
		}
	}
}

// outcome puts an end into words.
func (r *run) outcome(status unix.WaitStatus) Outcome {
	o := Outcome{}
	if r.stopping {
		o = r.why
	}
	switch {
	case status.Signaled():
		o.Signal = unix.SignalName(status.Signal())
		if !r.stopping {
			o.Outcome, o.Why = jobs.Signaled, fmt.Sprintf("It was ended by the signal %s.", o.Signal)
		}
	default:
		code := status.ExitStatus()
		o.ExitCode = &code
		switch {
		case r.stopping:
		case code == 0:
			o.Outcome = jobs.Succeeded
		default:
			o.Outcome, o.Why = jobs.Failed, fmt.Sprintf("It ended with exit code %d.", code)
		}
	}
	return o
}

func (r *run) progress() Progress {
	return Progress{Percent: r.lines.percent, Doing: r.lines.doing, LastLine: r.lines.last, LogBytes: r.log.at}
}

// tell writes how far it is, if there is news.
func (r *run) tell() {
	p := r.progress()
	same := p.Doing == r.told.Doing && p.LastLine == r.told.LastLine && p.LogBytes == r.told.LogBytes &&
		(p.Percent == nil) == (r.told.Percent == nil) && (p.Percent == nil || *p.Percent == *r.told.Percent)
	if same || time.Since(r.toldAt) < tellEvery {
		return
	}
	if write(r.dir, progressFile, p) == nil { // on a full disk there is none
		r.told, r.toldAt = p, time.Now()
	}
}

// start runs the program, with what it prints going to in.
func (r *run) start(in *os.File) (<-chan unix.WaitStatus, error) {
	argv := r.spec.Argv
	if r.spec.Script != "" {
		path, err := r.writeScript()
		if err != nil {
			return nil, err
		}
		argv = append(append([]string{}, argv...), path)
	}
	path, err := find(argv[0], r.spec.Env)
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	attr := &os.ProcAttr{Dir: r.spec.Dir, Env: r.spec.Env, Files: []*os.File{null, in, in}, Sys: attributes()}
	if a := r.spec.As; a != nil {
		attr.Sys.Credential = &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: a.Groups}
	}
	begun, exited := make(chan error, 1), make(chan unix.WaitStatus, 1)
	go func() {
		runtime.LockOSThread() // the program goes when this thread does, see attributes
		p, err := os.StartProcess(path, argv, attr)
		if err == nil {
			r.group = p.Pid
		}
		begun <- err
		if err != nil {
			return
		}
		state, err := p.Wait()
		if err != nil {
			exited <- unix.WaitStatus(unix.SIGKILL) // somebody else waited for it
			return
		}
		exited <- unix.WaitStatus(state.Sys().(syscall.WaitStatus))
	}()
	if err := <-begun; err != nil {
		return nil, startError(path, r.spec.Dir, err)
	}
	return exited, nil
}

// startError says in words why a program can't be started.
func startError(path, dir string, err error) error {
	if info, statErr := os.Stat(dir); statErr != nil || !info.IsDir() {
		return fmt.Errorf("the directory %s is not there", dir)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%s can't be started in %s: %w", path, dir, errno)
	}
	return fmt.Errorf("%s can't be started: %w", path, err)
}

// find looks for a program as the job's own environment has it.
func find(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			path = v
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		at := filepath.Join(dir, name)
		if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return at, nil
		}
	}
	return "", fmt.Errorf("there is no program %q in %s", name, path)
}

// writeScript puts the script where its account can read it and nobody else can
// change it.
func (r *run) writeScript() (path string, err error) {
	dir := r.dir
	if r.spec.As != nil {
		if dir, err = os.MkdirTemp("", "homie-job-"); err != nil {
			return "", fmt.Errorf("making a folder for the script: %w", err)
		}
		r.tempDir = dir
	}
	path = filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte(r.spec.Script), 0o600); err != nil {
		return "", fmt.Errorf("writing the script: %w", err)
	}
	if a := r.spec.As; a != nil {
		if err := errors.Join(os.Chown(path, int(a.UID), int(a.GID)), os.Chown(dir, int(a.UID), int(a.GID))); err != nil {
			return "", fmt.Errorf("giving the script to %s: %w", a.Name, err)
		}
	}
	return path, nil
}

func (r *run) removeScript() {
	if r.tempDir != "" {
		_ = os.RemoveAll(r.tempDir) // one that stays is private to its account
	}
}

// seal keeps what this process was started with, the lock above all, from the
// program that it starts.
func seal() error {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return fmt.Errorf("looking at open descriptors: %w", err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}
