package vt

import (
	"strings"
	"unicode/utf8"
)

// state writes or reads everything but the size and history.
func (c *coder) state() {
	t := c.t
	alt := t.s == &t.alt
	c.bool(&alt)
	if c.reads && alt {
		t.alt.clear(c.rows)
		t.s = &t.alt
	}
	c.links(&t.links)
	c.screen(&t.main, true)
	c.screen(&t.alt, alt)
	c.style(&t.attr)
	t.styleKnown = false
	c.set(&t.charset)
	for i := range t.charsets {
		c.set(&t.charsets[i])
	}
	c.int(&t.level, 0, 3)
	c.bool(&t.resized)
	c.modes(&t.modes)
	c.string(&t.title, maxTitle)
	c.string(&t.icon, maxTitle)
	c.palette()
	c.facts(&t.facts)
	t.answers.out = c.bytes(t.answers.out, 2*maxAnswers)
	c.unread()
	c.int(&t.joins, 0, wide)
}

// unread is the half-read sequence, which is read once more.
func (c *coder) unread() {
	b := c.bytes(c.t.unread(), MaxClipboard+maxSequence+64)
	if !c.reads || c.bad {
		return
	}
	was := c.t.answers
	c.t.answers.how = nil
	c.t.parse(b)
	c.t.answers = was
	if string(c.t.unread()) != string(b) {
		c.bad = true // it did something
	}
}

func (c *coder) screen(s *screen, shown bool) {
	if shown {
		for y := range c.rows {
			c.row(s.row(y))
		}
		c.int(&s.x, 0, c.cols+1)
		c.int(&s.y, 0, c.rows-1)
	}
	c.int(&s.top, 0, c.rows-1)
	c.int(&s.bottom, s.top, c.rows-1)
	v := &s.saved
	c.int(&v.x, 0, MaxCols+1)
	c.int(&v.y, -MaxScrollback-MaxRows, 2*(MaxScrollback+MaxRows))
	c.uint32(&v.fg)
	c.uint32(&v.bg)
	c.set(&v.charset)
	s.kitty = append([]uint8(nil), c.bytes(s.kitty, maxKitty)...)
	c.tabs(&s.tabs)
}

func (c *coder) tabs(s *tabs) {
	n := c.count(len(s.stops), MaxCols+2)
	if c.reads {
		s.stops = nil
		if n > 0 {
			s.stops = make([]bool, n)
		}
	}
	for i := range s.stops {
		c.bool(&s.stops[i])
	}
}

func (c *coder) style(s *style) {
	for _, w := range []*uint32{&s.fg, &s.bg, &s.ext, &s.link} {
		c.uint32(w)
	}
}

// set is a character set.
func (c *coder) set(b *byte) {
	enum(c, b, 0x7f)
	if _, ok := charsets[*b]; *b != 0 && !ok {
		c.bad, *b = true, 0
	}
}

func (c *coder) modes(m *Modes) {
	for _, b := range []*bool{
		&m.Insert, &m.NewLine, &m.AppCursor, &m.AppKeypad, &m.Origin, &m.Wrap, &m.ReverseWrap, &m.HideCursor, &m.Focus, &m.Paste, &m.Sync,
	} {
		c.bool(b)
	}
	enum(c, &m.Mouse, MouseAny)
	enum(c, &m.Encoding, EncodingPixels)
	enum(c, &m.Shape, ShapeBar)
	enum(c, &m.ShapeBlinks, Off)
	enum(c, &m.Blink, Off)
}

func (c *coder) links(l *links) {
	c.uint32(&l.first)
	list := l.list
	for range c.count(len(list), maxLinks) {
		var k link
		if !c.reads {
			k, list = list[0], list[1:]
		}
		c.string(&k.id, maxLink)
		c.string(&k.uri, maxLink)
		if c.reads {
			l.restore(k)
		}
	}
	if c.reads && (l.bytes > maxLinkBytes || l.first == 0 && len(l.list) > 0) {
		c.bad = true
	}
}

// restore appends a link without forgetting another.
func (l *links) restore(k link) {
	n := l.first + uint32(len(l.list))
	l.list = append(l.list, k)
	l.bytes += k.size()
	if k.id == "" {
		return
	}
	if l.named == nil {
		l.named = make(map[link]uint32)
	}
	l.named[k] = n
}

func (c *coder) palette() {
	n := c.count(len(c.t.palette), colors)
	if !c.reads {
		for i := range colors {
			if v, ok := c.t.palette[i]; ok {
				c.color(&i, &v)
			}
		}
		return
	}
	c.t.palette = nil
	for range n {
		var i int
		var v RGB
		c.color(&i, &v)
		if c.t.palette == nil {
			c.t.palette = make(palette)
		}
		c.t.palette[i] = v
	}
}

func (c *coder) color(i *int, v *RGB) {
	c.int(i, 0, colors-1)
	enum(c, &v.R, 255)
	enum(c, &v.G, 255)
	enum(c, &v.B, 255)
}

func (c *coder) facts(f *facts) {
	k := &f.known
	c.string(&k.Folder, maxTitle)
	c.string(&k.FolderHost, maxTitle)
	c.uint64(&f.bells)
	c.uint64(&k.Commands)
	c.bool(&k.Running)
	c.int(&k.Exit, -1, 255)
	c.uint64(&k.Lost)
	n := c.count(len(f.events), maxEvents)
	if c.reads {
		f.events = make([]Event, n)
	}
	for i := range f.events {
		e := &f.events[i]
		enum(c, &e.Kind, CommandStarted)
		c.string(&e.Title, maxTitle)
		c.string(&e.Text, MaxClipboard)
		c.int(&e.Exit, -1, 255)
		c.int64(&e.Line)
	}
	n = c.count(len(f.marks), maxMarks)
	if c.reads {
		f.marks = make([]Mark, n)
	}
	for i := range f.marks {
		m := &f.marks[i]
		enum(c, &m.Kind, CommandEnd)
		c.int64(&m.Line)
		c.int(&m.Col, 0, MaxCols+1)
		c.int(&m.Exit, -1, 255)
	}
	for _, s := range []string{k.Folder, k.FolderHost, c.t.title, c.t.icon} {
		if !utf8.ValidString(s) || !printableText(strings.ReplaceAll(s, "\x7f", "")) && c.reads {
			c.bad = true
		}
	}
}
