package multiplexer

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"homie/wire/terminal"
)

// tmuxFormat puts the name last: it may have spaces in it. Line ends it has not;
// tmux itself writes them, as other control characters, with a backslash.
const tmuxFormat = "#{session_windows} #{session_attached} #{session_created} #{session_name}"

// usualSocket is the server that tmux talks to if it is told nothing.
const usualSocket = "default"

// tmux asks every server of this account.
func (f Finder) tmux(ctx context.Context) (found []terminal.Multiplexer) {
	program := f.program("tmux")
	if program == "" {
		return nil
	}
	for _, socket := range f.tmuxSockets() {
		out := f.run(ctx, program, "-S", socket, "list-sessions", "-F", tmuxFormat)
		if filepath.Base(socket) == usualSocket {
			socket = ""
		}
		found = append(found, parseTmux(out, socket)...)
	}
	return found
}

// tmuxSockets lists the sockets in the folder that tmux keeps for this account,
// the usual one first. A folder that others can write to is not trusted, as
// tmux does not trust it.
func (f Finder) tmuxSockets() []string {
	dir := filepath.Join(cmp.Or(f.variable("TMUX_TMPDIR"), "/tmp"), "tmux-"+strconv.Itoa(os.Getuid()))
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !mine(info) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var sockets []string
	for _, e := range entries {
		if e.Type()&os.ModeSocket != 0 {
			sockets = append(sockets, filepath.Join(dir, e.Name()))
		}
	}
	slices.SortStableFunc(sockets, func(a, b string) int {
		return -cmp.Compare(isUsual(a), isUsual(b))
	})
	return sockets[:min(len(sockets), maxAsked)]
}

func isUsual(socket string) int {
	if filepath.Base(socket) == usualSocket {
		return 1
	}
	return 0
}

// parseTmux reads what tmuxFormat makes tmux print. Lines that are not like that
// are skipped.
func parseTmux(out, socket string) (found []terminal.Multiplexer) {
	for line := range strings.Lines(out) {
		part := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(part) != 4 || part[3] == "" {
			continue
		}
		windows, err1 := strconv.Atoi(part[0])
		attached, err2 := strconv.Atoi(part[1])
		created, err3 := strconv.ParseInt(part[2], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			continue
		}
		at := time.Unix(created, 0).UTC()
		found = append(found, terminal.Multiplexer{
			Kind: terminal.Tmux, Name: part[3], Socket: socket, Windows: windows, Attached: attached, CreatedAt: &at,
			Command: tmuxCommand(part[3], socket),
		})
	}
	return found
}

// tmuxCommand shows a session. The = makes tmux take the name as it is, and not
// as the beginning of one; so it never begins with a dash either.
func tmuxCommand(name, socket string) []string {
	if socket != "" {
		return []string{"tmux", "-S", socket, "attach-session", "-t", "=" + name}
	}
	return []string{"tmux", "attach-session", "-t", "=" + name}
}
