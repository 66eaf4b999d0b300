package holder

import (
	"context"
	"os"

	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
)

// replace makes way for another program as far as Windows allows: a console stays
// with the process that opened it, and so do the sessions. When the last of them
// has ended, so does the holder, and the node starts its own.
func (h *Holder) replace(context.Context, tsidentity.Caller, holder.ReplaceParams) (wire.Nothing, error) {
	h.mu.Lock()
	h.outdated = true
	h.mu.Unlock()
	wake(h.stir)
	return wire.Nothing{}, wire.Errorf(wire.Unsupported, "on Windows terminals stay in the program that opened them, until the last of them has ended").Because(errStays)
}

func inheritedFile(fd int, name string) *os.File { return os.NewFile(uintptr(fd), name) }
