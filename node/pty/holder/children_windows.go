package holder

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sys/windows"
)

// children are the programs of a Manager. The system's own pool waits for them, 63
// a thread, and calls when one has ended.
type children struct {
	ended chan struct{} // capacity 1
}

func newChildren() *children { return &children{ended: make(chan struct{}, 1)} }

// watch calls look whenever a program may have ended, until ctx ends. Several ends
// may be one call, so that look must look at every program.
func (c *children) watch(ctx context.Context, look func()) {
	for {
		select {
		case <-c.ended:
			look()
		case <-ctx.Done():
			return
		}
	}
}

// Flags of RegisterWaitForSingleObject.
const (
	onlyOnce     = 0x8 // WT_EXECUTEONLYONCE
	inWaitThread = 0x4 // WT_EXECUTEINWAITTHREAD: the callback does not wait
	forever      = windows.INFINITE
)

// callback is made once: there can be only so many, and they are never given back.
var callback = sync.OnceValue(func() uintptr {
	return windows.NewCallback(func(c *children, _ uintptr) uintptr {
		wake(c.ended)
		return 0
	})
})

// add asks for the end of a process. The pool knows c by its address, so that c
// must be reachable until remove: the Manager and the process see to it.
func (c *children) add(process windows.Handle) (wait windows.Handle, err error) {
	r, _, err := registerWait.Call(pointer(&wait), uintptr(process), callback(), pointer(c), forever, onlyOnce|inWaitThread)
	if r == 0 {
		return 0, os.NewSyscallError("RegisterWaitForSingleObject", err)
	}
	return wait, nil
}

// remove returns when the pool does not know the process any more.
func (*children) remove(wait windows.Handle) {
	if wait != 0 {
		_, _, _ = unregisterWait.Call(uintptr(wait), uintptr(windows.InvalidHandle)) // fails only for a wait that is none
	}
}

// heedSignals makes Ctrl-C mean something in sessions: a program that was started
// in a process group of its own, as services and schedulers do, ignores it, and so
// does whatever it starts.
func heedSignals() (restore func()) {
	_, _, _ = setCtrlHandler.Call(0, 0) // without a console there may be nothing to restore
	return func() {}
}
