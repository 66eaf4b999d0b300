package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const playHelp = `
RECORDING is one that 'homie recordings' lists, as nas/k3v9q2mz-20260102T030405Z,
or a file of the format asciicast, version 2 or 3, such as demo.cast. It plays in
this terminal: the space bar pauses, q ends. In a pipe all of it comes at once.

  homie play nas/k3v9q2mz-20260102T030405Z --speed 4
  homie play nas/k3v9q2mz-20260102T030405Z --output demo.cast
` + targetHelp

func playCommand(p process, f *flag.FlagSet) action {
	t := targetFlags(f)
	speed := f.Float64("speed", 1, "how many `times` as fast")
	idle := f.Duration("idle", time.Second, "the longest `time` that a pause lasts; 0 leaves them as they were")
	output := f.String("output", "", "write the recording to this `file` and don't play it")
	return func(ctx context.Context, args []string) error {
		switch {
		case *speed < 0.01 || *speed > 1000:
			return usagef("--speed is %v, want 0.01 to 1000", *speed)
		case *idle < 0:
			return usagef("--idle can't be less than 0")
		case t.json:
			return usagef("a recording can't be shown as JSON; --output writes its file, which is lines of JSON")
		}
		show := &player{tty: newTTY(p), speed: *speed, idle: *idle}
		if strings.HasSuffix(args[0], castFile) {
			return playFile(ctx, args[0], show)
		}
		if !strings.Contains(args[0], "/") {
			return usagef("%s is neither a recording, such as nas/k3v9q2mz-20260102T030405Z, nor a file that ends in %s", args[0], castFile)
		}
		return t.connect(ctx, p, func(ctx context.Context, s *session) error {
			if *output != "" {
				return saveRecording(ctx, s, args[0], *output)
			}
			return playRemote(ctx, s, args[0], show)
		})
	}
}

// castFile is how the name of a recording's file ends.
const castFile = ".cast"

func playFile(ctx context.Context, path string, show *player) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening the recording: %w", err)
	}
	defer f.Close()
	return show.play(ctx, f)
}

func saveRecording(ctx context.Context, s *session, name, path string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	err = errors.Join(fetchRecording(ctx, s, name, f), f.Close())
	if err != nil {
		_ = os.Remove(path) // half of it is of no use
	}
	return err
}

// playRemote plays a recording while it comes.
func playRemote(ctx context.Context, s *session, name string, show *player) error {
	r, w := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := fetchRecording(ctx, s, name, w)
		_ = w.CloseWithError(err) // never fails
		if errors.Is(err, io.ErrClosedPipe) {
			return nil // enough was seen
		}
		return err
	})
	group.Go(func() error {
		defer func() { _ = r.Close() }() // never fails
		return show.play(ctx, r)
	})
	return group.Wait()
}

// maxCastLine bounds one line of a recording, in bytes.
const maxCastLine = 8 << 20

// player plays a recording in this program's own terminal.
type player struct {
	tty   *tty
	speed float64
	idle  time.Duration
	keys  <-chan []byte
}

// play shows what r has until its end, or until a key ends it.
func (v *player) play(ctx context.Context, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxCastLine)
	version, err := castVersion(lines)
	if err != nil {
		return err
	}
	if err := v.tty.raw(); err != nil {
		return err
	}
	defer v.tty.restore()
	if v.tty.isTerminal() {
		v.keys = v.tty.keys(ctx)
		v.tty.clear()
	}
	var at float64
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseCastEvent(line)
		if err != nil {
			return err
		}
		pause := e.at
		if version == 2 {
			pause, at = e.at-at, e.at
		}
		if ended, err := v.wait(ctx, pause); ended || err != nil {
			return err
		}
		if e.code == "o" {
			if err := v.tty.write([]byte(e.data)); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the recording: %w", err)
	}
	return nil
}

// wait waits for so many seconds of the recording; ended says that a key asked
// for the end.
func (v *player) wait(ctx context.Context, seconds float64) (ended bool, err error) {
	if !v.tty.isTerminal() {
		return false, ctx.Err()
	}
	pause := time.Duration(seconds * float64(time.Second))
	if v.idle > 0 {
		pause = min(pause, v.idle)
	}
	timer := time.NewTimer(time.Duration(float64(pause) / v.speed))
	defer timer.Stop()
	due := timer.C
	for held := false; ; {
		select {
		case p, ok := <-v.keys:
			if !ok {
				v.keys = nil
			}
			switch string(p) { // what the terminal answers the recording is none of these
			case "q", "\x03", "\x04":
				return true, nil
			case " ":
				held = !held
			}
			if held {
				due = nil
			} else {
				due = timer.C
			}
		case <-due:
			return false, nil
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// castVersion reads the first line of a recording.
func castVersion(lines *bufio.Scanner) (int, error) {
	var head struct {
		Version int `json:"version"`
	}
	if !lines.Scan() {
		if err := lines.Err(); err != nil {
			return 0, fmt.Errorf("reading the recording: %w", err)
		}
		return 0, errors.New("the recording is empty")
	}
	if json.Unmarshal(lines.Bytes(), &head) != nil || (head.Version != 2 && head.Version != 3) {
		return 0, errors.New("this is no recording of the format asciicast, version 2 or 3")
	}
	return head.Version, nil
}

type castEvent struct {
	at         float64
	code, data string
}

func parseCastEvent(line string) (e castEvent, err error) {
	var parts []json.RawMessage
	if json.Unmarshal([]byte(line), &parts) != nil || len(parts) < 3 ||
		json.Unmarshal(parts[0], &e.at) != nil || json.Unmarshal(parts[1], &e.code) != nil || json.Unmarshal(parts[2], &e.data) != nil {
		return e, errors.New("the recording is damaged: a line in it is no event")
	}
	return e, nil
}
