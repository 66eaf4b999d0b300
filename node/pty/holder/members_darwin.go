package holder

import "golang.org/x/sys/unix"

// zombie is SZOMB of <sys/proc.h>.
const zombie = 5

// members lists the processes of session sid that have not ended. A process can
// leave the list by starting a session of its own. With an error, some may be
// missing.
func members(sid int) (found []member, err error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		pid := int(p.Proc.P_pid)
		if p.Proc.P_stat == zombie {
			continue
		}
		if session, err := unix.Getsid(pid); err == nil && session == sid {
			found = append(found, member{pid: pid, group: int(p.Eproc.Pgid)})
		}
	}
	return found, nil
}
