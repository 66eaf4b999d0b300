package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Size of the terminal of a program that has none of its own.
const (
	plainCols = 80
	plainRows = 24
)

// tty is the terminal that this program runs in. Without one, in a pipe, what
// it does with a terminal does nothing, and bytes go through as they are.
type tty struct {
	in    io.Reader
	out   io.Writer
	fd    int         // of in, -1 if that is no terminal
	saved *term.State // nil unless raw

	mu       sync.Mutex // held while something is written
	bounds   boundary   // of the program's output
	title    string     // that is to be shown, "" for the program's own
	titled   string     // that was set last
	entitled bool       // a title of ours was ever set
}

func newTTY(p process) *tty {
	t := &tty{in: p.In, out: p.Out, fd: -1}
	in, ok := p.In.(*os.File)
	out, ok2 := p.Out.(*os.File)
	if ok && ok2 && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd())) {
		t.fd = int(in.Fd())
	}
	return t
}

func (t *tty) isTerminal() bool { return t.fd >= 0 }

// size is in character cells.
func (t *tty) size() (cols, rows int) {
	if t.fd >= 0 {
		if cols, rows, err := term.GetSize(t.fd); err == nil && cols > 0 && rows > 0 {
			return cols, rows
		}
	}
	return plainCols, plainRows
}

// raw gives every key to this program, unless it has them. restore undoes it.
func (t *tty) raw() error {
	if t.fd < 0 || t.saved != nil {
		return nil
	}
	saved, err := term.MakeRaw(t.fd)
	if err != nil {
		return fmt.Errorf("preparing the terminal: %w", err)
	}
	t.saved = saved
	t.mu.Lock()
	t.titled = "" // restore gave back the one before
	t.mu.Unlock()
	t.put(keepTitles)
	return nil
}

// calm ends whatever modes a program may have left a terminal in: the alternate
// screen, mouse and focus reports, bracketed paste, application keys, the kitty
// keyboard, a hidden cursor, a scroll region, colours.
const calm = "\x1b[?1049l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l" +
	"\x1b[?1l\x1b>\x1b[<99u\x1b[?25h\x1b[?7h\x1b[4l\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[0m"

// restore gives the terminal back as it was.
func (t *tty) restore() {
	if t.saved == nil {
		return
	}
	t.put(calm + formerTitle + "\r\n")
	_ = term.Restore(t.fd, t.saved)
	t.saved = nil
}

// clear forgets what is shown.
func (t *tty) clear() {
	if t.saved != nil {
		t.put(calm + "\x1b[H\x1b[2J")
		t.mu.Lock()
		t.bounds = boundary{title: t.bounds.title}
		t.mu.Unlock()
	}
}

// put writes something of ours. A terminal that is gone does not need it.
func (t *tty) put(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = io.WriteString(t.out, text)
}

// What a terminal does with its title: the one before is on a stack of its own.
const (
	keepTitles  = "\x1b[22;2t"
	formerTitle = "\x1b[23;2t"
)

// entitle shows, beside the title that the program gave, what there is to say, as
// soon as that is not in the middle of what the program prints.
func (t *tty) entitle(title, said string) {
	if t.saved == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.title = title; said != "" {
		t.title += " · " + said
		t.entitled = true
	}
	if t.entitled {
		t.entitleLocked()
	}
}

func (t *tty) entitleLocked() {
	if !t.bounds.free() || (t.titled == t.title && !t.bounds.title) {
		return
	}
	t.bounds.title, t.titled = false, t.title
	_, _ = fmt.Fprintf(t.out, "\x1b]2;%s\x1b\\", t.title)
}

func (t *tty) write(p []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.out.Write(p); err != nil {
		return fmt.Errorf("writing to the terminal: %w", err)
	}
	t.bounds.write(p)
	if t.entitled {
		t.entitleLocked()
	}
	return nil
}

// say shows a line at the bottom of a raw terminal, and reports whether it did.
func (t *tty) say(text string) bool {
	if t.saved == nil {
		return false
	}
	cols, rows := t.size()
	text = cut(text, cols-len(" homie:  "))
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintf(t.out, "\x1b7\x1b[r\x1b[%d;1H\x1b[0;7m homie: %s \x1b[0m\x1b[K\x1b8", rows, text)
	return err == nil
}

// cut shortens a text to about so many cells.
func cut(text string, cells int) string {
	if all := []rune(text); len(all) > cells {
		return string(all[:max(0, cells-1)]) + "…"
	}
	return text
}

func (t *tty) bell() {
	if t.saved != nil {
		t.put("\a")
	}
}

// keys returns what is typed, until ctx or the input ends. Reading a terminal
// can't be interrupted: the reader ends with the process.
func (t *tty) keys(ctx context.Context) <-chan []byte {
	keys := make(chan []byte)
	go func() {
		defer close(keys)
		for {
			buf := make([]byte, 4<<10)
			n, err := t.in.Read(buf)
			if n > 0 {
				select {
				case keys <- buf[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return keys
}
