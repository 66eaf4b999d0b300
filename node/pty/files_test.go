//go:build linux || darwin

package pty_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"homie/internal/homietest"
	"homie/node/pty"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// in starts a session in a folder and returns its id.
func in(t *testing.T, c *rpc.Conn, dir string, command ...string) wire.SessionID {
	t.Helper()
	var s terminal.Session
	homietest.Eventually(t, "a session starts", func() (err error) {
		s, err = rpc.Invoke(olivia(t), c, terminal.Start, terminal.StartParams{Dir: dir, Command: command, Cols: 80, Rows: 24})
		return err
	})
	return s.ID
}

// random is content of which no part is like another.
func random(size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b) // never fails
	return b
}

// send sends a part of a file and returns where it went on, and what came at the
// end.
func send(t *testing.T, c *rpc.Conn, p terminal.WriteFileParams, content []byte, upTo int) (terminal.Writing, terminal.Written, error) {
	t.Helper()
	var written terminal.Written
	w, s, err := rpc.Open(olivia(t), c, terminal.WriteFile, p)
	if err != nil {
		return w, written, err
	}
	defer s.Close(nil)
	if int(w.Offset) < upTo {
		if err := s.Send(t.Context(), uint64(w.Offset), content[w.Offset:upTo]); err != nil {
			return w, written, err
		}
	}
	if upTo < len(content) {
		s.CloseSend()
	}
	for {
		chunk, err := s.Recv(t.Context())
		if errors.Is(err, io.EOF) {
			return w, written, nil
		}
		if err != nil {
			return w, written, err
		}
		if chunk.Kind == wire.Note {
			if err := json.Unmarshal(chunk.Data, &written); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// fetch reads a file, or the rest of it.
func fetch(t *testing.T, c *rpc.Conn, p terminal.ReadFileParams) (terminal.FileInfo, []byte, error) {
	t.Helper()
	f, s, err := rpc.Open(olivia(t), c, terminal.ReadFile, p)
	if err != nil {
		return f, nil, err
	}
	defer s.Close(nil)
	var got []byte
	for {
		chunk, err := s.Recv(t.Context())
		if errors.Is(err, io.EOF) {
			return f, got, nil
		}
		if err != nil {
			return f, got, err
		}
		if want := uint64(p.Offset) + uint64(len(got)); chunk.Offset != want {
			t.Fatalf("a chunk at %d, want %d", chunk.Offset, want)
		}
		got = append(got, chunk.Data...)
	}
}

func wantReason(t *testing.T, what string, err error, want wire.Reason) {
	t.Helper()
	if got := wire.ReasonOf(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

func wantFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes that are others than the %d sent (%v)", path, len(got), len(want), err)
	}
}

// parts are what is left of files that are being sent.
func parts(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), terminal.PartPrefix) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestSendFile(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id, content := in(t, c, dir, "cat"), random(3<<20)
	p := terminal.WriteFileParams{Session: id, Name: "photo.jpg", Size: int64(len(content)), Upload: "0123456789abcdef"}

	// In two parts, and on the second stream from where the first ended.
	_, _, err := send(t, c, p, content, 1<<20+17)
	wantReason(t, "half a file", err, wire.Canceled)
	if names := parts(t, dir); len(names) != 1 {
		t.Errorf("parts: %q", names)
	}
	w, done, err := send(t, c, p, content, len(content))
	if err != nil || w.Offset != 1<<20+17 || w.Dir != dir {
		t.Fatalf("going on: %+v, %v", w, err)
	}
	if want := (terminal.Written{Name: "photo.jpg", Path: filepath.Join(dir, "photo.jpg")}); done != want {
		t.Errorf("written %+v, want %+v", done, want)
	}
	wantFile(t, done.Path, content)

	// The same name again, and an empty file.
	p.Upload = "1123456789abcdef"
	if _, done, err = send(t, c, p, content, len(content)); err != nil || done.Name != "photo (1).jpg" {
		t.Errorf("written %+v, %v", done, err)
	}
	wantFile(t, filepath.Join(dir, "photo.jpg"), content)
	if _, done, err = send(t, c, terminal.WriteFileParams{Session: id, Name: "empty", Upload: "2123456789abcdef"}, nil, 0); err != nil || done.Name != "empty" {
		t.Errorf("written %+v, %v", done, err)
	}
	wantFile(t, filepath.Join(dir, "empty"), nil)
	if names := parts(t, dir); len(names) != 0 {
		t.Errorf("parts are left: %q", names)
	}
}

// The same upload on a second stream, as of a client whose connection died
// unnoticed, ends the first.
func TestSendFileTwice(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id, content := in(t, c, dir, "cat"), random(1<<20)
	p := terminal.WriteFileParams{Session: id, Name: "a", Size: int64(len(content)), Upload: "0123456789abcdef"}
	_, first, err := rpc.Open(olivia(t), c, terminal.WriteFile, p)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close(nil)
	if err := first.Send(t.Context(), 0, content[:100_000]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := send(t, c, p, content, len(content)); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "a"), content)
	_, err = first.Recv(t.Context())
	wantReason(t, "the first stream", err, wire.Conflict)
}

func TestSendFileAstray(t *testing.T) {
	c, dir, other := connect(t), t.TempDir(), t.TempDir()
	id := in(t, c, dir, "cat")
	p := terminal.WriteFileParams{Session: id, Name: "a", Size: 3, Upload: "0123456789abcdef"}
	// A link that is there is not followed: it is what has the name.
	if err := os.Symlink(filepath.Join(other, "target"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if _, done, err := send(t, c, p, []byte("abc"), 3); err != nil || done.Name != "a (1)" {
		t.Errorf("over a link: %+v, %v", done, err)
	}
	// Nor is one in the place of the part.
	p.Upload = "1123456789abcdef"
	if err := os.Symlink(filepath.Join(other, "target"), filepath.Join(dir, terminal.PartPrefix+p.Upload+terminal.PartSuffix)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := send(t, c, p, []byte("abc"), 3); err == nil {
		t.Error("a link in the place of a part was written to")
	}
	p.Upload = "2123456789abcdef"
	if err := syscall.Mkfifo(filepath.Join(dir, terminal.PartPrefix+p.Upload+terminal.PartSuffix), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := send(t, c, p, []byte("abc"), 3)
	wantReason(t, "a pipe in the place of a part", err, wire.Conflict)
	if all, err := os.ReadDir(other); err != nil || len(all) != 0 {
		t.Errorf("outside of the folder there is %v, %v", all, err)
	}
	for _, name := range []string{"../a", "..", "/etc/x", "a\x00b", ""} {
		p.Name = name
		_, _, err := send(t, c, p, []byte("abc"), 3)
		wantReason(t, fmt.Sprintf("the name %q", name), err, wire.InvalidParams)
	}
	p.Name, p.Dir = "a", "gone"
	_, _, err = send(t, c, p, []byte("abc"), 3)
	wantReason(t, "no folder", err, wire.NotFound)
	p.Dir = "/dev/null"
	_, _, err = send(t, c, p, []byte("abc"), 3)
	wantReason(t, "no folder but a device", err, wire.InvalidParams)
	// More than was said, or from elsewhere.
	p.Dir, p.Upload = "", "3123456789abcdef"
	_, s, err := rpc.Open(olivia(t), c, terminal.WriteFile, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(nil)
	_ = s.Send(t.Context(), 0, []byte("abcd"))
	_, err = s.Recv(t.Context())
	wantReason(t, "too many bytes", err, wire.Protocol)
}

// Parts that nobody went on with for a day go when the folder is used again.
func TestSweepParts(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id := in(t, c, dir, "cat")
	old, young := terminal.PartPrefix+"oldoldold"+terminal.PartSuffix, terminal.PartPrefix+"youngyoung"+terminal.PartSuffix
	for _, name := range []string{old, young, "mine.part"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	for _, name := range []string{old, "mine.part"} {
		if err := os.Chtimes(filepath.Join(dir, name), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := send(t, c, terminal.WriteFileParams{Session: id, Name: "a", Size: 1, Upload: "0123456789abcdef"}, []byte("x"), 1); err != nil {
		t.Fatal(err)
	}
	if got := parts(t, dir); !slices.Equal(got, []string{young}) {
		t.Errorf("left: %q", got)
	}
	wantFile(t, filepath.Join(dir, "mine.part"), []byte("x"))
}

func TestMaxUpload(t *testing.T) {
	c, _ := connectTo(t, pty.Options{Node: "den", Dir: t.TempDir(), StateDir: t.TempDir(), Launch: homietest.Holders(t), MaxUpload: 2})
	_, _, err := send(t, c, terminal.WriteFileParams{Name: "a", Size: 3, Upload: "0123456789abcdef"}, []byte("abc"), 3)
	wantReason(t, "a file over --max-upload", err, wire.TooLarge)
	if _, _, err := send(t, c, terminal.WriteFileParams{Name: "a", Size: 2, Upload: "0123456789abcdef"}, []byte("ab"), 2); err != nil {
		t.Error(err)
	}
}

// A disk that is full says so before, if it can be known, and keeps what came
// otherwise.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	c := connect(t)
	id, content := in(t, c, "/", "cat"), random(2<<20)
	_, _, err := send(t, c, terminal.WriteFileParams{Session: id, Dir: dir, Name: "a", Size: 2 << 20, Upload: "0123456789abcdef"}, content, len(content))
	wantReason(t, "a file that does not fit", err, wire.Conflict)
	if err == nil || !strings.Contains(err.Error(), "1.0 MB are free") {
		t.Errorf("it says %v", err)
	}
	if got := parts(t, dir); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
	// It fills up while a file comes.
	p := terminal.WriteFileParams{Session: id, Dir: dir, Name: "b", Size: 900 << 10, Upload: "1123456789abcdef"}
	_, s, err := rpc.Open(olivia(t), c, terminal.WriteFile, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(nil)
	if err := os.WriteFile(filepath.Join(dir, "other"), random(700<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = s.Send(t.Context(), 0, content[:900<<10])
	_, err = s.Recv(t.Context())
	wantReason(t, "a disk that fills up", err, wire.Conflict)
	if err := os.Remove(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	w, done, err := send(t, c, p, content[:900<<10], 900<<10)
	if err != nil || w.Offset == 0 {
		t.Errorf("going on: %+v, %v", w, err)
	}
	wantFile(t, done.Path, content[:900<<10])
}

func TestReadFile(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id, content := in(t, c, dir, "cat"), random(1<<20+5)
	path := filepath.Join(dir, "a.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, got, err := fetch(t, c, terminal.ReadFileParams{Session: id, Path: "a.bin"})
	if err != nil || !bytes.Equal(got, content) || f.Path != path || f.Size != int64(len(content)) {
		t.Fatalf("%+v, %d bytes, %v", f, len(got), err)
	}
	length := int64(10)
	if _, got, err = fetch(t, c, terminal.ReadFileParams{Session: id, Path: path, Offset: 1 << 20, Version: f.Version}); err != nil || !bytes.Equal(got, content[1<<20:]) {
		t.Errorf("the rest: %d bytes, %v", len(got), err)
	}
	if _, got, err = fetch(t, c, terminal.ReadFileParams{Session: id, Path: path, Offset: 7, Length: &length}); err != nil || !bytes.Equal(got, content[7:17]) {
		t.Errorf("a part: %d bytes, %v", len(got), err)
	}
	if err := os.WriteFile(path, append(content, 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = fetch(t, c, terminal.ReadFileParams{Session: id, Path: path, Offset: 7, Version: f.Version})
	wantReason(t, "the rest of another version", err, wire.Conflict)
}

// What is no file is refused at once, with words.
func TestReadNoFile(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id := in(t, c, dir, "cat")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]wire.Reason{
		"pipe": wire.InvalidParams, "/dev/zero": wire.InvalidParams, ".": wire.InvalidParams,
		"dangling": wire.NotFound, "none": wire.NotFound, "pipe/x": wire.InvalidParams, "": wire.InvalidParams, "a\x00": wire.InvalidParams,
	} {
		ctx, stop := context.WithTimeout(olivia(t), 10*time.Second)
		_, _, err := rpc.Open(ctx, c, terminal.ReadFile, terminal.ReadFileParams{Session: id, Path: path})
		stop()
		wantReason(t, fmt.Sprintf("reading %q", path), err, want)
	}
	_, _, err := rpc.Open(olivia(t), c, terminal.ReadFile, terminal.ReadFileParams{Session: "nosuch", Path: "/etc/hosts"})
	wantReason(t, "no session", err, wire.NotFound)
}

// The folder is that of the program in the foreground, or what the shell says.
func TestListFiles(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	sub := filepath.Join(dir, "sub dir")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(sub, "b.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b.txt", filepath.Join(sub, "a-link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(sub, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(sub, "d"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := in(t, c, dir, "/bin/sh", "-c", `cd 'sub dir' && printf '\033]7;file://%s\007' "$PWD" && cat`)
	var got terminal.Folder
	homietest.Eventually(t, "the session is in the sub folder", func() (err error) {
		got, err = rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Session: id})
		if err == nil && got.Dir != sub {
			err = fmt.Errorf("it is in %q", got.Dir)
		}
		return err
	})
	var said []string
	for _, e := range got.Entries {
		said = append(said, fmt.Sprintf("%s %s %d", e.Name, e.Kind, e.Size))
	}
	if want := []string{"a-link file 5", "b.txt file 5", "c folder 0", "d other 0"}; !slices.Equal(said, want) || got.More {
		t.Errorf("%q, want %q", said, want)
	}
	if got, err := rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Session: id, Dir: ".."}); err != nil || got.Dir != dir {
		t.Errorf("above it is %q, %v", got.Dir, err)
	}
	for i := range terminal.MaxEntries + 1 {
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Session: id}); err != nil || !got.More || len(got.Entries) != terminal.MaxEntries {
		t.Errorf("%d entries, more: %v, %v", len(got.Entries), got.More, err)
	}
}

// No session has more than its share of files under way, and those who leave
// make room.
func TestManyFiles(t *testing.T) {
	c, dir := connect(t), t.TempDir()
	id := in(t, c, dir, "cat")
	open := func(n int) (*rpc.Stream, error) {
		_, s, err := rpc.Open(olivia(t), c, terminal.WriteFile, terminal.WriteFileParams{Session: id, Name: "a", Size: 9, Upload: fmt.Sprintf("upload%06d", n)})
		return s, err
	}
	var streams []*rpc.Stream
	for n := range 16 {
		s, err := open(n)
		if err != nil {
			t.Fatalf("file %d: %v", n, err)
		}
		defer s.Close(nil)
		streams = append(streams, s)
	}
	_, err := open(16)
	wantReason(t, "one more", err, wire.Busy)
	streams[0].Close(wire.Errorf(wire.Canceled, "enough"))
	homietest.Eventually(t, "there is room again", func() error {
		s, err := open(17)
		if err == nil {
			s.Close(nil)
		}
		return err
	})
}
