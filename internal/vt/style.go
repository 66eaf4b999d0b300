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
	table []uint32 // numbers by hash, 0: free; a power of two, at most half full
	limit int      // length of list at which to collect
}

const (
	minStyles = 1024
	minTable  = 64
)

func (s *styles) reset() {
	s.list = append(s.list[:0], style{})
	s.table, s.limit = nil, minStyles
}

func (s *styles) get(id uint32) style { return s.list[id] }

func (s *style) hash() uint32 {
	h := s.fg*0x9e3779b1 ^ s.bg*0x85ebca6b ^ s.ext*0xc2b2ae35 ^ s.link*0x27d4eb2f
	return h ^ h>>15
}

// id is the number of st, which becomes known if it is not.
func (s *styles) id(st style) uint32 {
	if st == (style{}) {
		return 0
	}
	if 2*len(s.list) >= len(s.table) {
		s.grow()
	}
	mask := uint32(len(s.table) - 1)
	for h := st.hash() & mask; ; h = (h + 1) & mask {
		i := s.table[h]
		if i == 0 {
			i = uint32(len(s.list))
			s.list = append(s.list, st)
			s.table[h] = i
			return i
		}
		if s.list[i] == st {
			return i
		}
	}
}

func (s *styles) grow() {
	s.table = make([]uint32, max(minTable, 2*len(s.table)))
	mask := uint32(len(s.table) - 1)
	for i := 1; i < len(s.list); i++ {
		h := s.list[i].hash() & mask
		for s.table[h] != 0 {
			h = (h + 1) & mask
		}
		s.table[h] = uint32(i)
	}
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
