//go:build linux || darwin

package holder

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// nonBlocking keeps an open from waiting for the other end of a pipe, and from
// taking a terminal over.
const nonBlocking = unix.O_NONBLOCK | unix.O_NOCTTY

// noFollow keeps the last part of a path from being a link.
const noFollow = unix.O_NOFOLLOW

func isOverQuota(err error) bool { return errors.Is(err, unix.EDQUOT) }
func isReadOnly(err error) bool  { return errors.Is(err, unix.EROFS) }
func isTooLarge(err error) bool  { return errors.Is(err, unix.EFBIG) }

func isNoFile(err error) bool {
	return errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.ENODEV)
}

// space is how many bytes this account can still write to a folder's disk, -1
// if that is not known.
func space(root *os.Root) int64 {
	f, err := root.Open(".")
	if err != nil {
		return -1
	}
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return -1
	}
	free := int64(-1)
	err = raw.Control(func(fd uintptr) {
		var st unix.Statfs_t
		if unix.Fstatfs(int(fd), &st) == nil && st.Blocks > 0 { // some file systems don't say
			free = int64(st.Bavail) * int64(st.Bsize) //nolint:unconvert // of other types on other systems
		}
	})
	if err != nil {
		return -1
	}
	return free
}

// foreground is the process group that the terminal belongs to at the moment,
// and the session's first process.
func foreground(p process) (group, leader int) {
	leader, err := p.descriptor(func(fd uintptr) {
		if g, err := unix.IoctlGetInt(int(fd), unix.TIOCGPGRP); err == nil {
			group = g
		}
	})
	if err != nil {
		return 0, 0
	}
	return group, leader
}
