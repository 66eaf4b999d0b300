package vt

import "unicode/utf8"

// A handler does what a control sequence says, with t.parser.params.
type handler func(t *Terminal, p *params)

// plainCSI are the sequences without prefix and intermediates, by final byte.
var plainCSI = [128]handler{
	'@': insertChars, 'A': cursorUp, 'B': cursorDown, 'C': cursorForward,
	'D': cursorBackward, 'E': nextLine, 'F': previousLine, 'G': column,
	'H': position, 'I': tabForward, 'J': eraseDisplay, 'K': eraseLine,
	'L': insertLines, 'M': deleteLines, 'P': deleteChars, 'S': scrollUp,
	'T': scrollDown, 'X': eraseChars, 'Z': tabBackward, '`': column,
	'a': cursorForward, 'b': repeat, 'c': primaryAttributes, 'd': line,
	'e': lineForward, 'f': position, 'g': clearTab, 'h': setMode,
	'l': resetMode, 'm': graphic, 'n': deviceStatus, 'r': region,
	's': func(t *Terminal, _ *params) { t.saveCursor() },
	'u': func(t *Terminal, _ *params) { t.restoreCursor() },
}

// otherCSI are those with a prefix or an intermediate, which comes first.
var otherCSI = map[uint32]handler{
	key(" @"): scrollLeft, key(" A"): scrollRight, key("'}"): insertColumns,
	key("'~"): deleteColumns, key("\"q"): protect, key("!p"): softReset,
	key(" q"): cursorShape, key("$p"): ansiModeQuery, key("?$p"): privateModeQuery,
	key("?J"): eraseDisplaySelectively, key("?K"): eraseLineSelectively,
	key("?h"): setPrivateMode, key("?l"): resetPrivateMode,
	key("?n"): privateStatus, key(">c"): secondaryAttributes,
	key(">u"): pushKeyboard, key("<u"): popKeyboard, key("=u"): setKeyboard,
	key("?u"): keyboardQuery,
}

// key is the sequence of prefix, intermediates and final as a number.
func key(s string) (k uint32) {
	for i := range len(s) {
		k = k<<8 | uint32(s[i])
	}
	return k
}

func (t *Terminal) csi(final byte) {
	s := &t.parser
	if s.collect == 0 {
		if h := plainCSI[final&0x7f]; h != nil {
			h(t, &s.params)
		}
		return
	}
	k := s.collect<<8 | uint32(final)
	switch k { // the ones that come all the time
	case '?'<<8 | 'h':
		setPrivateMode(t, &s.params)
	case '?'<<8 | 'l':
		resetPrivateMode(t, &s.params)
	default:
		if h := otherCSI[k]; h != nil {
			h(t, &s.params)
		}
	}
}

func cursorUp(t *Terminal, p *params) {
	n := p.one(0)
	if d := t.s.y - t.s.top; d >= 0 {
		n = min(n, d)
	}
	t.moveCursor(0, -n)
}

func cursorDown(t *Terminal, p *params) {
	n := p.one(0)
	if d := t.s.bottom - t.s.y; d >= 0 {
		n = min(n, d)
	}
	t.moveCursor(0, n)
}

func cursorForward(t *Terminal, p *params)  { t.moveCursor(p.one(0), 0) }
func cursorBackward(t *Terminal, p *params) { t.moveCursor(-p.one(0), 0) }
func lineForward(t *Terminal, p *params)    { t.moveCursor(0, p.one(0)) }

func nextLine(t *Terminal, p *params) {
	cursorDown(t, p)
	t.s.x = 0
}

func previousLine(t *Terminal, p *params) {
	cursorUp(t, p)
	t.s.x = 0
}

// column keeps a bug of xterm.js: the row is counted twice from the origin.
func column(t *Terminal, p *params) { t.setCursor(p.one(0)-1, t.s.y) }

func line(t *Terminal, p *params) { t.setCursor(t.s.x, p.one(0)-1) }

func position(t *Terminal, p *params) { t.setCursor(p.one(1)-1, p.one(0)-1) }

func tabForward(t *Terminal, p *params) {
	if t.s.x >= t.cols {
		return
	}
	for n := min(p.one(0), t.cols); n > 0; n-- {
		t.s.x = t.s.tabs.next(t.s.x, t.cols)
	}
}

func tabBackward(t *Terminal, p *params) {
	if t.s.x >= t.cols {
		return
	}
	for n := min(p.one(0), t.cols); n > 0; n-- {
		t.s.x = t.s.tabs.previous(t.s.x, t.cols)
	}
}

func clearTab(t *Terminal, p *params) {
	switch p.get(0) {
	case 0:
		t.s.tabs.set(t.s.x, t.cols, false)
	case 3:
		t.s.tabs.clear(t.cols)
	}
}

func region(t *Terminal, p *params) {
	top, bottom := p.one(0), p.get(1)
	if bottom == 0 || bottom > t.rows {
		bottom = t.rows
	}
	if bottom > top {
		t.s.top, t.s.bottom = top-1, bottom-1
		t.setCursor(0, 0)
	}
}

// repeat prints the last character again, as often as it says up to a bound.
func repeat(t *Terminal, p *params) {
	if t.joins == 0 {
		return
	}
	x := t.s.x - t.joins
	if x < 0 || x >= t.cols {
		return
	}
	c := t.s.row(t.s.y).at(x)
	text := string(rune(c & runeMask))
	switch {
	case c&clusterBit != 0:
		text = t.clusters[c&runeMask]
	case c.content() == 0:
		return
	}
	for range min(p.one(0), maxRepeat/utf8.RuneCountInString(text)) {
		for _, r := range text {
			t.print(r)
		}
	}
}

func softReset(t *Terminal, _ *params) {
	t.s.top, t.s.bottom = 0, t.rows-1
	t.setAttr(style{})
	t.modes.softReset()
	t.charset, t.charsets, t.level = 0, [4]byte{}, 0
	t.s.saved = saved{y: t.ybase()}
}

// protect is DECSCA.
func protect(t *Terminal, p *params) {
	a := t.attr
	switch p.get(0) {
	case 1:
		a.bg |= protected
	case 0, 2:
		a.bg &^= protected
	}
	t.setAttr(a)
}
