//go:build !linux && !darwin

package runner

import (
	"errors"
	"os"
)

// errSystem says that jobs need process groups and file locks of Unix.
var errSystem = errors.New("jobs run on Linux and macOS only")

// Run says that this system has no jobs.
func Run(string) error { return errSystem }

// Lock says that this system has no jobs.
func Lock(string) (*os.File, bool, error) { return nil, false, errSystem }

// Cancel says that this system has no jobs.
func Cancel(string) error { return errSystem }
