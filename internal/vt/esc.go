package vt

// execute is a C0 or C1 control.
func (t *Terminal) execute(c rune) {
	s := t.s
	switch c {
	case 0x07:
		t.facts.bells++
	case '\b':
		t.backspace()
	case '\t':
		if s.x < t.cols {
			s.x = s.tabs.next(s.x, t.cols)
		}
	case '\n', '\v', '\f':
		t.lineFeed()
	case '\r':
		s.x = 0
	case 0x0e:
		t.invoke(1)
	case 0x0f:
		t.invoke(0)
	case 0x84:
		t.index()
	case 0x85:
		s.x = 0
		t.index()
	case 0x88:
		s.tabs.set(s.x, t.cols, true)
	}
}

func (t *Terminal) lineFeed() {
	s := t.s
	if t.modes.NewLine {
		s.x = 0
	}
	s.y++
	switch {
	case s.y == s.bottom+1:
		s.y--
		t.scroll(false)
	case s.y >= t.rows:
		s.y = t.rows - 1
	default:
		s.row(s.y).wrapped = false
	}
	if s.x >= t.cols {
		s.x--
	}
}

// index is a line feed that leaves the wrap of the line alone.
func (t *Terminal) index() {
	t.restrict(t.cols - 1)
	s := t.s
	s.y++
	if s.y == s.bottom+1 {
		s.y--
		t.scroll(false)
	} else if s.y >= t.rows {
		s.y = t.rows - 1
	}
	t.restrict(t.cols - 1)
}

func (t *Terminal) reverseIndex() {
	t.restrict(t.cols - 1)
	s := t.s
	if s.y == s.top {
		s.shiftDown(s.top, s.bottom).reset(t.cols, t.blank())
		return
	}
	s.y--
	t.restrict(t.cols - 1)
}

func (t *Terminal) backspace() {
	s := t.s
	if !t.modes.ReverseWrap {
		t.restrict(t.cols - 1)
		s.x = max(0, s.x-1)
		return
	}
	t.restrict(t.cols)
	if s.x > 0 {
		s.x--
	} else if s.y > s.top && s.y <= s.bottom && s.row(s.y).wrapped {
		s.row(s.y).wrapped = false
		s.y--
		s.x = t.cols - 1
		// A wide character that did not fit left the last column blank.
		if c := s.row(s.y).at(s.x); c.width() != 0 && c.content() == 0 {
			s.x--
		}
	}
	t.restrict(t.cols - 1)
}

// invoke makes G0, G1, G2 or G3 the set that text is printed in.
func (t *Terminal) invoke(level int) { t.level, t.charset = level, t.charsets[level] }

func (t *Terminal) designate(level int, set byte) {
	t.charsets[level] = set
	if t.level == level {
		t.charset = set
	}
}

// esc is the end of an escape sequence.
func (t *Terminal) esc(final byte) {
	s := &t.parser
	switch s.collect {
	case 0:
		t.escPlain(final)
	case '(', ')', '*', '+':
		if set, ok := designated(final); ok {
			t.designate(int(s.collect-'('), set)
		}
	case '-', '.':
		if set, ok := designated(final); ok {
			t.designate(int(s.collect-'-'+1), set)
		}
	case '%':
		if final == '@' || final == 'G' {
			t.invoke(0)
			t.designate(0, 0)
		}
	case '#':
		if final == '8' {
			t.align()
		}
	}
}

func (t *Terminal) escPlain(final byte) {
	switch final {
	case '7':
		t.saveCursor()
	case '8':
		t.restoreCursor()
	case 'D':
		t.index()
	case 'E':
		t.s.x = 0
		t.index()
	case 'H':
		t.s.tabs.set(t.s.x, t.cols, true)
	case 'M':
		t.reverseIndex()
	case '=':
		t.modes.AppKeypad = true
	case '>':
		t.modes.AppKeypad = false
	case 'c':
		t.fullReset()
	case '~':
		t.invoke(1)
	case 'n', '}':
		t.invoke(2)
	case 'o', '|':
		t.invoke(3)
	}
}

// align is DECALN: the screen full of E.
func (t *Terminal) align() {
	t.setCursor(0, 0)
	c := makeCell('E', narrow, t.styles.id(style{fg: t.attr.fg, bg: t.attr.bg}))
	from := t.s.y // of the main screen xterm.js leaves what is above the origin
	if t.s == &t.alt {
		from = 0
	}
	for y := from; y < t.rows; y++ {
		t.s.row(y).reset(t.cols, c)
	}
	t.setCursor(0, 0)
}
