package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// listening is the state of a TCP socket that accepts connections, as in
// /proc/net/tcp.
const listening = "0A"

// sockets checks on Linux that a process listens on no TCP port of the host, in
// any form: "sockets NAME". Its UDP sockets, of which WireGuard needs one, and
// its connections are not listeners.
func (s *stage) sockets(ts *testscript.TestScript, args []string) {
	pid := s.proc(ts, args[0]).cmd.Process.Pid
	open, err := socketInodes(pid)
	ts.Check(err)
	if len(open) == 0 {
		ts.Fatalf("process %d has no sockets at all: looked in the wrong place", pid)
	}
	counts := map[string]int{}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "unix"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		ts.Check(err)
		for _, line := range strings.Split(string(b), "\n")[1:] {
			f := strings.Fields(line)
			inode := 9
			if table == "unix" {
				inode = 6
			}
			if len(f) <= inode || !slices.Contains(open, f[inode]) {
				continue
			}
			counts[table]++
			if strings.HasPrefix(table, "tcp") && f[3] == listening {
				ts.Fatalf("%s listens on TCP %s", args[0], f[1])
			}
		}
	}
	ts.Logf("sockets: %v", counts)
	if counts["udp"] == 0 {
		ts.Fatalf("process %d has no UDP socket, which WireGuard needs: looked in the wrong place", pid)
	}
}

// socketInodes returns the inodes of a process's sockets.
func socketInodes(pid int) ([]string, error) {
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		if err != nil {
			continue // closed in between
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			out = append(out, strings.TrimSuffix(inode, "]"))
		}
	}
	return out, nil
}
