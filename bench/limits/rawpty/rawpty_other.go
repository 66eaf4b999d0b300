//go:build !linux && !darwin

package rawpty

import "errors"

// Terminal does not exist on this system.
type Terminal struct{}

var errNone = errors.New("there are no PTYs on this system")

// Start fails.
func Start([]string) (*Terminal, error) { return nil, errNone }

// Read fails.
func (t *Terminal) Read([]byte) (int, error) { return 0, errNone }

// Write fails.
func (t *Terminal) Write([]byte) (int, error) { return 0, errNone }

// Close does nothing.
func (t *Terminal) Close() {}
