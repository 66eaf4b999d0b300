package vt

// A bit is a flag of a style: in fg, or in bg.
type bit struct{ fg, bg uint32 }

// flags are what SGR with these numbers sets; plus 20 it clears it again.
var flags = [...]bit{
	1: {fg: bold}, 2: {bg: dim}, 3: {bg: italic}, 5: {fg: blink},
	7: {fg: inverse}, 8: {fg: invisible}, 9: {fg: strike},
}

// cleared are the flags that SGR with these numbers, less 20, clears.
var cleared = [...]bit{
	2: {fg: bold, bg: dim}, 3: {bg: italic}, 5: {fg: blink},
	7: {fg: inverse}, 8: {fg: invisible}, 9: {fg: strike},
}

// graphic is SGR.
func graphic(t *Terminal, p *params) {
	a := &t.attr
	t.styleKnown = false
	for i := 0; i < p.n; i++ {
		switch v := p.v[i]; {
		case v == 0:
			a.resetGraphic()
		case v == 4:
			a.fg |= underline
			how := int32(1)
			if sub := p.behind(i); len(sub) > 0 {
				how = sub[0]
			}
			a.underlined(how)
		case v == 21:
			a.underlined(2)
		case v == 24:
			a.fg &^= underline
			a.underlined(0)
		case v < 10:
			a.fg |= flags[v].fg
			a.bg |= flags[v].bg
		case v >= 22 && v < 30:
			a.fg &^= cleared[v-20].fg
			a.bg &^= cleared[v-20].bg
		case v >= 30 && v <= 37:
			a.fg = a.fg&^colorMask | mode16 | uint32(v-30)
		case v >= 40 && v <= 47:
			a.bg = a.bg&^colorMask | mode16 | uint32(v-40)
		case v >= 90 && v <= 97:
			a.fg = a.fg&^colorMask | mode16 | uint32(v-90+8)
		case v >= 100 && v <= 107:
			a.bg = a.bg&^colorMask | mode16 | uint32(v-100+8)
		default:
			i += a.rareGraphic(p, i)
		}
	}
}

// rareGraphic is what SGR with number i does if it is one of the others, and
// how many more numbers belong to it.
func (s *style) rareGraphic(p *params, i int) int {
	switch p.v[i] {
	case 38, 48, 58:
		return s.extendedColor(p, i)
	case 39:
		s.fg &^= colorMask
	case 49:
		s.bg &^= colorMask
	case 53:
		s.bg |= overline
	case 55:
		s.bg &^= overline
	case 59:
		s.ext |= colorMask // white, a slip of xterm.js
		s.updateExtended()
	}
	return 0
}

// resetGraphic is SGR 0, which leaves a hyperlink on.
func (s *style) resetGraphic() {
	s.fg, s.bg, s.ext = 0, 0, 0
	s.updateExtended()
}

func (s *style) underlined(how int32) {
	if how < 0 || how > 5 {
		how = 1
	}
	s.setUnderlineStyle(uint32(how))
	s.fg |= underline
	if how == 0 {
		s.fg &^= underline
	}
	s.updateExtended()
}

// extendedColor reads a colour of 256 or of all, written with semicolons or
// colons, with the tolerance xterm.js has. It returns the numbers it took
// beyond the first.
func (s *style) extendedColor(p *params, pos int) int {
	// target, mode, colour space, values
	got := [6]int32{2: -1}
	space, n := 0, 0
	for {
		got[n+space] = p.v[pos+n]
		if sub := p.behind(pos + n); len(sub) > 0 {
			colonColor(&got, sub, n+1, space)
			break
		}
		if got[1] == 5 && n+space >= 2 || got[1] == 2 && n+space >= 5 {
			break
		}
		if got[1] != 0 {
			space = 1
		}
		n++
		if n+pos >= p.n || n+space >= len(got) {
			break
		}
	}
	for i := 2; i < len(got); i++ {
		got[i] = max(got[i], 0)
	}
	switch got[0] {
	case 38:
		s.fg = withColor(s.fg, got[1], got[3:])
	case 48:
		s.bg = withColor(s.bg, got[1], got[3:])
	case 58:
		s.ext = withColor(s.ext, got[1], got[3:])
	}
	return n
}

// colonColor puts numbers behind colons into got, from index at on.
func colonColor(got *[6]int32, sub []int32, at, space int) {
	for i, v := range sub {
		if i > 0 && i+at+space >= len(got) {
			return
		}
		if got[1] == 5 {
			space = 1
		}
		if i+at+space < len(got) {
			got[i+at+space] = v
		}
	}
}

// withColor is word with the colour v of that mode.
func withColor(word uint32, mode int32, v []int32) uint32 {
	switch mode {
	case 2:
		return word&^colorMask | modeRGB | uint32(v[0]&255)<<16 | uint32(v[1]&255)<<8 | uint32(v[2]&255)
	case 5:
		return word&^colorMask | mode256 | uint32(v[0]&255)
	}
	return word
}
