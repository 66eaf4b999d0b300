package holder

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// members lists the processes of session sid that have not ended. A process can
// leave the list by starting a session of its own. With an error, some may be
// missing.
func members(sid int) (found []member, err error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		pid, notPID := strconv.Atoi(name)
		if notPID != nil {
			continue
		}
		stat, unread := os.ReadFile("/proc/" + name + "/stat")
		if unread != nil {
			// It has ended meanwhile, or is another account's where those are hidden.
			if !errors.Is(unread, fs.ErrNotExist) && !errors.Is(unread, syscall.ESRCH) && !errors.Is(unread, fs.ErrPermission) {
				err = unread
			}
			continue
		}
		if group, session, alive := parseStat(stat); alive && session == sid {
			found = append(found, member{pid: pid, group: group})
		}
	}
	return found, err
}

// parseStat reads what follows the command in a line of /proc/PID/stat: state,
// parent, process group, session. The command may itself contain parentheses.
func parseStat(stat []byte) (group, session int, alive bool) {
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) < 4 {
		return 0, 0, false
	}
	group, groupErr := strconv.Atoi(string(f[2]))
	session, sessionErr := strconv.Atoi(string(f[3]))
	ended := f[0][0] == 'Z' || f[0][0] == 'X'
	return group, session, !ended && groupErr == nil && sessionErr == nil
}
