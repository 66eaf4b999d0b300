package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A terminal that was given back, as while something is to be confirmed, has its
// former title: what there is to say of the company is set again.
func TestTitleIsSetAgainAfterATerminalWasGivenBack(t *testing.T) {
	master, slave := openTerminal(t)
	term := newTTY(process{In: slave, Out: slave})
	for range 2 {
		if err := term.raw(); err != nil {
			t.Fatal(err)
		}
		term.entitle("mine", "with Max")
		term.entitle("mine", "with Max") // which is shown
		term.restore()
	}
	if _, err := io.WriteString(slave, "\x04"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(before(t, master, '\x04'), "\x1b]2;mine · with Max\x1b\\"); got != 2 {
		t.Errorf("the title was set %d times, want once for each time the terminal was taken", got)
	}
}

// openTerminal opens a terminal, and what stands behind it.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// before reads what comes before a byte.
func before(t *testing.T, f *os.File, end byte) string {
	t.Helper()
	var all []byte
	for p := make([]byte, 1); ; all = append(all, p[0]) {
		if _, err := f.Read(p); err != nil {
			t.Fatal(err)
		}
		if p[0] == end {
			return string(all)
		}
	}
}
