package multiplexer

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homie/wire/terminal"
)

// tmuxServer is a real tmux with its sockets in a folder of the test's.
func tmuxServer(t *testing.T) (f Finder, tmux func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed, so that its sessions can't be found")
	}
	dir := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMUX_TMPDIR=" + dir, "LANG=C.UTF-8", "TERM=xterm-256color"}
	tmux = func(args ...string) string {
		t.Helper()
		cmd := exec.Command("tmux", args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %q: %v %s", args, err, out)
		}
		return string(out)
	}
	t.Cleanup(func() {
		for _, server := range []string{"default", "work"} {
			cmd := exec.Command("tmux", "-L", server, "kill-server")
			cmd.Env = env
			_ = cmd.Run() // there may be none
		}
	})
	return Finder{Environ: env}, tmux
}

func TestTmux(t *testing.T) {
	f, tmux := tmuxServer(t)
	if got := f.List(t.Context()); len(got) != 0 {
		t.Fatalf("without a server there are %+v", got)
	}
	hostile := "-n a\tb;$(x) ü"
	tmux("new-session", "-d", "-s", "photos", "sleep 1000")
	tmux("new-window", "-t", "=photos:", "sleep 1000")
	tmux("new-session", "-d", "-s", hostile, "sleep 1000")
	tmux("-L", "work", "new-session", "-d", "-s", "photos", "sleep 1000")
	began := time.Now()
	got := f.List(t.Context())
	if len(got) != 3 {
		t.Fatalf("found %+v, want three sessions", got)
	}
	for _, m := range got {
		if m.Kind != terminal.Tmux || m.Attached != 0 || m.CreatedAt == nil || began.Sub(*m.CreatedAt).Abs() > time.Minute {
			t.Errorf("found %+v", m)
		}
		// Its command shows exactly that one: has-session understands the same target.
		i := slices.Index(m.Command, "attach-session")
		check := append(slices.Clone(m.Command[1:i]), "has-session", "-t", m.Command[i+2])
		tmux(check...)
	}
	i := slices.IndexFunc(got, func(m terminal.Multiplexer) bool { return m.Socket != "" })
	if m := got[i]; m.Name != "photos" || m.Command[1] != "-S" || m.Command[2] != m.Socket || filepath.Base(m.Socket) != "work" {
		t.Errorf("of the other server there is %+v", m)
	}
	i = slices.IndexFunc(got, func(m terminal.Multiplexer) bool { return m.Name == "photos" && m.Socket == "" })
	if m := got[i]; m.Windows != 2 || !cmp.Equal(m.Command, []string{"tmux", "attach-session", "-t", "=photos"}) {
		t.Errorf("photos is %+v, want two windows", m)
	}
}

// Whoever can write to the folder with the sockets could offer servers of their
// own.
func TestTmuxFolderOfOthers(t *testing.T) {
	f, tmux := tmuxServer(t)
	tmux("new-session", "-d", "-s", "photos", "sleep 1000")
	sockets := f.tmuxSockets()
	if len(sockets) != 1 {
		t.Fatalf("sockets are %q, want one", sockets)
	}
	if err := os.Chmod(filepath.Dir(sockets[0]), 0o777); err != nil {
		t.Fatal(err)
	}
	if got := f.tmuxSockets(); len(got) != 0 {
		t.Errorf("in a folder that all may write to, %q are trusted", got)
	}
}

// What zellij 0.40 to 0.43 print, as its documentation and its source have it.
func TestZellijOutput(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	out := "build [Created 1day 2h 3m 4s ago] (current)\n" +
		"--notes [Created 5m 3s ago] (EXITED - attach to resurrect)\n" +
		"two words [Created 0s ago] \n" +
		"odd [Created a while ago] \n" +
		"No active zellij sessions found.\n\n"
	at := func(d time.Duration) *time.Time { t := now.Add(-d); return &t }
	want := []terminal.Multiplexer{
		{Kind: terminal.Zellij, Name: "build", CreatedAt: at(26*time.Hour + 3*time.Minute + 4*time.Second), Command: []string{"zellij", "attach", "build"}},
		{Kind: terminal.Zellij, Name: "--notes", Exited: true, CreatedAt: at(5*time.Minute + 3*time.Second), Command: []string{"zellij", "attach", "--", "--notes"}},
		{Kind: terminal.Zellij, Name: "two words", CreatedAt: at(0), Command: []string{"zellij", "attach", "two words"}},
		{Kind: terminal.Zellij, Name: "odd", Command: []string{"zellij", "attach", "odd"}},
	}
	if diff := cmp.Diff(want, parseZellij(out, now)); diff != "" {
		t.Error(diff)
	}
}

// A program that does not answer, or never stops, holds nobody up for long.
func TestPrograms(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	for name, script := range map[string]string{
		"hangs":  "#!/bin/sh\nexec sleep 1000\n",
		"floods": "#!/bin/sh\nexec yes\n",
		"fails":  "#!/bin/sh\necho 'x [Created 1s ago]'; exit 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "zellij"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			got := Finder{Environ: []string{"PATH=" + dir + ":/bin:/usr/bin", "TMUX_TMPDIR=" + dir}}.List(t.Context())
			if took := time.Since(began); len(got) != 0 || took > 3*patience {
				t.Errorf("after %v: %+v", took, got)
			}
		})
	}
}

func TestRelativeFolders(t *testing.T) {
	t.Chdir("/")
	if path, err := lookPath(".::bin", "sh"); err == nil {
		t.Errorf("%s is taken from a relative folder", path)
	}
}

func FuzzTmux(f *testing.F) {
	f.Add("2 1 1700000000 photos\n")
	f.Fuzz(func(t *testing.T, out string) {
		for _, m := range append(parseTmux(out, ""), parseZellij(out, time.Now())...) {
			last := m.Command[len(m.Command)-1]
			if m.Name == "" || !strings.HasSuffix(last, m.Name) || (strings.HasPrefix(last, "-") && m.Command[len(m.Command)-2] != "--") {
				t.Errorf("%q makes %q", out, m.Command)
			}
		}
	})
}
