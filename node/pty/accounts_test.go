//go:build linux || darwin

package pty_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"homie/internal/homietest"
	"homie/internal/homietest/osaccounts"
	"homie/node/pty"
	"homie/node/pty/holder"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// asMedia is a machine with other accounts, and a session of one of them.
func asMedia(t *testing.T) (osaccounts.Machine, *rpc.Conn, wire.SessionID) {
	t.Helper()
	m := osaccounts.New(t)
	c, _ := connectTo(t, pty.Options{
		Node: "den", StateDir: t.TempDir(),
		Launch: homietest.Holders(t, func(o *holder.Options) { o.Accounts, o.SharedDir = m.Database, m.Shared }),
	})
	var s terminal.Session
	homietest.Eventually(t, "a session starts", func() (err error) {
		s, err = rpc.Invoke(olivia(t), c, terminal.Start, terminal.StartParams{Account: "media", Command: []string{"cat"}, Cols: 80, Rows: 24})
		return err
	})
	return m, c, s.ID
}

func ownerOf(t *testing.T, path string) (uid, gid int) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return int(st.Uid), int(st.Gid)
}

// put makes a file of an account's.
func put(t *testing.T, path string, uid int, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte("secret"), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

// What is sent to a session of another account is that account's, and goes only
// where it may write.
func TestSendFileAsAnotherAccount(t *testing.T) {
	m, c, id := asMedia(t)
	content := random(1 << 20)
	p := terminal.WriteFileParams{Session: id, Name: "film.mkv", Size: int64(len(content)), Upload: "0123456789abcdef"}
	_, _, err := send(t, c, p, content, 300_000)
	wantReason(t, "half a file", err, wire.Canceled)
	w, done, err := send(t, c, p, content, len(content))
	if err != nil || w.Offset != 300_000 || done.Path != filepath.Join(m.Home("media"), "film.mkv") {
		t.Fatalf("going on: %+v, %+v, %v", w, done, err)
	}
	wantFile(t, done.Path, content)
	if uid, gid := ownerOf(t, done.Path); uid != osaccounts.Media || gid != osaccounts.Media {
		t.Errorf("it belongs to %d:%d", uid, gid)
	}
	p.Size = 1
	link := filepath.Join(m.Home("media"), "link")
	if err := os.Symlink("/root", link); err != nil {
		t.Fatal(err)
	}
	for i, dir := range []string{"/root", "/etc", m.Home("other"), "../other", link, m.Home("etc")} {
		p.Dir, p.Upload = dir, fmt.Sprintf("a%015d", i)
		_, _, err := send(t, c, p, []byte("x"), 1)
		wantReason(t, "a file for "+dir, err, wire.Forbidden)
	}
	// Without a session, as the account that is named.
	p = terminal.WriteFileParams{Account: "other", Name: "a", Size: 1, Upload: "1123456789abcdef"}
	if _, done, err = send(t, c, p, []byte("x"), 1); err != nil {
		t.Fatal(err)
	}
	if uid, _ := ownerOf(t, done.Path); uid != osaccounts.Other || filepath.Dir(done.Path) != m.Home("other") {
		t.Errorf("%s belongs to %d", done.Path, uid)
	}
	p.Session = id
	_, _, err = send(t, c, p, []byte("x"), 1)
	wantReason(t, "an account beside a session", err, wire.InvalidParams)
	p.Session, p.Account = "", "service"
	_, _, err = send(t, c, p, []byte("x"), 1)
	wantReason(t, "an account without a login", err, wire.Forbidden)
}

func TestReadFileAsAnotherAccount(t *testing.T) {
	m, c, id := asMedia(t)
	put(t, filepath.Join(m.Home("other"), "letter"), osaccounts.Other, 0o644) // the folder is private
	put(t, filepath.Join(m.Home("media"), "mine"), osaccounts.Media, 0o600)
	put(t, filepath.Join(m.Home("media"), "roots"), 0, 0o600) // in its folder, and not its own
	for link, to := range map[string]string{"to-shadow": "/etc/shadow", "to-letter": filepath.Join(m.Home("other"), "letter"), "to-state": m.Database.Passwd} {
		if err := os.Symlink(to, filepath.Join(m.Home("media"), link)); err != nil {
			t.Fatal(err)
		}
	}
	f, got, err := fetch(t, c, terminal.ReadFileParams{Session: id, Path: "mine"})
	if err != nil || string(got) != "secret" || f.Path != filepath.Join(m.Home("media"), "mine") {
		t.Errorf("its own file: %+v, %q, %v", f, got, err)
	}
	for _, path := range []string{"roots", "to-shadow", "to-letter", "to-state", "../other/letter", "/etc/shadow", m.Database.Passwd, "/proc/1/environ"} {
		_, got, err := fetch(t, c, terminal.ReadFileParams{Session: id, Path: path})
		wantReason(t, path, err, wire.Forbidden)
		if len(got) > 0 {
			t.Errorf("%s was read: %q", path, got)
		}
	}
	list, err := rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Session: id})
	if err != nil || list.Account != "media" || list.Home != m.Home("media") || len(list.Entries) != 5 {
		t.Errorf("its folder: %+v, %v", list, err)
	}
	_, err = rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Session: id, Dir: "../other"})
	wantReason(t, "another's folder", err, wire.Forbidden)
	list, err = rpc.Invoke(olivia(t), c, terminal.ListFiles, terminal.ListFilesParams{Account: "other", Dir: "~"})
	if err != nil || list.Account != "other" || len(list.Entries) != 1 {
		t.Errorf("another's folder, as that: %+v, %v", list, err)
	}
}

