//go:build !unix

package multiplexer

import "io/fs"

// mine is never so: tmux is not on this system.
func mine(fs.FileInfo) bool { return false }
