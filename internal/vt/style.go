package vt

// A style is how a cell looks, in the words that xterm.js has for it, because
// what it shows after a restored cursor can only be told from them.
type style struct {
	fg, bg uint32 // colour, and flags
	ext    uint32 // colour and style of the underline
	link   uint32 // number of a hyperlink, 0: none
}

const (
	colorMask   = 0x3ffffff // mode and value
	modeMask    = 0x3000000
	mode16      = 0x1000000 // value is 0 to 15
	mode256     = 0x2000000 // value is 0 to 255
	modeRGB     = 0x3000000
	paletteMask = 0xff
	rgbMask     = 0xffffff

	// of fg.
	inverse   = 1 << 26
	bold      = 1 << 27
	underline = 1 << 28
	blink     = 1 << 29
	invisible = 1 << 30
	strike    = 1 << 31

	// of bg.
	italic    = 1 << 26
	dim       = 1 << 27
	extended  = 1 << 28 // ext and link count
	protected = 1 << 29
	overline  = 1 << 30

	// of ext.
	underlineShift = 26
	underlineMask  = 7 << underlineShift
)

// underlineStyle is 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
func (s *style) underlineStyle() uint32 { return s.ext & underlineMask >> underlineShift }

func (s *style) setUnderlineStyle(u uint32) {
	s.ext = s.ext&^underlineMask | u<<underlineShift&underlineMask
}

// updateExtended notes whether there is anything beyond fg and bg.
func (s *style) updateExtended() {
	if s.underlineStyle() == 0 && s.link == 0 {
		s.bg &^= extended
	} else {
		s.bg |= extended
	}
}

// clean is s as a cell keeps it.
func (s *style) clean() style {
	c := *s
	if c.bg&extended == 0 {
		c.ext, c.link = 0, 0
	}
	return c
}

// erased is the style of a cell that is blanked while s is set.
func (s *style) erased() style { return style{bg: s.bg & colorMask} }

// styles gives styles the small numbers that cells hold. Number 0 is the
// default style.
type styles struct {
	list  []style
	index map[style]uint32
	// recent finds what was looked up lately without the map.
	recent []uint32
	limit  int // length of list at which to collect
}

const (
	recentStyles = 64
	minStyles    = 1024
)

func (s *styles) reset() {
	s.list = append(s.list[:0], style{})
	s.index, s.recent, s.limit = nil, nil, minStyles
}

func (s *styles) get(id uint32) style { return s.list[id] }

// id is the number of st, which becomes known if it is not.
func (s *styles) id(st style) uint32 {
	if st == (style{}) {
		return 0
	}
	if s.index == nil {
		s.index = make(map[style]uint32)
		s.recent = make([]uint32, recentStyles)
	}
	h := (st.fg*0x9e3779b1 ^ st.bg*0x85ebca6b ^ st.ext*0xc2b2ae35 ^ st.link) >> 8 % recentStyles
	if i := s.recent[h]; i != 0 && s.list[i] == st {
		return i
	}
	i, ok := s.index[st]
	if !ok {
		i = uint32(len(s.list))
		s.list = append(s.list, st)
		s.index[st] = i
	}
	s.recent[h] = i
	return i
}

// current is the number of the style that is set.
func (t *Terminal) current() uint32 {
	if !t.styleKnown {
		t.styleID, t.styleKnown = t.styles.id(t.attr.clean()), true
	}
	return t.styleID
}

// setAttr makes a the style that is set.
func (t *Terminal) setAttr(a style) { t.attr, t.styleKnown = a, false }

// blank is the cell that erasing leaves: the background colour, no more.
func (t *Terminal) blank() cell {
	if t.attr.bg&colorMask == 0 {
		return 0
	}
	return cell(t.styles.id(t.attr.erased())) << styleShift
}

// collect forgets styles and clusters that no cell of a screen uses. History
// does not count: it holds styles by value.
func (t *Terminal) collect() {
	old := t.styles.list
	t.styles.list = make([]style, 0, len(old)/2)
	t.styles.reset()
	clusters := t.clusters
	t.clusters = nil
	t.styleKnown = false
	for _, s := range []*screen{&t.main, &t.alt} {
		for i := range s.rows {
			for j, c := range s.rows[i].cells {
				c = c&^styleMask | cell(t.styles.id(old[c.style()]))<<styleShift
				if c&clusterBit != 0 {
					text := clusters[c&runeMask]
					c = c&^runeMask | cell(len(t.clusters))
					t.clusters = append(t.clusters, text)
				}
				s.rows[i].cells[j] = c
			}
		}
	}
	t.styles.limit = max(minStyles, 2*len(t.styles.list))
	t.clusterLimit = max(minStyles, 2*len(t.clusters))
}
