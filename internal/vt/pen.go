package vt

import "strconv"

// A pen is the style that the receiver of painted text has set.
type pen struct {
	buf   []byte
	t     *Terminal
	style style
	link  link // that is open, the zero link if none
	plain bool // leave styles out
	saved bool // the receiver's saved cursor was overwritten
}

// flagCodes are the SGR numbers of the flags of fg and bg.
var flagCodes = [...]struct {
	bit
	on, off string
}{
	{bit{fg: bold}, "1", "22"},
	{bit{bg: dim}, "2", "22"},
	{bit{bg: italic}, "3", "23"},
	{bit{fg: blink}, "5", "25"},
	{bit{fg: inverse}, "7", "27"},
	{bit{fg: invisible}, "8", "28"},
	{bit{fg: strike}, "9", "29"},
	{bit{bg: overline}, "53", "55"},
}

const (
	fgFlags = bold | blink | inverse | invisible | strike
	bgFlags = dim | italic | overline
)

// consistent says whether s can be reached by SGR and OSC 8 alone. What DECRC
// brings back may not: it restores fg and bg but not what extends them.
func (s *style) consistent() bool {
	u, l := s.underlineStyle() != 0, s.link != 0
	return s.fg&underline != 0 == u && s.bg&extended != 0 == (u || l)
}

// set makes s the style of the receiver, whose cursor must not be waiting to
// wrap if s is not consistent; it overwrites the receiver's saved cursor then.
func (p *pen) set(s style) {
	if p.plain {
		s = style{}
	}
	if _, ok := p.t.links.get(s.link); s.link != 0 && !ok {
		s.link = 0 // forgotten
		s.updateExtended()
	}
	if s == p.style {
		return
	}
	if s.consistent() {
		p.setConsistent(s)
		return
	}
	p.setWords(s.fg, s.bg)
	p.saved = true
	p.buf = append(p.buf, "\x1b7"...)
	p.setExtension(s)
	p.buf = append(p.buf, "\x1b8"...)
	p.style = s
}

// setWords makes fg and bg of the receiver these, whatever extends them.
func (p *pen) setWords(fg, bg uint32) {
	s := style{fg: fg, bg: bg}
	u, e := fg&underline != 0, bg&extended != 0
	switch {
	case u:
		s.bg |= extended
		s.setUnderlineStyle(1)
		p.setConsistent(s)
		if !e { // take the extension away from under the flag
			p.buf = append(p.buf, "\x1b7\x1b[24m\x1b8\x1b]8;;\x07"...)
			p.link = link{}
			p.style = style{fg: fg, bg: bg}
		}
	case e:
		p.setConsistent(style{fg: fg, bg: bg &^ extended})
		p.openLink(link{uri: "x"})
		p.style.bg |= extended
		p.style.link = ^uint32(0)
	default:
		p.setConsistent(s)
	}
}

// setExtension makes what extends the style that of s; fg and bg change too.
func (p *pen) setExtension(s style) {
	e := style{ext: s.ext, link: s.link}
	if e.underlineStyle() != 0 {
		e.fg |= underline
	}
	e.updateExtended()
	p.buf = append(p.buf, "\x1b[m"...)
	p.style = style{link: p.style.link}
	p.style.updateExtended()
	p.setConsistent(e)
}

func (p *pen) setConsistent(s style) {
	if p.style.link != s.link {
		l, ok := p.t.links.get(s.link)
		if !ok {
			l = link{}
		}
		p.openLink(l)
	}
	from := p.style
	reset := from.fg&fgFlags&^s.fg != 0 || from.bg&(bgFlags|protected)&^s.bg != 0 ||
		from.ext&colorMask != 0 && s.ext&colorMask == 0 || !from.consistent()
	if reset {
		from = style{}
	}
	n := len(p.buf)
	p.buf = append(p.buf, "\x1b["...)
	if reset {
		p.buf = append(p.buf, "0;"...)
	}
	for _, f := range flagCodes {
		if s.fg&^from.fg&f.fg|s.bg&^from.bg&f.bg != 0 {
			p.buf = append(append(p.buf, f.on...), ';')
		}
	}
	if u := s.underlineStyle(); u != from.underlineStyle() {
		p.buf = append(p.buf, [...]string{"24;", "4;", "4:2;", "4:3;", "4:4;", "4:5;", "4;", "4;"}[u]...)
	}
	p.buf = appendColor(p.buf, from.fg, s.fg, 30)
	p.buf = appendColor(p.buf, from.bg, s.bg, 40)
	p.buf = appendUnderlineColor(p.buf, from.ext, s.ext)
	if len(p.buf) == n+2 {
		p.buf = p.buf[:n]
	} else {
		p.buf[len(p.buf)-1] = 'm'
	}
	if s.bg&^from.bg&protected != 0 {
		p.buf = append(p.buf, "\x1b[1\"q"...)
	}
	p.style = s
}

func (p *pen) openLink(l link) {
	if p.link != l || l.id == "" {
		p.writeLink(l)
	}
}

func (p *pen) writeLink(l link) {
	p.link = l
	p.buf = append(p.buf, "\x1b]8;"...)
	if l.id != "" {
		p.buf = append(append(p.buf, "id="...), l.id...)
	}
	p.buf = append(p.buf, ';')
	p.buf = append(append(p.buf, l.uri...), 0x07)
}

// appendColor appends what changes the colour of word from to that of to, with
// a semicolon behind. base is 30 or 40.
func appendColor(b []byte, from, to uint32, base int) []byte {
	if from&colorMask == to&colorMask {
		return b
	}
	v := int(to & paletteMask)
	switch to & modeMask {
	case 0:
		b = strconv.AppendInt(b, int64(base+9), 10)
	case mode16:
		if v >= 8 {
			v += 60 - 8
		}
		b = strconv.AppendInt(b, int64(base+v), 10)
	case mode256:
		b = strconv.AppendInt(b, int64(base+8), 10)
		b = append(b, ";5;"...)
		b = strconv.AppendInt(b, int64(v), 10)
	default:
		b = strconv.AppendInt(b, int64(base+8), 10)
		b = append(b, ";2"...)
		b = appendRGB(b, to, ';')
	}
	return append(b, ';')
}

func appendUnderlineColor(b []byte, from, to uint32) []byte {
	if from&colorMask == to&colorMask {
		return b
	}
	switch to & modeMask {
	case 0:
		return b
	case modeRGB:
		b = append(b, "58:2:"...)
		b = appendRGB(b, to, ':')
	default:
		b = append(b, "58:5:"...)
		b = strconv.AppendInt(b, int64(to&paletteMask), 10)
	}
	return append(b, ';')
}

func appendRGB(b []byte, v uint32, separator byte) []byte {
	for _, shift := range []int{16, 8, 0} {
		b = append(b, separator)
		b = strconv.AppendInt(b, int64(v>>shift&0xff), 10)
	}
	return b
}

// seq appends a control sequence with one number, left out if it is usual.
func (p *pen) seq(n, usual int, final byte) {
	p.buf = append(p.buf, "\x1b["...)
	if n != usual {
		p.buf = strconv.AppendInt(p.buf, int64(n), 10)
	}
	p.buf = append(p.buf, final)
}

// moveTo puts the cursor in a column and row counted from 0.
func (p *pen) moveTo(x, y int) {
	p.buf = append(p.buf, "\x1b["...)
	p.buf = strconv.AppendInt(p.buf, int64(y+1), 10)
	p.buf = append(p.buf, ';')
	p.buf = strconv.AppendInt(p.buf, int64(x+1), 10)
	p.buf = append(p.buf, 'H')
}
