package up

import (
	"errors"
	"os"
	"syscall"
)

// errSharing is what Windows says if another process has a file for itself.
const errSharing = syscall.Errno(32)

// openLocked opens a file that nobody else can open at the same time; closing
// it, or the end of the process however it ends, frees it.
func openLocked(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, errHeld
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}
