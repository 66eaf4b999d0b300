//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// recorded is the file of a session's latest recording.
func recorded(t testing.TB, m *Manager, s *Session) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(m.recordings.dir, string(s.recorder.Load().id)+castSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// recording starts a session that is recorded from its first byte.
func recording(t testing.TB, m *Manager, script string) *Session {
	t.Helper()
	return beginWith(t, m, terminal.StartParams{Name: "tests", Command: []string{"sh", "-c", script}, Cols: 80, Rows: 24, Record: true})
}

// A recording from the start has every byte, and how it ended.
func TestRecordingHasEveryByte(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := recording(t, m, `i=0; while [ $i -lt 2000 ]; do printf '\033[3%dm%d é漢😀 \\ " \t\a\n' $((i%8)) $i; i=$((i+1)); done; exit 3`)
	want := output(t, s)
	file := recorded(t, m, s)
	p := play(t, file)
	if string(p.text) != want {
		t.Errorf("the recording has %d bytes, the session printed %d; they differ", len(p.text), len(want))
	}
	if x := p.of("x"); len(x) != 1 || x[0].data != "3" || p.events[len(p.events)-1] != x[0] {
		t.Errorf("the end is recorded as %+v, want one with 3", x)
	}
	if p.head.Title != "tests" || p.head.Term.Cols != 80 || p.head.Term.Rows != 24 || !strings.HasPrefix(p.head.Command, "sh -c") || p.head.Env["TERM"] == "" {
		t.Errorf("the head is %+v", p.head)
	}
	info := s.Info().Recording
	if info == nil || info.EndedAt == nil || info.Why != terminal.RecordingExited || info.Bytes != uint64(len(file)) || info.By != "Olivia on olivia-laptop" {
		t.Errorf("the session says %+v of a file of %d bytes", info, len(file))
	}
	list, err := m.recordings.list()
	if err != nil || len(list) != 1 {
		t.Fatalf("list = %+v, %v", list, err)
	}
	if r := list[0]; r.Session != s.id || r.Name != "tests" || r.Live || r.Bytes != uint64(len(file)) || r.Owner != "Olivia on olivia-laptop" || r.Account == "" {
		t.Errorf("the list says %+v", r)
	}
	if mode := must(os.Stat(filepath.Join(m.recordings.dir, string(list[0].ID)+castSuffix))).Mode().Perm(); mode != 0o600 {
		t.Errorf("the file's mode is %o", mode)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A character whose bytes come apart is one in the recording, and what is none is
// U+FFFD.
func TestRecordingJoinsCharacters(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := recording(t, m, `for b in 303 251 346 274 242 360 237 230 200 377 141; do printf "\\$b"; sleep 0.01; done; printf '\342\202'`)
	output(t, s)
	p := play(t, recorded(t, m, s))
	if got, want := string(p.text), "é漢😀\uFFFDa\uFFFD\uFFFD"; got != want {
		t.Errorf("recorded %q, want %q", got, want)
	}
	for _, e := range p.of("o")[:3] {
		if len([]rune(e.data)) != 1 {
			t.Errorf("recorded %q at once", e.data)
		}
	}
}

// A change of size stands where it happened, between the bytes before and after.
func TestRecordingHasSizes(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := recording(t, m, `stty -echo; trap 'stty size' WINCH; echo ready; while :; do read x; [ "$x" = q ] && exit; done`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	for i := range 20 {
		if err := s.Resize(81+i, 25+i); err != nil {
			t.Fatal(err)
		}
		c.shows(t, fmt.Sprintf("%d %d\r\n", 25+i, 81+i))
	}
	c.types(t, "q\n")
	want := output(t, s)
	p := play(t, recorded(t, m, s))
	if string(p.text) != want {
		t.Errorf("recorded %q, want %q", p.text, want)
	}
	sizes := p.of("r")
	if len(sizes) != 20 {
		t.Fatalf("%d changes of size, want 20", len(sizes))
	}
	for i, e := range sizes {
		printed := strings.Index(want, fmt.Sprintf("%d %d\r\n", 25+i, 81+i))
		if e.data != fmt.Sprintf("%dx%d", 81+i, 25+i) || e.at > printed || printed-e.at > 2 {
			t.Errorf("size %s stands at byte %d, what was printed for it at %d", e.data, e.at, printed)
		}
	}
}

// A recording that begins in the middle begins with what is shown, and one that
// is stopped ends there.
func TestRecordingInTheMiddle(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := shell(t, m, `stty -echo; printf 'gone\033[2J\033[Hshown\n'; echo ready; while read x; do echo "got $x"; done`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	s.screen.work.Wait()
	info, err := m.Record(s.id, "Max on max-phone")
	if err != nil || info.Recording == nil || info.Recording.EndedAt != nil || info.Recording.By != "Max on max-phone" {
		t.Fatalf("Record = %+v, %v", info.Recording, err)
	}
	if again, err := m.Record(s.id, "Olivia"); err != nil || again.Recording.ID != info.Recording.ID {
		t.Errorf("recording what is recorded = %+v, %v", again.Recording, err)
	}
	c.types(t, "one\n")
	c.shows(t, "got one")
	if err := m.recordings.remove(info.Recording.ID); wire.ReasonOf(err) != wire.Conflict {
		t.Errorf("deleting a recording that goes on = %v", err)
	}
	info, err = m.StopRecording(t.Context(), s.id, "Olivia on olivia-laptop")
	if r := info.Recording; err != nil || r.EndedAt == nil || r.Why != terminal.RecordingStopped || r.EndedBy != "Olivia on olivia-laptop" {
		t.Fatalf("StopRecording = %+v, %v", r, err)
	}
	c.types(t, "two\n")
	c.shows(t, "got two")
	p := play(t, recorded(t, m, s))
	if got, want := draw(80, 24, p.text), "shown\nready\ngot one"; got != want {
		t.Errorf("the recording shows %q, want %q", got, want)
	}
	if len(p.of("x")) != 0 || bytes.Contains(p.text, []byte("gone")) {
		t.Errorf("recorded %q and %+v", p.text, p.of("x"))
	}
	if _, err := m.Record(s.id, "Max"); err != nil { // once more
		t.Fatal(err)
	}
	if list := must(m.recordings.list()); len(list) != 2 || !list[0].Live || list[1].Live {
		t.Errorf("list = %+v", list)
	}
	if err := m.recordings.remove(info.Recording.ID); err != nil || len(must(m.recordings.list())) != 1 {
		t.Errorf("deleting = %v", err)
	}
}

// Markers stand where commands end.
func TestRecordingHasMarkers(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := recording(t, m, `printf 'one\033]133;D;0\007two\033]133;D;1\033\\three'`)
	output(t, s)
	p := play(t, recorded(t, m, s))
	marks := p.of("m")
	if len(marks) != 2 || marks[0].data != "command finished, exit 0" || marks[1].data != "command finished, exit 1" ||
		!bytes.HasPrefix(p.text[marks[0].at:], []byte("two")) || !bytes.HasPrefix(p.text[marks[1].at:], []byte("three")) {
		t.Errorf("markers %+v in %q", marks, p.text)
	}
}

// slowDisk takes so many bytes at a time, and then rests.
type slowDisk struct {
	castFile
	pace func(n int)
}

func (d slowDisk) Write(p []byte) (n int, err error) {
	d.pace(len(p))
	return d.castFile.Write(p)
}

// A slow disk holds the program up, and nothing is lost; when it takes nothing
// at all any more, the recording is given up and the session goes on.
func TestRecordingToASlowDisk(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	m.recordings.wrap = func(f castFile) castFile {
		return slowDisk{f, func(int) { time.Sleep(3 * time.Millisecond) }}
	}
	s := recording(t, m, `seq 1 600000`)
	end(t, s)
	p := play(t, recorded(t, m, s))
	var want bytes.Buffer
	for i := 1; i <= 600_000; i++ {
		fmt.Fprintf(&want, "%d\r\n", i)
	}
	if !bytes.Equal(p.text, want.Bytes()) {
		t.Errorf("recorded %d bytes, want %d", len(p.text), want.Len())
	}
}

func TestRecordingGivenUp(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	stuck := make(chan struct{})
	var once sync.Once
	defer once.Do(func() { close(stuck) })
	first := true
	m.recordings.wrap = func(f castFile) castFile {
		return slowDisk{f, func(int) {
			if first { // the head
				first = false
				return
			}
			<-stuck
		}}
	}
	s := recording(t, m, "echo ready; exec cat")
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	info, err := m.StopRecording(ctx, s.id, "Olivia")
	if r := info.Recording; err != nil || r.Why != terminal.RecordingSlow {
		t.Errorf("StopRecording on a disk that hangs = %+v, %v", r, err)
	}
	c.types(t, "still here\n")
	c.shows(t, "still here")
	once.Do(func() { close(stuck) })
	s.recorder.Load().work.Wait()
}

// A recording ends when it has the size it may have, or all have, and the
// session goes on.
func TestRecordingBounds(t *testing.T) {
	const script = `stty -echo; seq 1 100000; echo ready; read x; echo after`
	for why, policy := range map[terminal.RecordingEnd]recordPolicy{
		terminal.RecordingCap:   {keep: time.Hour, quota: 1 << 20},
		terminal.RecordingQuota: {keep: time.Hour, quota: 1 << 20},
	} {
		m := run(t, Config{StateDir: t.TempDir()})
		m.recordings.set(policy)
		if why == terminal.RecordingQuota {
			m.recordings.grants["other"] = 900 << 10 // what others have
		}
		s := recording(t, m, script)
		c, _ := attach(t, s, 0)
		c.shows(t, "ready")
		c.until(t, "the end of the recording", func() bool { return s.Info().Recording.EndedAt != nil })
		if r := s.Info().Recording; r.Why != why {
			t.Errorf("it ended because of %q, want %q", r.Why, why)
		}
		file := recorded(t, m, s)
		if p := play(t, file); len(file) == 0 || int64(len(file)) > policy.quota/castShare || !bytes.HasPrefix(counted(100_000), p.text) || file[len(file)-1] != '\n' {
			t.Errorf("%s: the file has %d bytes", why, len(file))
		}
		c.types(t, "\n")
		c.shows(t, "after")
	}
}

// counted is what seq prints.
func counted(n int) []byte {
	var b bytes.Buffer
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%d\r\n", i)
	}
	return b.Bytes()
}

// A machine that records everything does so from the first byte, and nobody can
// stop it; when it no longer wants to, that ends.
func TestRecordingByPolicy(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	before := shell(t, m, "stty -echo; echo before; exec cat")
	c, _ := attach(t, before, 0)
	c.shows(t, "before")
	all := m.recordings.current()
	all.all = true
	m.SetRecording(all)
	if r := before.Info().Recording; r == nil || !r.Policy || r.By != "" {
		t.Errorf("a session that ran is recorded as %+v", r)
	}
	s := shell(t, m, "echo first; exec cat")
	if r := s.Info().Recording; r == nil || !r.Policy {
		t.Fatalf("a new session is recorded as %+v", r)
	}
	if _, err := m.StopRecording(t.Context(), s.id, "Max"); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("stopping it = %v, want it refused", err)
	}
	c2, _ := attach(t, s, 0)
	c2.shows(t, "first")
	all.all = false
	m.SetRecording(all)
	if r := s.Info().Recording; r.EndedAt == nil || r.Why != terminal.RecordingStopped {
		t.Errorf("without the policy: %+v", r)
	}
	if p := play(t, recorded(t, m, s)); string(p.text) != "first\r\n" {
		t.Errorf("recorded %q", p.text)
	}
}

// follower takes the bytes of a recording.
type follower struct {
	Stream
	mu   sync.Mutex
	got  []byte
	more chan struct{}
}

func (f *follower) Send(_ context.Context, offset uint64, p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if offset != uint64(len(f.got)) {
		return fmt.Errorf("bytes at %d, want %d", offset, len(f.got))
	}
	f.got = append(f.got, p...)
	wake(f.more)
	return nil
}

func (f *follower) Recv(context.Context) (rpc.Chunk, error) { return rpc.Chunk{}, errors.New("no") }

// A recording can be followed while it is made.
func TestRecordingIsFollowed(t *testing.T) {
	m := run(t, Config{StateDir: t.TempDir()})
	s := recording(t, m, "stty -echo; echo ready; while read x; do echo $x; done")
	id := s.recorder.Load().id
	f := &follower{more: make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() {
		done <- m.recordings.send(t.Context(), f, terminal.RecordingReadParams{Recording: id, Follow: true})
	}()
	c, _ := attach(t, s, 0)
	c.shows(t, "ready")
	c.types(t, "word\n")
	for late := time.After(patience); ; {
		f.mu.Lock()
		has := bytes.Contains(f.got, []byte("word"))
		f.mu.Unlock()
		if has {
			break
		}
		select {
		case <-f.more:
		case <-late:
			t.Fatal("what is printed does not come")
		}
	}
	s.End()
	if err := served(t, done); err != nil {
		t.Errorf("following ended with %v", err)
	}
	if !bytes.Equal(f.got, recorded(t, m, s)) {
		t.Error("what came is not the file")
	}
	plain := &follower{more: make(chan struct{}, 1)}
	if err := m.recordings.send(t.Context(), plain, terminal.RecordingReadParams{Recording: id}); err != nil || !bytes.Equal(plain.got, f.got) {
		t.Errorf("reading it = %v", err)
	}
	if err := m.recordings.send(t.Context(), plain, terminal.RecordingReadParams{Recording: "zzzz-20260101T000000Z"}); wire.ReasonOf(err) != wire.NotFound {
		t.Errorf("reading what is not there = %v", err)
	}
}
