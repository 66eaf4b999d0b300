//go:build !linux && !darwin

package holder

import (
	"context"
	"os"

	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
)

func (h *Holder) replace(context.Context, tsidentity.Caller, holder.ReplaceParams) (wire.Nothing, error) {
	return wire.Nothing{}, errNoHolder
}

func inheritedFile(fd int, name string) *os.File { return os.NewFile(uintptr(fd), name) }
