//go:build linux || darwin

package holder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// bulkSize is what a bulk benchmark prints in one go, in bytes.
const bulkSize = 32 << 20

// bulkFile returns a file of log lines with colours.
func bulkFile(b *testing.B) string {
	b.Helper()
	line := []byte("2026-01-02T03:04:05Z \x1b[32mINFO\x1b[0m unit=backup.service copied 1234 files in 5.6 s, 0 errors — ok\n")
	path := filepath.Join(b.TempDir(), "bulk")
	if err := os.WriteFile(path, bytes.Repeat(line, bulkSize/len(line)), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkBulkRaw is the limit: the same program on a bare PTY, whose output
// is read and dropped.
func BenchmarkBulkRaw(b *testing.B) {
	path := bulkFile(b)
	buf := make([]byte, turn)
	var total int64
	for b.Loop() {
		ptmx, tty, err := openTerminal(80, 24)
		if err != nil {
			b.Fatal(err)
		}
		cmd := exec.CommandContext(b.Context(), "cat", path)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		tty.Close()
		n, _ := io.CopyBuffer(onlyWriter{io.Discard}, onlyReader{ptmx}, buf)
		total += n
		ptmx.Close()
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, total)
}

// BenchmarkBulkSession is a session that nobody looks at.
func BenchmarkBulkSession(b *testing.B) {
	path := bulkFile(b)
	m := run(b, Config{})
	var total int64
	for b.Loop() {
		s := begin(b, m, "cat", path)
		<-s.Ended()
		total += int64(s.Info().Offset)
	}
	report(b, total)
}

// BenchmarkBulkViewer is a session with one viewer, who gets every byte.
func BenchmarkBulkViewer(b *testing.B) {
	path := bulkFile(b)
	m := run(b, Config{})
	var total int64
	for b.Loop() {
		s := begin(b, m, "cat", path)
		var v sink
		if err := serveFrom(b.Context(), s, &v, 0, false); err != nil {
			b.Fatal(err)
		}
		if v.next != s.Info().Offset || v.gap {
			b.Fatalf("viewer is at %d of %d, gap %v", v.next, s.Info().Offset, v.gap)
		}
		total += int64(v.next)
	}
	report(b, total)
}

// BenchmarkEcho types one byte and waits for its echo; BenchmarkEchoRaw is the
// same on a bare PTY.
func BenchmarkEcho(b *testing.B) {
	m := run(b, Config{})
	s := shell(b, m, "stty -echo raw; echo ready; exec cat")
	c, _ := attach(b, s, 0)
	c.shows(b, "ready")
	echo := &echoes{seen: make(chan struct{}, 1), keys: make(chan rpc.Chunk)}
	_, from := s.ring.Bounds()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() { _ = serveFrom(ctx, s, echo, from, false) }()
	key := rpc.Chunk{Kind: wire.Data, Data: []byte("x")}
	for b.Loop() {
		echo.keys <- key
		<-echo.seen
	}
}

func BenchmarkEchoRaw(b *testing.B) {
	ptmx, tty, err := openTerminal(80, 24)
	if err != nil {
		b.Fatal(err)
	}
	defer ptmx.Close()
	cmd := exec.CommandContext(b.Context(), "sh", "-c", "stty -echo raw; echo ready; exec cat")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	tty.Close()
	buf := make([]byte, 100)
	for all := ""; len(all) < len("ready\n"); {
		n, err := ptmx.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		all += string(buf[:n])
	}
	for b.Loop() {
		ptmx.Write(buf[:1])
		ptmx.Read(buf)
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func report(b *testing.B, total int64) {
	b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "MB/s")
}

// sink is a Stream that counts.
type sink struct {
	next uint64
	gap  bool
}

func (v *sink) Send(_ context.Context, offset uint64, p []byte) error {
	v.gap = v.gap || offset != v.next
	v.next = offset + uint64(len(p))
	return nil
}

func (v *sink) SendState(context.Context, uint64, []byte) error { return errors.New("skipped") }

func (v *sink) SendNote(context.Context, uint64, []byte) error { return nil }

func (v *sink) Recv(ctx context.Context) (rpc.Chunk, error) {
	<-ctx.Done()
	return rpc.Chunk{}, context.Cause(ctx)
}

// echoes is a Stream that tells of each byte sent.
type echoes struct {
	keys chan rpc.Chunk
	seen chan struct{}
}

func (v *echoes) Send(context.Context, uint64, []byte) error {
	v.seen <- struct{}{}
	return nil
}

func (v *echoes) SendState(context.Context, uint64, []byte) error { return errors.New("skipped") }

func (v *echoes) SendNote(context.Context, uint64, []byte) error { return nil }

func (v *echoes) Recv(ctx context.Context) (rpc.Chunk, error) {
	select {
	case p := <-v.keys:
		return p, nil
	case <-ctx.Done():
		return rpc.Chunk{}, errors.New("done")
	}
}

type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

// BenchmarkBulkRecorded is a session that nobody looks at, and that is recorded.
func BenchmarkBulkRecorded(b *testing.B) {
	path := bulkFile(b)
	m := run(b, Config{StateDir: b.TempDir()})
	m.recordings.set(recordPolicy{keep: time.Hour, quota: 1 << 40})
	var total int64
	for b.Loop() {
		s := beginWith(b, m, terminal.StartParams{Command: []string{"cat", path}, Cols: 80, Rows: 24, Record: true})
		<-s.Ended()
		info := s.Info()
		total += int64(info.Offset)
		if err := m.recordings.remove(info.Recording.ID); err != nil {
			b.Fatal(err)
		}
	}
	report(b, total)
}
