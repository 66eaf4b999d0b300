//go:build !linux && !darwin

package holder

import (
	"context"
	"io/fs"
	"os"

	"homie/wire"
)

// errNoHolder is what a system answers that has no terminals yet.
var errNoHolder = wire.Errorf(wire.Unsupported, "terminals on Windows machines come later; this machine has none yet")

func takeLock(context.Context, string) (*os.File, error) { return nil, errNoHolder }

func ownedByUs(fs.FileInfo) bool { return false }

func inode(fs.FileInfo) string { return "" }

// Seal does nothing: this system starts no programs here.
func Seal() error { return nil }
