package main

import "bytes"

// clipboardFilter takes out of a program's output what would reach this
// computer's clipboard through the terminal that shows it: OSC 52, kitty's OSC
// 5522, and iTerm's Copy of OSC 1337. Reading the clipboard never passes; writing
// does if allow is set. It works on pieces, wherever the output is cut.
type clipboardFilter struct {
	allow bool

	in   filterState
	held []byte // the beginning of a sequence whose fate is open
}

type filterState uint8

const (
	filterText  filterState = iota
	filterEsc               // after an escape
	filterHead              // in a sequence that may be one of those
	filterDrop              // in one that is dropped
	filterDropE             // after an escape there
)

// maxHead bounds what is held, in bytes. What is longer and not decided is no
// sequence of those.
const maxHead = 64

// filter returns what of p, and of what was held before, may be shown.
func (f *clipboardFilter) filter(p []byte) []byte {
	if f.in == filterText && bytes.IndexByte(p, escape) < 0 {
		return p
	}
	out := make([]byte, 0, len(p)+len(f.held))
	for _, b := range p {
		out = f.take(out, b)
	}
	return out
}

const (
	escape = 0x1b
	bell   = 0x07
	cancel = 0x18
	sub    = 0x1a
)

func (f *clipboardFilter) take(out []byte, b byte) []byte {
	switch f.in {
	case filterText:
		if b != escape {
			return append(out, b)
		}
		f.in, f.held = filterEsc, append(f.held[:0], b)
	case filterEsc:
		switch b {
		case ']':
			f.in, f.held = filterHead, append(f.held, b)
		case escape:
			return append(out, escape) // the one before begins nothing
		default:
			return f.pass(out, b)
		}
	case filterHead:
		return f.head(out, b)
	case filterDrop:
		f.dropped(b)
	case filterDropE:
		if b != '\\' { // an escape ends the sequence, and begins another one
			f.in, f.held = filterEsc, append(f.held[:0], escape)
			return f.take(out, b)
		}
		f.in = filterText
	}
	return out
}

// head takes a byte of a sequence that may be for the clipboard.
func (f *clipboardFilter) head(out []byte, b byte) []byte {
	if b == bell || b == cancel || b == sub {
		if judge(f.held[2:], true, f.allow) == dropIt {
			f.in, f.held = filterText, f.held[:0]
			return out
		}
		return f.pass(out, b)
	}
	if b == escape {
		drop := judge(f.held[2:], true, f.allow) == dropIt
		if drop {
			f.in = filterDropE
			return out
		}
		out = append(out, f.held...)
		f.in, f.held = filterEsc, append(f.held[:0], b)
		return out
	}
	f.held = append(f.held, b)
	switch judge(f.held[2:], false, f.allow) {
	case passIt:
		return f.pass(out)
	case dropIt:
		f.in, f.held = filterDrop, f.held[:0]
	case undecided:
	}
	return out
}

// pass lets go of what is held.
func (f *clipboardFilter) pass(out []byte, more ...byte) []byte {
	out = append(append(out, f.held...), more...)
	f.in, f.held = filterText, f.held[:0]
	return out
}

// dropped takes a byte of a sequence that is dropped.
func (f *clipboardFilter) dropped(b byte) {
	switch b {
	case escape:
		f.in = filterDropE
	case bell, cancel, sub:
		f.in = filterText
	}
}

type verdict uint8

const (
	undecided verdict = iota
	passIt
	dropIt
)

// judge says what is to be done with an operating system command that begins so.
// whole: that is all of it.
func judge(text []byte, whole, allow bool) verdict {
	number, rest, found := bytes.Cut(text, []byte(";"))
	number = bytes.TrimLeft(number, "0")
	open := undecided
	if whole {
		open = passIt
	}
	if !found {
		if len(number) > 4 || len(bytes.Trim(number, "0123456789")) > 0 || len(text) > maxHead {
			return passIt
		}
		return open
	}
	switch string(number) {
	case "5522":
		return dropIt
	case "52":
		if !allow {
			return dropIt
		}
		_, data, found := bytes.Cut(rest, []byte(";"))
		switch {
		case found && len(data) > 0 && data[0] == '?', len(text) > maxHead:
			return dropIt
		case found && len(data) > 0:
			return passIt
		}
		return open
	case "1337":
		return judgeITerm(rest, open, allow)
	}
	return passIt
}

// copying is how what iTerm copies begins.
const copying = "copy"

func judgeITerm(rest []byte, open verdict, allow bool) verdict {
	n := min(len(rest), len(copying))
	switch {
	case !bytes.EqualFold(rest[:n], []byte(copying)[:n]):
		return passIt
	case n < len(copying):
		return open
	case allow:
		return passIt
	}
	return dropIt
}
