//go:build unix

package multiplexer

import (
	"io/fs"
	"os"
	"syscall"
)

// mine reports whether a file belongs to this account.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}
