package vt

import "strconv"

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// altSaved sets what the alternate screen keeps while it is not shown.
func (p *painter) altSaved() {
	t := p.t
	if t.s == &t.alt || t.alt.saved == (saved{}) {
		return
	}
	p.buf = append(p.buf, "\x1b[?47h"...)
	p.savedCursor(&t.alt, 0)
	p.set(style{})
	p.buf = append(p.buf, "\x1b[?47l\x1b[H"...)
}

// paintState writes everything behind the rows of the main screen.
func (t *Terminal) paintState(p *painter) {
	p.region(&t.main)
	p.tabs(&t.main)
	p.keyboard(&t.main)
	p.savedCursor(&t.main, t.history.n)
	if t.s == &t.alt {
		p.set(style{})
		p.moveTo(min(t.main.x, t.cols-1), t.main.y)
		p.buf = append(p.buf, "\x1b[?47h\x1b[H"...)
		p.screen(&t.alt)
		p.region(&t.alt)
		p.tabs(&t.alt)
		p.keyboard(&t.alt)
		p.savedCursor(&t.alt, 0)
	}
	p.names()
	p.colors()
	p.modes()
	p.attr()
	p.cursor()
}

func (p *painter) region(s *screen) {
	if s.top == 0 && s.bottom == p.t.rows-1 {
		return
	}
	p.buf = append(p.buf, "\x1b["...)
	p.buf = appendInt(p.buf, s.top+1)
	p.buf = append(p.buf, ';')
	p.buf = appendInt(p.buf, s.bottom+1)
	p.buf = append(p.buf, 'r')
}

func (p *painter) tabs(s *screen) {
	if s.tabs.stops == nil {
		return
	}
	p.buf = append(p.buf, "\x1b[3g"...)
	for x := range p.cols {
		if s.tabs.at(x) {
			p.seq(x+1, 1, 'G')
			p.buf = append(p.buf, "\x1bH"...)
		}
	}
}

func (p *painter) keyboard(s *screen) {
	for _, f := range s.kitty {
		p.buf = append(p.buf, "\x1b[>"...)
		p.buf = appendInt(p.buf, int(f))
		p.buf = append(p.buf, 'u')
	}
}

// savedCursor does DECSC with what is saved for s, which is shown.
func (p *painter) savedCursor(s *screen, base int) {
	v := s.saved
	y := v.y - base
	needed := p.saved || s == p.t.s && (p.t.recalled() || !p.t.attr.consistent())
	if !needed && v.x == 0 && y <= 0 && v.fg|v.bg == 0 && v.charset == 0 {
		return
	}
	if !p.plain {
		p.setWords(v.fg, v.bg)
	}
	p.moveTo(min(v.x, p.cols-1), min(max(y, 0), p.t.rows-1))
	if v.charset != 0 {
		p.buf = append(p.buf, "\x1b("...)
		p.buf = append(p.buf, v.charset)
	}
	p.buf = append(p.buf, "\x1b7"...)
	p.saved = false
	if v.charset != 0 {
		p.buf = append(p.buf, "\x1b(B"...)
	}
}

// recalled says whether the set in use is there since DECRC.
func (t *Terminal) recalled() bool {
	return t.charset != t.charsets[t.level] && t.s.saved.charset == t.charset
}

func (p *painter) names() {
	t := p.t
	name := func(number, s string) {
		p.buf = append(append(p.buf, "\x1b]"...), number...)
		p.buf = append(append(p.buf, ';'), s...)
		p.buf = append(p.buf, 0x07)
	}
	if t.title == t.icon {
		name("0", t.title)
		return
	}
	name("2", t.title)
	name("1", t.icon)
}

func (p *painter) colors() {
	for i := range colors {
		c, ok := p.t.palette[i]
		if !ok {
			continue
		}
		p.buf = append(p.buf, "\x1b]"...)
		if i < foregroundColor {
			p.buf = append(p.buf, "4;"...)
			p.buf = appendInt(p.buf, i)
		} else {
			p.buf = appendInt(p.buf, i-foregroundColor+10)
		}
		p.buf = append(p.buf, ";#"...)
		for _, v := range []uint8{c.R, c.G, c.B} {
			p.buf = append(p.buf, "0123456789abcdef"[v>>4], "0123456789abcdef"[v&15])
		}
		p.buf = append(p.buf, 0x07)
	}
}

