//go:build linux || darwin

package holder

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"homie/internal/homietest/osaccounts"
	"homie/wire"
	"homie/wire/terminal"
)

// others is a machine with other accounts, and what a Manager has to know of it.
func others(t testing.TB) (osaccounts.Machine, Config) {
	t.Helper()
	m := osaccounts.New(t)
	return m, Config{
		StateDir: t.TempDir(), SharedDir: m.Shared, Accounts: m.Database, Version: "test",
		Environ: []string{
			"PATH=" + m.Home("etc") + "/bin:/usr/local/bin:/usr/bin:/bin:.", "HOME=" + m.Home("etc"), "SHELL=/bin/bash", "LANG=C.UTF-8", "TZ=Europe/Berlin",
			"XDG_RUNTIME_DIR=/run/user/0", "XDG_CONFIG_HOME=/nonexistent/config", "TMPDIR=/nonexistent/tmp", "TMUX_TMPDIR=/nonexistent/tmux",
			"HOMIE_AUTHKEY=tskey-auth-secret", "TS_AUTHKEY=tskey-auth-secret",
		},
	}
}

// as starts a session of an account.
func as(t testing.TB, m *Manager, name string, command ...string) *Session {
	t.Helper()
	return beginWith(t, m, terminal.StartParams{Account: name, Command: command, Cols: 80, Rows: 24})
}

// A session of another account is that account's to the last bit, and has nothing
// of root's.
func TestAnotherAccount(t *testing.T) {
	f, cfg := others(t)
	if err := Seal(); err != nil { // what runs the tests leaves things open
		t.Fatal(err)
	}
	m := run(t, cfg)
	s := as(t, m, "media", "sh", "-c", `id -u; id -g; id -G; pwd; umask; grep -E '^(Cap(Prm|Eff|Amb)|Groups)' /proc/self/status
		for f in /proc/$$/fd/*; do readlink $f; done; stat -c '%u %g %a' "$(tty)"; env; cat /proc/self/environ | tr '\0' '\n'; cat `+cfg.Accounts.Passwd)
	if got := s.Info(); got.Account != "media" || got.Dir != f.Home("media") {
		t.Errorf("it says that it runs as %q in %q", got.Account, got.Dir)
	}
	out := output(t, s)
	want := fmt.Sprintf("%d\r\n%d\r\n%d %d\r\n%s\r\n", osaccounts.Media, osaccounts.Media, osaccounts.Media, osaccounts.Video, f.Home("media"))
	if !strings.HasPrefix(out, want) {
		t.Errorf("it is %q, want %q first", out, want)
	}
	for _, want := range []string{
		"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapAmb:\t0000000000000000",
		fmt.Sprintf("Groups:\t%d %d", osaccounts.Media, osaccounts.Video),
		fmt.Sprintf("\r\n%d 5 620\r\n", osaccounts.Media),
		"\r\nHOME=" + f.Home("media"), "\r\nUSER=media", "\r\nLOGNAME=media", "\r\nSHELL=/bin/bash", "\r\nTZ=Europe/Berlin", "\r\nLANG=C.UTF-8",
		"\r\nPATH=/usr/local/bin:/usr/bin:/bin\r\n", "Permission denied",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in %s", want, out)
		}
	}
	open := strings.Split(strings.TrimSpace(out[strings.Index(out, "/dev/"):strings.Index(out, fmt.Sprintf("\r\n%d 5", osaccounts.Media))]), "\r\n")
	if len(open) != 3 || slices.ContainsFunc(open, func(name string) bool { return name != open[0] }) {
		t.Errorf("more than the terminal is open in it: %q", open)
	}
	for _, no := range []string{"tskey", "/nonexistent/", "XDG_", "TMPDIR", f.Home("etc") + "/bin"} {
		if strings.Contains(out, no) {
			t.Errorf("there is %q in %s", no, out)
		}
	}
}

