//go:build !linux && !darwin

package holder

// isFull reports whether an error says that a disk has no room.
func isFull(error) bool { return false }

// signalNumber is 0: signals have no numbers here.
func signalNumber(string) int { return 0 }
