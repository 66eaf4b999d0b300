package main

// boundary follows a program's output to know where something of ours may stand:
// between two sequences or characters, not in one. It also notes when the program
// sets the title of its terminal.
type boundary struct {
	in    boundaryState
	rest  int    // bytes of a character that are still to come
	head  []byte // of the string sequence, its first bytes
	osc   bool   // it is an operating system command
	title bool   // the program has set the title; whoever sets it again clears this
}

type boundaryState uint8

const (
	betweenAll boundaryState = iota
	afterEsc
	inSequence  // CSI, or an escape with intermediate bytes
	inString    // OSC, DCS, APC, PM, SOS
	afterStrEsc // an escape there
)

// free reports whether something may stand here.
func (b *boundary) free() bool { return b.in == betweenAll && b.rest == 0 }

// write follows p.
func (b *boundary) write(p []byte) {
	for _, c := range p {
		b.take(c)
	}
}

func (b *boundary) take(c byte) {
	if c == cancel || c == sub {
		b.in, b.rest = betweenAll, 0
		return
	}
	switch b.in {
	case betweenAll:
		b.text(c)
	case afterEsc:
		b.escaped(c)
	case inSequence:
		switch {
		case c == escape:
			b.in = afterEsc
		case c >= 0x40 && c < 0x7f, c >= 0x30 && c < 0x40 && b.head != nil: // the end
			b.in = betweenAll
		}
	case inString:
		switch {
		case c == escape:
			b.in = afterStrEsc
		case c == bell && b.osc:
			b.over()
		case len(b.head) < 2:
			b.head = append(b.head, c)
		}
	case afterStrEsc:
		b.over()
		if c != '\\' {
			b.escaped(c)
		}
	}
}

// text takes a byte between sequences.
func (b *boundary) text(c byte) {
	switch {
	case c == escape:
		b.in, b.rest = afterEsc, 0
	case c&0xc0 == 0x80:
		b.rest = max(0, b.rest-1)
	case c >= 0xf0:
		b.rest = 3
	case c >= 0xe0:
		b.rest = 2
	case c >= 0xc0:
		b.rest = 1
	default:
		b.rest = 0
	}
}

// escaped takes the byte after an escape.
func (b *boundary) escaped(c byte) {
	b.head = nil
	switch {
	case c == '[':
		b.in = inSequence
	case c == ']':
		b.in, b.osc = inString, true
	case c == 'P' || c == '_' || c == '^' || c == 'X':
		b.in, b.osc = inString, false
	case c >= 0x20 && c < 0x30:
		b.in, b.head = inSequence, []byte{c} // ends with any byte from 0x30 on
	case c == escape:
		b.in = afterEsc
	default:
		b.in = betweenAll
	}
}

// over ends a string sequence.
func (b *boundary) over() {
	if b.osc && len(b.head) == 2 && (b.head[0] == '0' || b.head[0] == '2') && b.head[1] == ';' {
		b.title = true
	}
	b.in, b.head = betweenAll, nil
}
