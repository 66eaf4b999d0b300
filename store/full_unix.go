//go:build unix

package store

import "syscall"

// diskFull are the ways in which the system says that a file may not grow.
var diskFull = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