// The account's shell is a login shell, which reads Homie's marks from where that
// account may.
func TestShellOfAnotherAccount(t *testing.T) {
	f, cfg := others(t)
	profile := filepath.Join(f.Home("media"), ".bash_profile")
	if err := os.WriteFile(profile, []byte("echo login; PS1='$ '\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := syscall.Umask(0o077) // as a service has it
	defer syscall.Umask(old)
	m := run(t, cfg)
	s := as(t, m, "media")
	if got := s.Info(); got.Name != "bash" || !slices.Equal(got.Command, []string{"-bash"}) {
		t.Errorf("it is called %q and runs %q", got.Name, got.Command)
	}
	c, _ := attach(t, s, 0)
	c.shows(t, "login\r\n")
	c.shows(t, "\x1b]133;A") // a mark, so that the file was read
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	end(t, s)
}

func TestRefusedAccounts(t *testing.T) {
	_, cfg := others(t)
	m := run(t, cfg)
	for name, want := range map[string]struct {
		reason wire.Reason
		words  string
	}{
		"nobody-at-all": {wire.NotFound, "no account nobody-at-all"},
		"../etc":        {wire.NotFound, "no account"},
		"toor":          {wire.Forbidden, "another name of root"},
		"service":       {wire.Forbidden, "chsh -s /bin/sh service"},
		"ended":         {wire.Forbidden, "chage -E -1 ended"},
		"damaged":       {wire.Unavailable, "damaged"},
		"shellless":     {wire.NotFound, "no program /bin/nosuchshell"},
	} {
		_, err := m.Start(terminal.StartParams{Account: name, Cols: 80, Rows: 24}, wire.OnBehalf{})
		if got := wire.ReasonOf(err); got != want.reason || !strings.Contains(fmt.Sprint(err), want.words) {
			t.Errorf("as %s: %q, %v; want %q and %q", name, got, err, want.reason, want.words)
		}
	}
	if n := m.Running(); n != 0 {
		t.Errorf("%d sessions run", n)
	}
}

// Where a session starts is judged as its account, and so is its program.
func TestFoldersOfAnotherAccount(t *testing.T) {
	f, cfg := others(t)
	secret := f.Home("secret")
	if err := os.Mkdir(secret, 0o700); err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(secret, "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg.Dir = secret
	m := run(t, cfg)
	for _, p := range []terminal.StartParams{
		{Dir: secret}, {Dir: f.Home("other")}, {Dir: "../other"}, {Dir: "/nonexistent"}, {Command: []string{tool}},
	} {
		p.Account, p.Cols, p.Rows = "media", 80, 24
		_, err := m.Start(p, wire.OnBehalf{})
		if reason := wire.ReasonOf(err); reason != wire.Forbidden && reason != wire.NotFound {
			t.Errorf("%+v: %v", p, err)
		}
	}
	// The node's own folder is no reason to refuse, nor is a home that is not there.
	if out := output(t, as(t, m, "media", "pwd")); out != f.Home("media")+"\r\n" {
		t.Errorf("it starts in %q", out)
	}
	if out := output(t, as(t, m, "homeless", "pwd")); out != "/\r\n" {
		t.Errorf("it starts in %q", out)
	}
	s := beginWith(t, m, terminal.StartParams{Account: "media", Dir: "~", Command: []string{"sh", "-c", "cd / && echo there && exec cat"}, Cols: 80, Rows: 24})
	c, _ := attach(t, s, 0)
	c.shows(t, "there\r\n")
	if got := s.Folder(); got != "/" {
		t.Errorf("it stands in %q", got)
	}
}

// Ending a session ends what another account runs in it, and an idle one is told
// from one at work.
func TestEndOfAnotherAccount(t *testing.T) {
	_, cfg := others(t)
	m := run(t, cfg)
	s := as(t, m, "media", "bash", "-c", `set -m; trap "" HUP; sleep 1000 & echo ready; wait`)
	c, _ := attach(t, s, 0)
	c.shows(t, "ready\r\n")
	if n := s.proc.left(); n != 2 {
		t.Errorf("%d processes run in it, want 2", n)
	}
	pid := s.proc.(*unixProcess).pid
	if err := m.Kill(s.id); err != nil {
		t.Fatal(err)
	}
	end(t, s)
	if left, _ := members(pid); len(left) != 0 {
		t.Errorf("%d processes are left", len(left))
	}
}

// An account that got another number is another account, whatever its name.
func TestRenumberedAccount(t *testing.T) {
	_, cfg := others(t)
	m := run(t, cfg)
	s := as(t, m, "media", "cat")
	text, err := os.ReadFile(cfg.Accounts.Passwd)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("media:x:61001"), []byte("media:x:61009"))
	if err := os.WriteFile(cfg.Accounts.Passwd, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.standing(s.id, "", "x"); wire.ReasonOf(err) != wire.Conflict {
		t.Errorf("files of a session whose account is another one: %v", err)
	}
}

// One that is no root runs as itself.
func TestOnlyRootBecomesOthers(t *testing.T) {
	if os.Getuid() == 0 {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe") // this program, as nobody in particular
		cmd.Path, cmd.Args = exe, []string{exe, "-test.run=^TestOnlyRootBecomesOthers$", "-test.v"}
		cmd.Env = append(os.Environ(), "HOME=/", "TMPDIR=/tmp")
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: osaccounts.Media, Gid: osaccounts.Media}}
		osaccounts.Passable(t, filepath.Dir(exe))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as another account: %v: %s", err, out)
		}
		return
	}
	m := run(t, Config{})
	_, err := m.Start(terminal.StartParams{Account: "root", Cols: 80, Rows: 24}, wire.OnBehalf{})
	if wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("as root: %v", err)
	}
}
