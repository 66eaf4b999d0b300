package holder

import "golang.org/x/sys/unix"

// getTermios reads a terminal's settings.
const getTermios = unix.TCGETS
