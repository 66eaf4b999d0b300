package vt

// A charset replaces some of the ASCII characters: those of from by those of
// to, in order.
type charset struct{ from, to string }

// charsets are the sets that xterm.js knows, by the letter that designates
// them. All others are ASCII, which is 0 in a Terminal.
var charsets = map[byte]charset{
	'0': {"`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"},
	'4': {"#@[\\]{|}~", "£¾i½|¨f¼´"},
	'5': {"[\\]^`{|}~", "ÄÖÅÜéäöåü"},
	'6': {"@[\\]^`{|}~", "ÄÆØÅÜäæøåü"},
	'7': {"@[\\]^`{|}~", "ÉÄÖÅÜéäöåü"},
	'=': {"#@[\\]^_`{|}~", "ùàéçêîèôäöüû"},
	'A': {"#", "£"},
	'C': {"[\\]^`{|}~", "ÄÖÅÜéäöåü"},
	'E': {"@[\\]^`{|}~", "ÄÆØÅÜäæøåü"},
	'H': {"@[\\]^`{|}~", "ÉÄÖÅÜéäöåü"},
	'K': {"@[\\]{|}~", "§ÄÖÜäöüß"},
	'Q': {"@[\\]^`{|}~", "àâçêîôéùèû"},
	'R': {"#@[\\]{|}~", "£à°ç§éùè¨"},
	'Y': {"#@[\\]`{|}~", "£§°çéùàòèì"},
	'Z': {"#@[\\]{|}", "£§¡Ñ¿°ñç"},
}

// designated is how a Terminal remembers the set that letter stands for; known
// says whether there is one.
func designated(letter byte) (set byte, known bool) {
	if letter == 'B' {
		return 0, true
	}
	_, known = charsets[letter]
	return letter, known
}

// translate is the character that r is printed as in set.
func translate(set byte, r rune) rune {
	if r >= 0x7f {
		return r
	}
	if set == '0' {
		if r < '`' {
			return r
		}
		return graphics[r-'`']
	}
	c := charsets[set]
	i := 0
	for _, to := range c.to {
		if rune(c.from[i]) == r {
			return to
		}
		i++
	}
	return r
}

// graphics is set 0, which draws lines, from '`' on.
var graphics = []rune(charsets['0'].to)

// untranslate is a character that is printed as r in set, if there is one.
func untranslate(set byte, r rune) (rune, bool) {
	if translate(set, r) == r {
		return r, true
	}
	c := charsets[set]
	i := 0
	for _, to := range c.to {
		if to == r {
			return rune(c.from[i]), true
		}
		i++
	}
	return r, false
}