// modes sets all modes that do not matter to printing the last character.
func (p *painter) modes() {
	m := p.t.Modes()
	for _, f := range []struct {
		on   bool
		code string
	}{
		{m.NewLine, "20h"},
		{m.AppCursor, "?1h"},
		{m.AppKeypad, "?66h"},
		{m.ReverseWrap, "?45h"},
		{m.HideCursor, "?25l"},
		{m.Focus, "?1004h"},
		{m.Paste, "?2004h"},
		{m.Sync, "?2026h"},
		{m.Blink == On, "?12h"},
		{m.Blink == Off, "?12l"},
		{m.Mouse == MouseX10, "?9h"},
		{m.Mouse == MouseVT, "?1000h"},
		{m.Mouse == MouseDrag, "?1002h"},
		{m.Mouse == MouseAny, "?1003h"},
		{m.Encoding == EncodingSGR, "?1006h"},
		{m.Encoding == EncodingPixels, "?1016h"},
		{!m.Wrap, "?7l"},
	} {
		if f.on {
			p.buf = append(append(p.buf, "\x1b["...), f.code...)
		}
	}
	if m.Shape == ShapeUnset && m.ShapeBlinks == Unset {
		return
	}
	n := 8 // no shape, steady
	if m.Shape != ShapeUnset {
		n = 2 * int(m.Shape)
	}
	if m.ShapeBlinks == On {
		n--
	}
	p.buf = append(p.buf, "\x1b["...)
	p.buf = appendInt(p.buf, n)
	p.buf = append(p.buf, " q"...)
}

// cursor puts the cursor where it is, which is the last thing to do: after a
// character was printed, a combining mark may follow.
func (p *painter) cursor() {
	t := p.t
	s := t.s
	if t.modes.Origin {
		p.buf = append(p.buf, "\x1b[?6h"...)
	}
	r := s.row(s.y)
	if c, ok := t.joinable(r); ok {
		x := s.x - t.joins
		p.place(x, s.y)
		if t.modes.Insert {
			p.seq(t.joins, 1, 'P')
			p.buf = append(p.buf, "\x1b[4h"...)
		}
		p.buf = append(p.buf, graphicFor(t.charset, c)...)
		return
	}
	p.still(r)
	switch {
	case t.modes.Insert:
		p.buf = append(p.buf, "\x1b[4h"...)
	case t.joins == 0:
		p.buf = append(p.buf, "\x1b[4l"...) // it is, but now nothing joins
	}
	switch {
	case s.x > t.cols: // a combining mark was printed behind the last column
		p.buf = append(p.buf, "\u200b"...)
	case s.x == t.cols-1 && t.joins == wide && !t.modes.Wrap:
		p.buf = append(p.buf, junk...) // does not fit, and is remembered
	}
}

// joinable is the character before the cursor, if it was printed last.
func (t *Terminal) joinable(r *row) (text string, ok bool) {
	x := t.s.x - t.joins
	if t.joins == 0 || x < 0 {
		return "", false
	}
	c := r.at(x)
	if c.content() == 0 || c.width() != t.joins || t.styles.get(c.style()) != t.attr.clean() {
		return "", false
	}
	if c&clusterBit != 0 {
		return t.clusters[c&runeMask], true
	}
	return string(rune(c & runeMask)), true
}

