//go:build !linux && !darwin

package jobs

import (
	"errors"
	"io/fs"
	"os"
)

// Supported says whether this system has what runs need: process groups, and
// locks that go with a process.
const Supported = false

// Program returns a Launch that says that this system has no jobs.
func Program(string) Launch {
	return func(string, *os.File) (<-chan struct{}, error) {
		return nil, errors.New("jobs run on Linux and macOS only")
	}
}

// onlyOurs is not asked where there are no jobs.
func onlyOurs(string, fs.FileInfo) error { return nil }
