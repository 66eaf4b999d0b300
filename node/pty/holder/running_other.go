//go:build !linux

package holder

import (
	"fmt"
	"os"
)

// runningFile is the file that this process runs, as far as the system says.
func runningFile(path string) string { return path }

// memory returns a file without a name in dir, for this account only.
func memory(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".holder-")
	if err != nil {
		return nil, fmt.Errorf("making room for the terminals' state: %w", err)
	}
	return f, os.Remove(f.Name())
}
