//go:build linux || darwin

package holder

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"homie/internal/accounts"
	"homie/node/pty/holder/marks"
)

// credential is what the kernel is told of another account, all of its groups
// and none of this process's; nil for this process's own.
func credential(a *accounts.Account) *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: a.Groups}
}

// giveTerminal makes a program's side of a terminal the account's own, as login
// does: others of its group may write to it with write(1), and no one may read.
func giveTerminal(tty *os.File, a *accounts.Account, db accounts.Database) error {
	group, mode := a.GID, os.FileMode(0o600)
	if gid, ok := db.GroupID("tty"); ok {
		group, mode = gid, 0o620
	}
	if err := tty.Chown(int(a.UID), int(group)); err != nil {
		return fmt.Errorf("giving a terminal to %s: %w", a.Name, err)
	}
	if err := tty.Chmod(mode); err != nil {
		return fmt.Errorf("closing a terminal to others: %w", err)
	}
	return nil
}

// ofMachine are the variables that are this machine's rather than an account's,
// besides LC_*. Another account inherits no others.
var ofMachine = []string{"LANG", "LANGUAGE", "TZ", marks.Off}

// environ is what the account's sessions take over from the node, of which own
// is the environment.
func (a account) environ(own []string) []string {
	if a.other == nil {
		return own
	}
	env := []string{}
	for _, kv := range own {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(ofMachine, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, kv)
		}
	}
	if path := pathOfOthers(lookup(own, "PATH"), lookup(own, homeVariable)); path != "" {
		env = append(env, "PATH="+path)
	}
	dir := "/run/user/" + strconv.FormatUint(uint64(a.other.UID), 10)
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == a.other.UID {
			env = append(env, "XDG_RUNTIME_DIR="+dir)
		}
	}
	return env
}

// pathOfOthers is a search path without what is in the home of who has it.
func pathOfOthers(path, home string) string {
	dirs := slices.DeleteFunc(filepath.SplitList(path), func(dir string) bool {
		own := home != "" && home != "/" && (dir == home || strings.HasPrefix(dir, home+"/"))
		return own || !filepath.IsAbs(dir)
	})
	return strings.Join(dirs, ":")
}

// loginShell is the command that runs a shell as login does. Another account has
// nothing of an environment before its shell has read /etc/profile and the like.
func loginShell(path string) []string { return []string{"-" + filepath.Base(path)} }

// shared returns a folder for what every account reads and only root writes.
func shared(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // there is nothing private in it
		return "", fmt.Errorf("making a folder for what shells read: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("making a folder for what shells read: %w", err)
	}
	if !info.IsDir() || !ownedByUs(info) || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not Homie's own folder", dir)
	}
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // everybody is to read it
}
