package holder

import (
	"bytes"
	"os"
	"strconv"
)

// members lists the processes of session sid that have not ended. A process can
// leave the list by starting a session of its own.
func members(sid int) []member {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var found []member
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		if group, session, alive := parseStat(stat); alive && session == sid {
			found = append(found, member{pid: pid, group: group})
		}
	}
	return found
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
