package vt

import "unicode/utf8"

// parser is where in a sequence the terminal is.
type parser struct {
	state   state
	params  params
	collect uint32 // prefix and intermediates, the last in the low byte

	utf8  [utf8.UTFMax]byte // a character not read to its end
	nutf8 int

	// seq is the sequence as read so far, without the text of a string, for
	// whoever has to continue it elsewhere.
	seq  []byte
	text []byte // of a string
	osc  osc
	dcs  uint32 // collect and final of the string, 0: not one we know
}

// parse feeds p through the parser.
func (t *Terminal) parse(p []byte) {
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case t.parser.nutf8 > 0:
			i += t.decodeRest(p[i:])
			continue
		case t.parser.state != ground:
			if n := t.skip(p[i:]); n > 0 {
				i += n
				continue
			}
		case c-0x20 < 0x5f:
			n := ascii(p[i:])
			t.printASCII(p[i : i+n])
			i += n
			continue
		case c == 0x1b && i+2 < len(p) && p[i+1] == '[':
			if n := t.quickCSI(p[i+2:]); n > 0 {
				i += 2 + n
				continue
			}
		}
		if c < utf8.RuneSelf {
			t.step(rune(c))
			i++
		} else {
			i += t.decode(p[i:])
		}
	}
}

// ascii is how many bytes at the beginning of p are printable ASCII.
func ascii(p []byte) int {
	n := 0
	for n < len(p) && p[n]-0x20 < 0x5f {
		n++
	}
	return n
}

// decode takes a character of more than one byte. What is no UTF-8 is dropped,
// as is the byte order mark.
func (t *Terminal) decode(p []byte) int {
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError && n <= 1 {
		if !utf8.FullRune(p) {
			t.parser.nutf8 = copy(t.parser.utf8[:], p)
			return len(p)
		}
		return 1
	}
	switch {
	case r == 0xfeff:
	case r >= printable && t.parser.state == ground:
		t.print(r)
	default:
		t.step(r)
	}
	return n
}

// decodeRest continues a character that began in an earlier Write, and returns
// how many bytes of p it took.
func (t *Terminal) decodeRest(p []byte) int {
	s := &t.parser
	if p[0]&0xc0 != 0x80 {
		s.nutf8 = 0
		return 0
	}
	s.utf8[s.nutf8] = p[0]
	s.nutf8++
	b := s.utf8[:s.nutf8]
	if !utf8.FullRune(b) {
		return 1
	}
	r, n := utf8.DecodeRune(b)
	s.nutf8 = 0
	if n == len(b) && r != 0xfeff {
		t.step(r)
	}
	return 1
}

// quickCSI takes the rest of a control sequence that is all there and plain:
// at most one prefix, digits and semicolons. It returns its length, or 0.
func (t *Terminal) quickCSI(p []byte) int {
	s := &t.parser
	q := &s.params
	q.zero()
	s.collect = 0
	v := int32(0)
	for i, c := range p {
		switch {
		case c-'0' < 10:
			if v > maxParam/10-1 {
				return 0
			}
			v = v*10 + int32(c-'0')
		case c == ';':
			if q.n == maxParams {
				return 0
			}
			q.v[q.n-1] = v
			q.from[q.n], q.to[q.n] = 0, 0
			q.n++
			v = 0
		case c >= 0x40 && c < 0x7f:
			q.v[q.n-1] = v
			t.csi(c)
			t.joins = 0
			return i + 1
		case i == 0 && c >= '<' && c <= '?':
			s.collect = uint32(c)
		default:
			return 0
		}
	}
	return 0
}

// step feeds one code point.
func (t *Terminal) step(r rune) {
	s := &t.parser
	at := min(r, printable)
	to := table[s.state][at]
	next := to.next()
	switch to.action() {
	case doPrint:
		t.print(r)
	case doExecute:
		t.execute(r)
		t.joins = 0
	case doCSI:
		t.csi(byte(r))
		t.joins = 0
	case doESC:
		t.esc(byte(r))
		t.joins = 0
	case doClear:
		s.clear()
		s.begin(next)
	case doParam:
		s.params.read(r)
		s.remember(r)
	case doCollect:
		s.collect = s.collect<<8 | uint32(r)
		s.remember(r)
	case doIgnore, doError:
		if next != s.state && next != ground {
			s.begin(next)
		}
	default:
		next = t.stepString(to.action(), next, r)
	}
	s.state = next
	if next == ground && len(s.seq) > 0 {
		s.finish()
	}
}

// stepString feeds one code point of a string, and returns the next state.
func (t *Terminal) stepString(do action, next state, r rune) state {
	s := &t.parser
	switch do {
	case doDCSHook:
		s.dcs = s.collect<<8 | uint32(r)
		s.text = s.text[:0]
		s.remember(r)
	case doDCSPut:
		s.put(r, maxString)
	case doDCSUnhook:
		t.dcsEnd(r != 0x18 && r != 0x1a)
		return t.endString(next, r)
	case doOSCStart:
		s.osc.start()
		s.text = s.text[:0]
		s.begin(next)
	case doOSCPut:
		s.oscPut(r)
	case doOSCEnd:
		t.oscEnd(r != 0x18 && r != 0x1a)
		return t.endString(next, r)
	default:
	}
	return next
}

// endString closes a string; ESC that ends one begins the next sequence.
func (t *Terminal) endString(next state, r rune) state {
	t.parser.clear()
	t.joins = 0
	if r == 0x1b {
		t.parser.begin(escape)
		return escape
	}
	return next
}

func (s *parser) clear() {
	s.params.zero()
	s.collect = 0
}

// remember notes r as part of the sequence being read.
func (s *parser) remember(r rune) {
	if len(s.seq) < maxSequence {
		s.seq = append(s.seq, byte(r))
	}
}

// begin notes that a sequence begins or goes on with state next.
func (s *parser) begin(next state) {
	switch next {
	case escape:
		s.seq = append(s.seq[:0], 0x1b)
	case csiEntry:
		s.seq = append(s.seq[:0], "\x1b["...)
	case dcsEntry:
		s.seq = append(s.seq[:0], "\x1bP"...)
	case oscString:
		s.seq = append(s.seq[:0], "\x1b]"...)
	case ignoredString:
		s.seq = append(s.seq[:0], "\x1bX"...)
	case csiIgnore:
		s.seq = append(s.seq[:0], "\x1b[0<"...)
	case dcsIgnore:
		s.seq = append(s.seq[:0], "\x1bP0<"...)
	default:
	}
}

// finish forgets the sequence that has been read, and memory of a long one.
func (s *parser) finish() {
	s.seq = s.seq[:0]
	if cap(s.text) > maxString {
		s.text = nil
	}
}

// put adds r to the text of a string, up to one more than limit.
func (s *parser) put(r rune, limit int) {
	if len(s.text) <= limit {
		s.text = utf8.AppendRune(s.text, r)
	}
}

// skip passes over the plain text of a string that nobody keeps.
func (t *Terminal) skip(p []byte) int {
	s := &t.parser
	switch s.state {
	case ignoredString, dcsPassthrough, oscString:
	default:
		return 0
	}
	if s.state == dcsPassthrough && s.dcs == dcsStatus || s.state == oscString && s.osc.keeps(s.text) {
		return 0
	}
	return ascii(p)
}
