//go:build linux || darwin

package pty_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/node/pty"
	"homie/rpc"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

// real are the options of a node whose holder is a process of its own, which
// ends with the test.
func real(t *testing.T) pty.Options {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { endHolder(t, dir) })
	return pty.Options{Node: "den", Dir: t.TempDir(), StateDir: dir, Version: "test", Linger: time.Minute}
}

// info is what the holder of a state directory says of itself.
func info(t *testing.T, dir string) (i holder.Info, ok bool) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, holder.InfoFile))
	if errors.Is(err, os.ErrNotExist) {
		return i, false
	}
	if err != nil || json.Unmarshal(b, &i) != nil {
		t.Fatalf("reading about the holder: %q, %v", b, err)
	}
	return i, true
}

// endHolder ends the holder of a state directory and waits for that.
func endHolder(t *testing.T, dir string) {
	t.Helper()
	if i, ok := info(t, dir); ok {
		_ = syscall.Kill(i.PID, syscall.SIGTERM) // it may have ended
		gone(t, i.PID)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "holder.log")); err == nil {
		t.Logf("the holder's log:\n%s", log)
	}
}

// gone waits until a process has ended, which may be a child of this one.
func gone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for syscall.Kill(pid, 0) == nil {
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		if time.Now().After(deadline) {
			t.Fatalf("process %d has not ended", pid)
		}
		time.Sleep(time.Millisecond)
	}
}

const patience = 60 * time.Second

// copyOfSelf returns another file with the test program in it, which to a node
// is another program.
func copyOfSelf(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "homie")
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// replace asks the holder of dir, beside its node, to run another program.
func replace(t *testing.T, dir, path string) error {
	t.Helper()
	for {
		err := tryReplace(t, dir, path)
		if e, ok := errors.AsType[*wire.Error](err); ok && !e.Data.Retryable {
			return err
		}
		if errors.Is(err, rpc.ErrClosed) || t.Context().Err() != nil {
			return nil // by us, or by its node at the same time
		}
	}
}

func tryReplace(t *testing.T, dir, path string) error {
	i, _ := info(t, dir)
	c, err := rpc.Dialer{URL: "http://holder", NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", i.Socket)
	}}.Dial(t.Context())
	if err != nil {
		return err
	}
	homietest.Carry(t, c)
	if _, err := c.Hello(t.Context(), wire.ClientInfo{Kind: "test", Version: "test"}); err != nil {
		return fmt.Errorf("hello: %v", err)
	}
	_, err = rpc.Invoke(t.Context(), c, holder.Replace, holder.ReplaceParams{Path: path})
	return err
}

// collector takes a session's output through attachments that may break.
type collector struct {
	session wire.SessionID
	at      uint64
	sum     hash.Hash
}

func collect(s terminal.Session) *collector { return &collector{session: s.ID, sum: sha256.New()} }

// from reads on connection c until the session ends, the stream breaks, or stop
// says so.
func (r *collector) from(t *testing.T, c *rpc.Conn, stop func(at uint64) bool) (ended bool, err error) {
	t.Helper()
	a, st, err := rpc.Open(t.Context(), c, terminal.Attach, terminal.AttachParams{Session: r.session, Offset: &r.at})
	if err != nil {
		return false, err
	}
	defer st.Close(nil)
	if a.Skipped > 0 {
		t.Fatalf("%d bytes after byte %d are gone", a.Skipped, r.at)
	}
	for !stop(r.at) {
		chunk, err := st.Recv(t.Context())
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if chunk.Kind == wire.Note {
			continue
		}
		if chunk.Kind != wire.Data || chunk.Offset != r.at {
			t.Fatalf("chunk is at byte %d, want %d", chunk.Offset, r.at)
		}
		r.sum.Write(chunk.Data)
		r.at += uint64(len(chunk.Data))
	}
	return false, nil
}

// until reads until stop says so or the session ends, again and again if the
// stream breaks.
func (r *collector) until(t *testing.T, c *rpc.Conn, stop func(at uint64) bool) {
	t.Helper()
	for !stop(r.at) {
		ended, err := r.from(t, c, stop)
		if ended || err == nil {
			return
		}
		if wire.ReasonOf(err) != wire.Unavailable {
			t.Fatalf("the stream ended with %v, want that it is worth another try", err)
		}
	}
}

// toTheEnd reads until the session ends.
func (r *collector) toTheEnd(t *testing.T, c *rpc.Conn) {
	t.Helper()
	r.until(t, c, never)
}

func never(uint64) bool { return false }

// counted is what seq prints on a terminal.
func counted(from, to int) []byte {
	var b bytes.Buffer
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "%d\r\n", i)
	}
	return b.Bytes()
}

// want compares what arrived with what was to be.
func (r *collector) want(t *testing.T, all []byte) {
	t.Helper()
	if sum := sha256.Sum256(all); r.at != uint64(len(all)) || !bytes.Equal(r.sum.Sum(nil), sum[:]) {
		t.Errorf("%d bytes with the hash %x arrived, want %d with %x", r.at, r.sum.Sum(nil)[:4], len(all), sum[:4])
	}
}

// wantCounting compares what arrived with what a program prints that counts from
// 1 on, however far it came.
func (r *collector) wantCounting(t *testing.T) {
	t.Helper()
	sum, size := sha256.New(), uint64(0)
	for i := 1; size < r.at; i++ {
		n, _ := fmt.Fprintf(sum, "%d\r\n", i)
		size += uint64(n)
	}
	if size != r.at || !bytes.Equal(sum.Sum(nil), r.sum.Sum(nil)) {
		t.Errorf("%d bytes arrived, and they are not what was printed", r.at)
	}
}

// listed returns the one session that there is.
func listed(t *testing.T, c *rpc.Conn) terminal.Session {
	t.Helper()
	list, err := rpc.Invoke(t.Context(), c, terminal.List, terminal.ListParams{})
	if err != nil || len(list.Sessions) != 1 {
		t.Fatalf("list = %+v, %v, want one session", list, err)
	}
	return list.Sessions[0]
}

func typeInto(t *testing.T, c *rpc.Conn, s terminal.Session, text string) {
	t.Helper()
	if _, err := rpc.Invoke(t.Context(), c, terminal.Input, terminal.InputParams{Session: s.ID, Data: text}); err != nil {
		t.Fatal(err)
	}
}

// wantExit waits for the end of the session and checks its exit code.
func wantExit(t *testing.T, c *rpc.Conn, code int) {
	t.Helper()
	homietest.Eventually(t, "the session has ended", func() error {
		if s := listed(t, c); s.State != terminal.Exited || s.ExitCode == nil || *s.ExitCode != code {
			return fmt.Errorf("it is %s with %v %q, want exit code %d", s.State, s.ExitCode, s.Signal, code)
		}
		return nil
	})
}
