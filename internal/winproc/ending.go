package winproc

// Numbers with which programs end that did not choose to: exceptions that nobody
// handled, as NTSTATUS.
const (
	controlC     = 0xC000013A
	terminated   = 0x40010004 // by a debugger
	controlBreak = 0x40010008
)

// signals are the names, of those that other systems have, for what ended a
// program.
var signals = map[uint32]string{
	controlC:     "SIGINT",
	controlBreak: "SIGINT",
	terminated:   "SIGKILL",
	0x80000003:   "SIGTRAP", // breakpoint
	0x80000004:   "SIGTRAP", // single step
	0xC0000005:   "SIGSEGV", // access violation
	0xC0000006:   "SIGBUS",  // page that can't be read
	0xC000001D:   "SIGILL",  // illegal instruction
	0xC0000025:   "SIGILL",  // exception that can't be continued
	0xC000008E:   "SIGFPE",  // floating point: division by zero
	0xC0000090:   "SIGFPE",  // invalid operation
	0xC0000091:   "SIGFPE",  // overflow
	0xC0000094:   "SIGFPE",  // integer division by zero
	0xC0000095:   "SIGFPE",  // integer overflow
	0xC0000096:   "SIGILL",  // privileged instruction
	0xC00000FD:   "SIGSEGV", // stack overflow
	0xC0000374:   "SIGABRT", // heap corruption
	0xC0000409:   "SIGABRT", // fail fast
	0xC0000420:   "SIGABRT", // assertion
}

// Asked is what was done to a program before it ended.
type Asked int

// What can be done to a program.
const (
	Nothing Asked = iota
	HangUp        // its terminal was closed
	Kill          // it was ended
)

// Ending returns what became of a program: the name of a signal, or its exit code
// as the command interpreter shows it, from the number that Windows has. A program
// that did not heed the closing of its terminal has the number of a Ctrl-C.
func Ending(number uint32, asked Asked) (code int, signal string) {
	switch {
	case asked == Kill:
		return 0, "SIGKILL"
	case asked == HangUp && number == controlC:
		return 0, "SIGHUP"
	}
	if signal := signals[number]; signal != "" {
		return 0, signal
	}
	return int(int32(number)), "" // NTSTATUS are negative there
}

// Cells is a window's size as a console has it: 16 bits, and at least one cell.
func Cells(cols, rows int) (x, y int16) {
	const most = 1<<15 - 1
	return int16(max(1, min(cols, most))), int16(max(1, min(rows, most)))
}
