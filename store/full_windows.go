package store

import "syscall"

// diskFull are the ways in which the system says that a file may not grow:
// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
var diskFull = []error{syscall.Errno(39), syscall.Errno(112)}
