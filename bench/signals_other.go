//go:build !linux && !darwin

package main

import (
	"errors"
	"os"
)

// hangUp ends a process. It may have ended.
func hangUp(pid int, _ bool) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

func askFigures(int) error { return errors.New("a soak needs Linux or macOS") }

// ended reports whether a process has ended.
func ended(pid int) bool {
	_, err := os.FindProcess(pid)
	return err != nil
}
