package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"homie/node/pty/holder"
)

const holderHelp = `
A node starts this command by itself, and people have no use for it. The process
owns the PTYs of the node with that state directory and lives on without it, as
long as programs run on them. SIGTERM hangs them up. It logs to holder.log there.`

func holderCommand(p process, f *flag.FlagSet) action {
	s := &settings{logLevel: cmp.Or(p.Env("HOMIE_LOG"), "info")}
	f.StringVar(&s.stateDir, "state-dir", "", "the node's state `directory`")
	resume := f.Int(strings.TrimLeft(holder.ResumeFlag, "-"), 0, "`descriptor` of the state to go on with")
	check := f.Int(strings.TrimLeft(holder.CheckFlag, "-"), 0, "`descriptor` of a state to read and judge")
	agent := f.Int(strings.TrimLeft(holder.AgentFlag, "-"), 0, "`descriptor` of the holder, for which this process acts as its own account")
	return func(ctx context.Context, _ []string) error {
		if *check != 0 {
			return holder.Check(*check, p.Out)
		}
		if *agent != 0 {
			return errors.Join(closeProcess(), holder.ServeAgent(ctx, *agent, version))
		}
		if s.stateDir == "" {
			return usagef("--state-dir is missing")
		}
		return s.hold(ctx, *resume)
	}
}

// hold carries a holder to its end.
func (s *settings) hold(ctx context.Context, resume int) error {
	if err := errors.Join(closeProcess(), holder.Seal()); err != nil {
		return err
	}
	out, err := openLog(filepath.Join(s.stateDir, holder.LogName))
	if err != nil {
		return err
	}
	defer out.close()
	log, err := s.logger(out)
	if err != nil {
		return err
	}
	err = serve(ctx, log, func(ctx context.Context) error {
		return holder.Run(ctx, holder.Options{
			StateDir: s.stateDir, Version: version, Resume: resume, Log: log,
			Args: []string{os.Args[0], holder.Command, "--state-dir", s.stateDir},
		})
	})
	if err != nil {
		log.Error("the terminals end", "err", err)
	}
	return err
}

// maxLog bounds a log file, in bytes. The one before it is kept.
const maxLog = 1 << 20

// sizedLog is a log file that makes room for itself.
type sizedLog struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
}

// openLog opens a log, which also takes what the runtime says of a crash.
func openLog(path string) (*sizedLog, error) {
	l := &sizedLog{path: path}
	return l, l.open()
}

func (l *sizedLog) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening a log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return fmt.Errorf("opening a log: %w", err)
	}
	l.file, l.size = f, info.Size()
	return debug.SetCrashOutput(f, debug.CrashOptions{})
}

// Write appends a line.
func (l *sizedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+int64(len(b)) > maxLog {
		l.turn()
	}
	n, err := l.file.Write(b)
	l.size += int64(n)
	return n, err
}

// turn starts the file anew. If it can't, the old one goes on.
func (l *sizedLog) turn() {
	old := l.file
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return
	}
	if err := l.open(); err != nil {
		l.file = old
		return
	}
	old.Close()
}

// close closes the file.
func (l *sizedLog) close() { l.file.Close() }