// The holder opens nothing itself: when the account's process dies, a file breaks
// off and goes on with the next one.
func TestSendFileGoesOnWithAnotherProcess(t *testing.T) {
	m, c, id := asMedia(t)
	content := random(1 << 20)
	p := terminal.WriteFileParams{Session: id, Name: "a", Size: int64(len(content)), Upload: "0123456789abcdef"}
	_, s, err := rpc.Open(olivia(t), c, terminal.WriteFile, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(nil)
	if err := s.Send(t.Context(), 0, content[:100_000]); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(m.Home("media"), terminal.PartPrefix+p.Upload+terminal.PartSuffix)
	homietest.Eventually(t, "the part grows", func() error {
		if info, err := os.Stat(part); err != nil || info.Size() != 100_000 {
			return fmt.Errorf("%v, %v", info, err)
		}
		return nil
	})
	if n := killAgents(t); n != 1 {
		t.Fatalf("%d processes act for others, want 1", n)
	}
	_, err = s.Recv(t.Context())
	wantReason(t, "a file whose process died", err, wire.Unavailable)
	w, done, err := send(t, c, p, content, len(content))
	if err != nil || w.Offset != 100_000 {
		t.Fatalf("going on: %+v, %v", w, err)
	}
	wantFile(t, done.Path, content)
}

// killAgents kills this program's children that act for media.
func killAgents(t *testing.T) (killed int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		status, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(status, fmt.Appendf(nil, "\nPPid:\t%d\n", os.Getpid())) || !bytes.Contains(status, fmt.Appendf(nil, "\nUid:\t%d\t", osaccounts.Media)) {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err != nil || !bytes.Contains(cmdline, []byte(holder.AgentFlag)) {
			continue
		}
		var pid int
		if _, err := fmt.Sscan(filepath.Base(filepath.Dir(path)), &pid); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed++
	}
	return killed
}

// What tmux keeps is looked for as the account.
func TestMultiplexersOfAnotherAccount(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed, so that its sessions can't be found")
	}
	m, c, _ := asMedia(t)
	tmux := func(args ...string) {
		t.Helper()
		cmd := exec.Command("tmux", args...)
		cmd.Dir = "/"
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.Home("media"), "LANG=C.UTF-8", "TERM=xterm-256color"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: osaccounts.Media, Gid: osaccounts.Media}}
		if out, err := cmd.CombinedOutput(); err != nil && args[0] != "kill-server" {
			t.Fatalf("tmux %q: %v %s", args, err, out)
		}
	}
	t.Cleanup(func() {
		tmux("kill-server")
		os.RemoveAll(fmt.Sprintf("/tmp/tmux-%d", osaccounts.Media))
	})
	tmux("new-session", "-d", "-s", "films", "sleep 1000")
	got, err := rpc.Invoke(olivia(t), c, terminal.Multiplexers, terminal.MultiplexerParams{Account: "media"})
	if err != nil || len(got.Sessions) != 1 || got.Sessions[0].Name != "films" {
		t.Errorf("found %+v, %v", got, err)
	}
	got, err = rpc.Invoke(olivia(t), c, terminal.Multiplexers, terminal.MultiplexerParams{Account: "other"})
	if err != nil || len(got.Sessions) != 0 {
		t.Errorf("of another one: %+v, %v", got, err)
	}
	var s terminal.Session
	s, err = rpc.Invoke(olivia(t), c, terminal.Start, terminal.StartParams{Account: "media", Command: []string{"tmux", "attach-session", "-t", "=films"}, Cols: 80, Rows: 24})
	if err != nil || !strings.Contains(strings.Join(s.Command, " "), "films") {
		t.Errorf("showing it: %+v, %v", s, err)
	}
}
