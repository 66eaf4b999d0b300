package runner

import "syscall"

// attributes give the program a session of its own. Without its runner, which
// would have kept its output, the kernel kills it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