// attr makes the style and character sets in use those of the terminal. What
// only DECRC can have made is made by it again: the saved cursor is set.
func (p *painter) attr() {
	t := p.t
	a := t.attr
	if p.plain {
		a = style{}
	}
	for i, c := range t.charsets {
		if c != 0 {
			p.buf = append(p.buf, 0x1b, "()*+"[i], c)
		}
	}
	invoke := [...]string{"\x0f", "\x0e", "\x1bn", "\x1bo"}[t.level]
	if a.consistent() && !t.recalled() {
		if t.level != 0 {
			p.buf = append(p.buf, invoke...)
		}
		p.set(a)
		return
	}
	p.setExtension(a)
	p.buf = append(append(p.buf, invoke...), "\x1b8"...)
	p.style.fg, p.style.bg = t.s.saved.fg, t.s.saved.bg
	if !t.recalled() {
		p.buf = append(p.buf, invoke...)
	}
	if a.consistent() {
		p.set(a)
		return
	}
	p.style.ext, p.style.link = a.ext, a.link
	if (p.style.bg^a.bg)&extended != 0 {
		p.writeLink(p.link) // which looks at what extends the style
		p.style.updateExtended()
	}
	p.delta(p.style, a)
}

// delta changes words of the style without touching what extends it.
func (p *painter) delta(from, to style) {
	if from.fg == to.fg && from.bg == to.bg {
		return
	}
	b := append(p.buf, "\x1b["...)
	n := len(b)
	for _, f := range flagCodes {
		on, off := to.fg&^from.fg&f.fg|to.bg&^from.bg&f.bg != 0, from.fg&^to.fg&f.fg|from.bg&^to.bg&f.bg != 0
		if on {
			b = append(append(b, f.on...), ';')
		}
		if off {
			b = append(append(b, f.off...), ';')
		}
	}
	// What switches bold off switches dim off, and the other way round.
	if off := from.fg&^to.fg&bold | from.bg&^to.bg&dim; off != 0 && to.fg&bold|to.bg&dim != 0 {
		on := "1;"
		if to.bg&dim != 0 {
			on = "2;"
		}
		b = append(b, on...)
	}
	b = appendColor(b, from.fg, to.fg, 30)
	b = appendColor(b, from.bg, to.bg, 40)
	if len(b) > n {
		b[len(b)-1] = 'm'
	} else {
		b = b[:n-2]
	}
	if (from.bg^to.bg)&protected != 0 {
		b = append(b, "\x1b["...)
		b = appendInt(b, int(to.bg&protected>>29))
		b = append(b, "\"q"...)
	}
	p.buf = b
	p.style.fg, p.style.bg = to.fg, to.bg
}

// place moves the cursor, relative to the origin.
func (p *painter) place(x, y int) {
	if t := p.t; t.modes.Origin {
		y -= t.s.top
	}
	p.moveTo(x, max(y, 0))
}

// still puts the cursor where it is, without a character that a combining mark
// would join.
func (p *painter) still(r *row) {
	t := p.t
	s := t.s
	if s.x < t.cols {
		p.place(s.x, s.y)
		return
	}
	if s == &t.main {
		// The main screen takes the cursor of the other one.
		p.buf = append(p.buf, "\x1b[?47h"...)
		p.moveTo(t.cols-1, s.y)
		p.buf = append(p.buf, " \x1b[?47l"...)
		return
	}
	p.place(t.cols-1, s.y)
	attr := p.style
	last := r.at(t.cols - 1)
	if last.content() == 0 && last.width() == narrow {
		// The line was erased after its last column was printed.
		p.buf = append(p.buf, ' ')
		if uniform(r, t.cols) {
			p.set(t.styles.get(last.style()))
			p.seq(1, 0, 'K')
			p.set(attr)
		}
		return
	}
	p.last(r, attr)
}

func uniform(r *row, cols int) bool {
	for x := 1; x < cols; x++ {
		if r.at(x) != r.at(0) {
			return false
		}
	}
	return true
}

// last prints the last character of row r of the alternate screen again.
func (p *painter) last(r *row, attr style) {
	x := p.cols - 1
	if r.at(x).isTail() {
		x--
	}
	c := r.at(x)
	text := string(rune(c & runeMask))
	if c&clusterBit != 0 {
		text = p.t.clusters[c&runeMask]
	}
	st := p.t.styles.get(c.style())
	if st == attr.clean() {
		st = attr
	}
	p.set(st)
	p.place(x, p.t.s.y)
	p.buf = append(p.buf, graphicFor(p.t.charset, text)...)
	p.set(attr)
}
